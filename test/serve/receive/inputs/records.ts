// Records of each input, good as they are, to be made bad.

import type { Outcome, Profile, Session } from "../../../../src/domain/session/session.ts";
import { codecFor } from "../../../../src/log/codec/codec.ts";
import type { OutRecord } from "../../../../src/log/event-log.ts";
import { HOUR_MS, START_MS, sessionOf, grantOf } from "../../harness.ts";

export type Topic = "sessions" | "outcomes" | "profiles" | "grants";

export const session = (changes: Partial<Session> = {}): OutRecord => {
  const value = sessionOf("bad", "u1", START_MS, changes);
  return { topic: "sessions", key: Buffer.from(value.userId), value: codecFor("sessions").encode(value) };
};
export const outcome = (changes: Partial<Outcome> = {}): OutRecord => {
  const base: Outcome = {
    outcomeId: "bad",
    decisionId: "d-before",
    userId: "u1",
    atMs: START_MS,
    kind: "redeemed",
    amountMinor: null,
    rewards: {},
  };
  const value = { ...base, ...changes };
  return { topic: "outcomes", key: Buffer.from(value.userId), value: codecFor("outcomes").encode(value) };
};
export const profile = (changes: Partial<Profile> = {}): OutRecord => {
  const value = { userId: "u1", atMs: START_MS, attributes: {}, ...changes };
  return { topic: "profiles", key: Buffer.from(value.userId), value: codecFor("profiles").encode(value) };
};
/** A good record of the topic, to be made bad. */
export const good = (topic: Topic): OutRecord => {
  if (topic === "sessions") return session();
  if (topic === "outcomes") return outcome();
  if (topic === "profiles") return profile();
  return { topic, partition: 0, key: Buffer.from("spring"), value: codecFor("grants").encode(grantOf()) };
};
export const of = (topic: Topic, changes: Partial<Session & Outcome & Profile>): OutRecord =>
  topic === "sessions" ? session(changes) : topic === "outcomes" ? outcome(changes) : profile(changes);

export const DAY_MS = 24 * HOUR_MS;
export const MEGABYTE = 1_000_000;
export const EVENTS = ["sessions", "outcomes", "profiles"] as const;
export const ALL = [...EVENTS, "grants"] as const;

export const bytes = (record: OutRecord): Buffer => Buffer.from(record.value ?? []);
export const otherPrint = (record: OutRecord): OutRecord => {
  const value = bytes(record);
  value.writeBigUInt64LE(value.readBigUInt64LE(2) + 1n, 2);
  return { ...record, value };
};
