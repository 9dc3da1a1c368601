import { describe, expect, it } from "vitest";
import { codecFor, defineCodec, Undecodable, Unencodable, type TopicValues } from "../../../src/log/codec/codec.ts";
import type { Schema } from "../../../src/log/codec/schemas.ts";
import { SAMPLES } from "../../../fixtures/samples.ts";

const TOPICS = Object.keys(SAMPLES) as (keyof TopicValues)[];

describe("the codec", () => {
  it.each(TOPICS)("%s: what is decoded is what was encoded", (topic) => {
    const codec = codecFor(topic);
    const decoded = codec.decode(codec.encode(SAMPLES[topic]));
    expect(decoded).toEqual(SAMPLES[topic]);
  });

  it.each(TOPICS)("%s: decoded values are plain objects all the way down", (topic) => {
    const codec = codecFor(topic);
    const check = (value: unknown): void => {
      if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
      expect([Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(value));
      Object.values(value).forEach(check);
    };
    check(codec.decode(codec.encode(SAMPLES[topic])));
  });

  it("begins with the marker C3 01 and the schema's fingerprint, least significant byte first", () => {
    const codec = codecFor("sessions");
    const bytes = codec.encode(SAMPLES.sessions);
    expect(bytes.subarray(0, 2).toString("hex")).toBe("c301");
    expect(bytes.subarray(2, 10).toString("hex")).toBe(codec.fingerprint);
  });

  it("takes any Uint8Array for bytes, and any Uint8Array to decode", () => {
    const codec = codecFor("dead-letters");
    const bytes = new Uint8Array(codec.encode({ ...SAMPLES["dead-letters"], value: new Uint8Array([1, 2, 3]) }));
    expect(Buffer.from(codec.decode(bytes).value ?? []).toString("hex")).toBe("010203");
  });

  it("values larger than its first buffer are encoded whole, and the next small one is right again", () => {
    const codec = codecFor("releases");
    const large = { ...SAMPLES.releases, classifier: Buffer.alloc(3_000_000, 1), evidence: "é".repeat(100_000) };
    expect(codec.decode(codec.encode(large))).toEqual(large);
    expect(codec.decode(codec.encode(SAMPLES.releases))).toEqual(SAMPLES.releases);
  });

  it("keeps each kind of command apart", () => {
    const codec = codecFor("budget-pacing");
    const actions: TopicValues["budget-pacing"]["action"][] = [
      { kind: "set_budget", budgetMinor: 5n, currency: "EUR", periodBudgetMinor: null },
      { kind: "set_budget", budgetMinor: 5n, currency: "EUR", periodBudgetMinor: 2n },
      { kind: "pause" },
      { kind: "resume" },
      { kind: "end" },
      { kind: "promote_release", release: "ab", force: false },
      { kind: "promote_release", release: "ab", force: true },
      { kind: "rollback_release" },
      { kind: "set_curve", mode: "points", points: [{ atMs: 5, share: 0.5 }], controller: "pi" },
      { kind: "set_exploration", share: 0.1, budgetMinor: 7n },
      { kind: "set_caps", caps: [{ max: 1, windowMs: 5 }] },
      { kind: "pin_release", release: "abc" },
      { kind: "pin_release", release: null },
    ];
    for (const action of actions) {
      const command = { ...SAMPLES["budget-pacing"], action };
      expect(codec.decode(codec.encode(command))).toEqual(command);
    }
  });

  it("does not lose an attribute called __proto__, nor let it change anything", () => {
    const attributes = Object.fromEntries([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
    const codec = codecFor("profiles");
    const decoded = codec.decode(codec.encode({ ...SAMPLES.profiles, attributes })).attributes;
    expect(Object.entries(decoded)).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });

  it.each<[string, unknown, RegExp]>([
    ["a missing field", { ...SAMPLES.sessions, userId: undefined }, /sessions: userId: expected string, got undefined/],
    ["a wrong type", { ...SAMPLES.sessions, atMs: "now" }, /sessions: atMs: expected long, got 'now'/],
    ["a fraction for a whole number", { ...SAMPLES.sessions, atMs: 1.5 }, /atMs: expected long, got 1.5/],
    ["an attribute of a wrong type", { ...SAMPLES.sessions, attributes: { age: 5n } }, /attributes.age: .*got 5n/],
    ["no object at all", null, /sessions: expected stipend.Session, got null/],
  ])("refuses %s by name", (_, value, message) => {
    expect(() => codecFor("sessions").encode(value as never)).toThrow(Unencodable);
    expect(() => codecFor("sessions").encode(value as never)).toThrow(message);
  });

  it.each<[string, unknown, RegExp]>([
    [
      "a number for money",
      { ...SAMPLES.decisions, faceMinor: 5 },
      /faceMinor: expected a bigint of minor units, got 5/,
    ],
    ["money beyond a double", { ...SAMPLES.decisions, faceMinor: 2n ** 60n }, /faceMinor: expected/],
    ["an unknown reason", { ...SAMPLES.decisions, reason: "luck" }, /reason: expected stipend.Reason, got 'luck'/],
    ["a hash of another length", { ...SAMPLES.decisions, previousHash: new Uint8Array(31) }, /previousHash: expected/],
    ["a number out of 32 bits", { ...SAMPLES.decisions, arm: 2 ** 31 }, /arm: expected int, got 2147483648/],
  ])("refuses %s by name in a decision", (_, value, message) => {
    expect(() => codecFor("decisions").encode(value as never)).toThrow(message);
  });
});

describe("an older writer's records", () => {
  const record = (fields: readonly unknown[], more: object = {}): Schema =>
    ({ type: "record", name: "Thing", namespace: "test", fields, ...more }) as never;
  const id = { name: "id", type: "string" };
  const minor = { type: "long", logicalType: "minor-units" };

  it("are read with defaults for what is new, without what is gone, and with wider types", () => {
    const older = record([
      id,
      { name: "gone", type: "long" },
      { name: "count", type: "int" },
      { name: "amount", type: "long" },
    ]);
    const newer = record([
      id,
      { name: "count", type: "double" },
      { name: "amount", type: minor },
      { name: "note", type: ["null", "string"], default: null },
      { name: "tags", type: { type: "map", values: "string" }, default: {} },
    ]);
    const writer = defineCodec<object>("thing", older);
    const reader = defineCodec<object>("thing", newer, [older]);
    expect(reader.decode(writer.encode({ id: "a", gone: 7, count: 3, amount: 500 }))).toEqual({
      id: "a",
      count: 3,
      amount: 500n,
      note: null,
      tags: {},
    });
  });

  it("are read when a union of kinds has grown, and when its records have", () => {
    const kind = (name: string, fields: readonly unknown[]) => ({ type: "record", name, fields });
    const older = record([{ name: "action", type: [kind("Pause", []), kind("SetIt", [{ name: "to", type: "int" }])] }]);
    const newer = record([
      {
        name: "action",
        type: [
          kind("SetIt", [
            { name: "to", type: "long" },
            { name: "why", type: "string", default: "" },
          ]),
          kind("Pause", []),
          kind("Begin", []),
        ],
      },
    ]);
    const writer = defineCodec<object>("thing", older);
    const reader = defineCodec<object>("thing", newer, [older]);
    expect(reader.decode(writer.encode({ action: { kind: "set_it", to: 4 } }))).toEqual({
      action: { kind: "set_it", to: 4, why: "" },
    });
    expect(reader.decode(writer.encode({ action: { kind: "pause" } }))).toEqual({ action: { kind: "pause" } });
    const now = defineCodec<object>("thing", newer);
    expect(now.decode(now.encode({ action: { kind: "begin" } }))).toEqual({ action: { kind: "begin" } });
  });

  it("that the new schema could not read stop it from being defined at all", () => {
    const older = record([{ name: "id", type: "long" }]);
    expect(() => defineCodec("thing", record([id]), [older])).toThrow(
      /thing: the current schema cannot read [0-9a-f]{16}/,
    );
    expect(() => defineCodec("thing", record([id, { name: "must", type: "int" }]), [record([id])])).toThrow(/must/);
  });

  it("of an unknown schema are refused with its fingerprint", () => {
    const bytes = codecFor("profiles").encode(SAMPLES.profiles);
    expect(() => codecFor("sessions").decode(bytes)).toThrow(Undecodable);
    expect(() => codecFor("sessions").decode(bytes)).toThrow(codecFor("profiles").fingerprint);
  });
});
