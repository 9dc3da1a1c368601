// Inputs that become dead letters: the rows of docs/INPUTS.md.

import type { Grant } from "../../../../src/domain/campaign/control.ts";
import type { DeadLetterReason } from "../../../../src/domain/session/dead-letter.ts";
import { MAX_ID_BYTES } from "../../../../src/domain/ids.ts";
import {
  MAX_EVENT_BYTES,
  MAX_FUTURE_MS,
  MAX_REWARD,
  MAX_SESSION_AGE_MS,
} from "../../../../src/domain/session/session.ts";
import { codecFor } from "../../../../src/log/codec/codec.ts";
import type { OutRecord } from "../../../../src/log/event-log.ts";
import { START_MS, grantOf } from "../../harness.ts";
import { type Topic, session, outcome, good, of, MEGABYTE, EVENTS, ALL, bytes, otherPrint } from "./records.ts";

interface Letter {
  readonly what: string;
  readonly on: readonly Topic[];
  readonly reason: DeadLetterReason;
  /** In the document, after the reason. */
  readonly more?: string;
  /** What the letter's detail must name. */
  readonly names: RegExp;
  readonly records: (topic: Topic) => readonly OutRecord[];
}

export const DEAD_LETTERS: readonly Letter[] = [
  {
    what: "bytes that are no Avro",
    on: ALL,
    reason: "undecodable",
    names: /not Avro single-object/,
    records: (topic) =>
      ["{}", "", "\u00c3\u0001"].map((text) => ({ ...good(topic), value: Buffer.from(text, "latin1") })),
  },
  {
    what: "the fingerprint of an unknown schema",
    on: ALL,
    reason: "undecodable",
    names: /unknown schema fingerprint [0-9a-f]{16}/,
    records: (topic) => [otherPrint(good(topic))],
  },
  {
    what: "bytes that end too early, or too late",
    on: ALL,
    reason: "undecodable",
    names: /truncated|bytes more|expected|in what is left|invalid/,
    records: (topic) => [
      { ...good(topic), value: bytes(good(topic)).subarray(0, -1) },
      { ...good(topic), value: Buffer.concat([bytes(good(topic)), Buffer.of(7)]) },
    ],
  },
  {
    what: "no value",
    on: ["sessions", "outcomes", "grants"],
    reason: "contract",
    names: /^value: missing/,
    records: (topic) => [{ ...good(topic), value: null }],
  },
  {
    what: "no key, or one that is not the user id",
    on: EVENTS,
    reason: "contract",
    names: /^key: /,
    records: (topic) =>
      [null, "u2", "u", "u1x", ""].map((key) => ({
        ...good(topic),
        partition: 0,
        key: key === null ? null : Buffer.from(key),
      })),
  },
  {
    what: "an empty user id",
    on: EVENTS,
    reason: "contract",
    names: /^key: empty/,
    records: (topic) => [{ ...of(topic, { userId: "" }), partition: 0 }],
  },
  {
    what: "a user id of more than 256 bytes, a megabyte among them",
    on: EVENTS,
    reason: "contract",
    names: /^(userId|value): \d+ bytes, at most/,
    records: (topic) =>
      ["x".repeat(MAX_ID_BYTES + 1), "é".repeat(MAX_ID_BYTES / 2 + 1), "x".repeat(MEGABYTE)].map((userId) =>
        of(topic, { userId }),
      ),
  },
  {
    what: "a value or a key of megabytes",
    on: ALL,
    reason: "contract",
    more: "; its beginning, its length and its hash are kept",
    names: /^(key|value|userId|campaign): /,
    records: (topic) => [
      { ...good(topic), partition: 0, key: Buffer.alloc(9 * MEGABYTE, "k") },
      ...(topic === "grants" ? [] : [{ ...good(topic), partition: 0, value: Buffer.alloc(9 * MEGABYTE, "v") }]),
    ],
  },
  {
    what: "another id that is empty or longer than 256 bytes",
    on: ["sessions", "outcomes"],
    reason: "contract",
    names: /^(sessionId|outcomeId|decisionId): (empty|257 bytes, at most 256)/,
    records: (topic) =>
      ["", "x".repeat(MAX_ID_BYTES + 1)].flatMap((id) =>
        topic === "sessions" ? [session({ sessionId: id })] : [outcome({ outcomeId: id }), outcome({ decisionId: id })],
      ),
  },
  {
    what: "more than 16 KiB",
    on: EVENTS,
    reason: "contract",
    names: /^value: \d+ bytes, at most 16384/,
    records: (topic) =>
      topic === "outcomes"
        ? [outcome({ rewards: Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`${n}`.repeat(60), 1])) })]
        : [of(topic, { attributes: { essay: "x".repeat(MAX_EVENT_BYTES) } })],
  },
  {
    what: "a time more than five minutes ahead",
    on: EVENTS,
    reason: "future",
    names: /^atMs: 300001 ms ahead of the clock, at most 300000/,
    records: (topic) => [of(topic, { atMs: START_MS + MAX_FUTURE_MS + 1 })],
  },
  {
    what: "a time more than 30 days ago",
    on: ["sessions"],
    reason: "too_old",
    names: /^atMs: \d+ ms ago, at most 2592000000/,
    records: () => [0, START_MS - MAX_SESSION_AGE_MS - 1].map((atMs) => session({ atMs, userId: "u9" })),
  },
  {
    what: "a time before 1970",
    on: EVENTS,
    reason: "contract",
    names: /^atMs: -1 is before 1970/,
    records: (topic) => [of(topic, { atMs: -1 })],
  },
  {
    what: "a time in seconds, microseconds or nanoseconds",
    on: EVENTS,
    reason: "contract",
    names: /^atMs: \d+ looks like (seconds|microseconds|nanoseconds) \(2026-01-01T00:00:00/,
    records: (topic) => [1e-3, 1e3].map((unit) => of(topic, { atMs: START_MS * unit })),
  },
  {
    what: "a session's id with another body",
    on: ["sessions"],
    reason: "session_conflict",
    names: /^sessionId: before came before with another body/,
    records: () => [
      session({ sessionId: "before", atMs: START_MS - 1 }),
      session({ sessionId: "before", surface: "home" }),
      session({ sessionId: "before", campaign: null }),
      session({ sessionId: "before", attributes: { visits: 1, vip: true } }),
    ],
  },
  {
    what: "an outcome of a decision that was never made",
    on: ["outcomes"],
    reason: "unknown_decision",
    names: /^decisionId: no decision d-nowhere of this user/,
    records: () => [outcome({ decisionId: "d-nowhere" }), outcome({ decisionId: "d-nowhere", userId: "nobody" })],
  },
  {
    what: "an outcome of another user's decision",
    on: ["outcomes"],
    reason: "unknown_decision",
    names: /^decisionId: no decision d-before of this user/,
    records: () => [outcome({ userId: "u2" })],
  },
  {
    what: "an outcome's id with another body",
    on: ["outcomes"],
    reason: "outcome_conflict",
    names: /^outcomeId: counted came before with another body/,
    records: () => [
      outcome({ outcomeId: "counted", kind: "declined" }),
      outcome({ outcomeId: "counted", kind: "converted", rewards: { converted: 2 } }),
    ],
  },
  {
    what: "an amount below zero, or above the face value",
    on: ["outcomes"],
    reason: "contract",
    more: "; the money stays held",
    names: /^amountMinor: (-1 is negative|101 is more than the face value, 100)/,
    records: () => [outcome({ amountMinor: -1n }), outcome({ amountMinor: 101n })],
  },
  {
    what: "an amount on an outcome that is not redeemed",
    on: ["outcomes"],
    reason: "contract",
    more: "; the money stays held",
    names: /^amountMinor: \d+ on an outcome (converted|declined|refunded): only one that is redeemed spends/,
    records: () => (["converted", "declined", "refunded"] as const).map((kind) => outcome({ kind, amountMinor: 60n })),
  },
  {
    what: "a redemption where there was no incentive",
    on: ["outcomes"],
    reason: "contract",
    names: /^kind: redeemed, but d-lost gave no incentive/,
    records: () => [outcome({ decisionId: "d-lost", userId: "u3" })],
  },
  {
    what: "a reward that is no number, infinite, or beyond 1e12",
    on: ["outcomes"],
    reason: "contract",
    names: /^rewards.basket: (not a finite number|-?2e\+?12|-?2000000000000 is beyond)/,
    records: () =>
      [NaN, Infinity, -Infinity, 2 * MAX_REWARD, -2 * MAX_REWARD].map((basket) =>
        outcome({ kind: "converted", rewards: { basket } }),
      ),
  },
  {
    what: "a reward without a name, or with one of more than 256 bytes",
    on: ["outcomes"],
    reason: "contract",
    names: /^rewards: a name: (empty|257 bytes)/,
    records: () =>
      ["", "x".repeat(MAX_ID_BYTES + 1)].map((name) => outcome({ kind: "converted", rewards: { [name]: 1 } })),
  },
  {
    what: "money for another shard",
    on: ["grants"],
    reason: "contract",
    names: /^shard: 1, but this is shard 0/,
    records: () => {
      const grant = { ...grantOf(), shard: 1 };
      return [{ ...good("grants"), value: codecFor("grants").encode(grant) }];
    },
  },
  {
    what: "a grant with a campaign that is none, or numbers that are",
    on: ["grants"],
    reason: "contract",
    names: /^(campaign: |throttle: NaN|planRow: Infinity|shadowPrice: -1|grantedMinor.plan: -1 is|key: |release: )/,
    records: () => {
      const grant = grantOf();
      const changed: Partial<Grant>[] = [
        { campaign: { ...grant.campaign, arms: [] } },
        { campaign: { ...grant.campaign, endMs: 8e15 } },
        { campaign: { ...grant.campaign, id: "x".repeat(300) } },
        { throttle: NaN },
        { planRow: Infinity },
        { shadowPrice: -1 },
        { grantedMinor: { plan: -1n, exploration: 0n } },
        { campaign: { ...grant.campaign, id: "other" } },
        { release: "r".repeat(600_000) },
      ];
      return changed.map((changes) => ({
        ...good("grants"),
        value: codecFor("grants").encode({ ...grant, ...changes }),
      }));
    },
  },
];
