import { describe, expect, it } from "vitest";
import { InvalidInput } from "../../../src/domain/campaign/campaign.ts";
import { codecFor, type TopicValues } from "../../../src/log/codec/codec.ts";
import { fromJson, toJson } from "../../../src/log/codec/json.ts";
import { SAMPLES } from "../../../fixtures/samples.ts";

const TOPICS = Object.keys(SAMPLES) as (keyof TopicValues)[];

describe("records as JSON", () => {
  it.each(TOPICS)("%s: to JSON text and back is the same value", (topic) => {
    const text = JSON.stringify(toJson(SAMPLES[topic]));
    expect(fromJson(topic, JSON.parse(text))).toEqual(SAMPLES[topic]);
  });

  it("money is an integer, bytes are hex", () => {
    const json = toJson(SAMPLES.decisions);
    expect(json).toMatchObject({ faceMinor: 1500, featuresHash: "5a5a5a5a5a5a5a5a" });
  });

  it("fields with a default may be left out, and times may be written out", () => {
    const session = fromJson("sessions", { sessionId: "s", userId: "u", atMs: "2026-01-01T01:00:00+01:00" });
    expect(session).toEqual({
      sessionId: "s",
      userId: "u",
      atMs: Date.UTC(2026, 0, 1),
      surface: null,
      campaign: null,
      attributes: {},
    });
    expect(codecFor("sessions").encode(session)).toBeInstanceOf(Buffer);
  });

  const session = { sessionId: "s", userId: "u", atMs: 1 };
  const command = { commandId: "1", campaign: "c", atMs: 1 };
  it.each<[keyof TopicValues, unknown, RegExp]>([
    ["sessions", { ...session, colour: 1 }, /^sessions: colour: unknown field; session has sessionId, userId/],
    ["sessions", { sessionId: "s", atMs: 1 }, /^sessions: userId: is missing/],
    ["sessions", { ...session, userId: 7 }, /^sessions: userId: expected a text, got 7/],
    ["sessions", { ...session, atMs: "today" }, /atMs: expected a time with its offset/],
    ["sessions", { ...session, atMs: "2026-01-01T00:00:00" }, /with its offset/],
    ["sessions", { ...session, attributes: { a: [1] } }, /attributes\.a: expected null or double or string or boolean/],
    ["sessions", { ...session, attributes: [] }, /attributes: expected an object, got \[\]/],
    ["sessions", { ...session, userId: "u\ud800" }, /userId: expected whole characters of Unicode, got "u\\ud800"/],
    ["sessions", { ...session, attributes: { "\udc00": 1 } }, /attributes: expected whole characters of Unicode/],
    ["sessions", [session], /^sessions: expected an object/],
    ["outcomes", { ...SAMPLES.outcomes, amountMinor: 1.5 }, /amountMinor: expected an integer of minor units, got 1.5/],
    ["outcomes", { ...SAMPLES.outcomes, amountMinor: 1e17 }, /amountMinor: expected an integer of minor units/],
    ["outcomes", { ...SAMPLES.outcomes, amountMinor: null, kind: "lost" }, /kind: expected one of redeemed, converted/],
    ["outcomes", { ...SAMPLES.outcomes, amountMinor: null, rewards: { a: "1" } }, /rewards\.a: expected a number/],
    ["budget-pacing", { ...command, action: { kind: "explode" } }, /action\.kind: expected one of create, set_budget/],
    ["budget-pacing", { ...command, action: { kind: "pause", now: 1 } }, /action\.now: unknown field/],
    ["budget-pacing", { ...command, action: "pause" }, /action: expected an object with a kind/],
    ["dead-letters", { ...(toJson(SAMPLES["dead-letters"]) as object), value: "abc" }, /value: expected hex digits/],
    ["decisions", { ...(toJson(SAMPLES.decisions) as object), featuresHash: "aa" }, /featuresHash: expected 16 hex/],
    ["decisions", { ...(toJson(SAMPLES.decisions) as object), arm: 2 ** 31 }, /arm: expected a 32-bit integer/],
  ])("%s: %j is refused by name", (topic, json, message) => {
    const read = () => fromJson(topic, json);
    expect(read).toThrow(InvalidInput);
    expect(read).toThrow(message);
  });
});
