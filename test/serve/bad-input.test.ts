// What is wrong with an input, and what becomes of it: the tables of docs/INPUTS.md, row by row. Each wrong record stands
// between good ones in one batch, and these must not notice.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Grant } from "../../src/domain/control.ts";
import type { DeadLetter, DeadLetterReason } from "../../src/domain/dead-letter.ts";
import { MAX_ID_BYTES } from "../../src/domain/ids.ts";
import { MAX_EVENT_BYTES, MAX_FUTURE_MS, MAX_REWARD, MAX_SESSION_AGE_MS } from "../../src/domain/session.ts";
import type { Outcome, Profile, Session } from "../../src/domain/session.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { LogRecord, OutRecord } from "../../src/log/event-log.ts";
import { partitionOf } from "../../src/log/partitioner.ts";
import { faultAt } from "../../src/log/simulated/faults.ts";
import { REWARD_NAMES_MAX } from "../../src/serve/settle/reward.ts";
import { RECENT_SESSIONS_MAX, RECENT_SESSIONS_MS } from "../../src/serve/state/user/recent-sessions.ts";
import { OPEN_MAX, OUTCOMES_MAX } from "../../src/serve/state/user/record.ts";
import { HOUR_MS, START_MS, openHarness, sessionOf, type Harness } from "./harness.ts";

type Topic = "sessions" | "outcomes" | "profiles" | "grants";

const session = (changes: Partial<Session> = {}): OutRecord => {
  const value = sessionOf("bad", "u1", START_MS, changes);
  return { topic: "sessions", key: Buffer.from(value.userId), value: codecFor("sessions").encode(value) };
};
const outcome = (changes: Partial<Outcome> = {}): OutRecord => {
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
const profile = (changes: Partial<Profile> = {}): OutRecord => {
  const value = { userId: "u1", atMs: START_MS, attributes: {}, ...changes };
  return { topic: "profiles", key: Buffer.from(value.userId), value: codecFor("profiles").encode(value) };
};
/** A good record of the topic, to be made bad. */
const good = (topic: Topic): OutRecord => {
  if (topic === "sessions") return session();
  if (topic === "outcomes") return outcome();
  if (topic === "profiles") return profile();
  return { topic, partition: 0, key: Buffer.from("spring"), value: lastGrant };
};
const of = (topic: Topic, changes: Partial<Session & Outcome & Profile>): OutRecord =>
  topic === "sessions" ? session(changes) : topic === "outcomes" ? outcome(changes) : profile(changes);
let lastGrant: Buffer;

const DAY_MS = 24 * HOUR_MS;
const MEGABYTE = 1_000_000;
const EVENTS = ["sessions", "outcomes", "profiles"] as const;
const ALL = [...EVENTS, "grants"] as const;

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

const bytes = (record: OutRecord): Buffer => Buffer.from(record.value ?? []);
const otherPrint = (record: OutRecord): OutRecord => {
  const value = bytes(record);
  value.writeBigUInt64LE(value.readBigUInt64LE(2) + 1n, 2);
  return { ...record, value };
};

const LETTERS: readonly Letter[] = [
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
      const grant = { ...codecFor("grants").decode(lastGrant), shard: 1 };
      return [{ ...good("grants"), value: codecFor("grants").encode(grant) }];
    },
  },
  {
    what: "a grant with a campaign that is none, or numbers that are",
    on: ["grants"],
    reason: "contract",
    names: /^(campaign: |throttle: NaN|planRow: Infinity|shadowPrice: -1|grantedMinor.plan: -1 is|key: |release: )/,
    records: () => {
      const grant = codecFor("grants").decode(lastGrant);
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

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
  await harness.grant();
  lastGrant = Buffer.from((await harness.records("grants")).at(-1)?.value ?? []);
  await harness.run();
  await harness.session("before", "u1");
  await harness.session("lost", "u3", { campaign: "nowhere" });
  await harness.run();
  await harness.outcome("counted", "u1", "before", { kind: "converted", atMs: START_MS, rewards: { converted: 1 } });
  await harness.run();
});
afterEach(() => harness.stop());

describe.each(LETTERS)("$what", ({ on, reason, names, records }) => {
  test.each(on)(`on %s: a dead letter ${reason}, whole, and the cycle goes on`, async (topic) => {
    const bad = records(topic);
    const first = (await harness.records(topic)).length + 1;
    await harness.send("profiles", "u8", { userId: "u8", atMs: START_MS, attributes: {} });
    await sendGood("g1");
    for (const record of bad) await harness.raw(record);
    await sendGood("g2");
    await harness.run();
    const sent = (await harness.records(topic)).filter(({ value, key }) => bad.some((one) => isOf(one, key, value)));
    expect(sent.length).toBeGreaterThanOrEqual(bad.length);
    const letters = await harness.letters();
    expect(letters).toHaveLength(bad.length);
    for (const [index, letter] of letters.entries()) {
      expect(letter).toMatchObject({ topic, partition: 0, atMs: START_MS, reason });
      expect(letter.detail).toMatch(names);
      expect(letter.detail).toMatch(/\. To do: \w/);
      const record = (await harness.records(topic)).find(({ offset }) => offset === letter.offset);
      expect(letter.offset).toBeGreaterThanOrEqual(first - 1);
      expect(record).toBeDefined();
      if (record !== undefined) expectKept(letter, record);
      expect(isOf(bad[index] ?? good(topic), record?.key ?? null, record?.value ?? null)).toBe(true);
    }
    await expectUnmoved();
  });
});

const isOf = (record: OutRecord, key: Uint8Array | null, value: Uint8Array | null): boolean =>
  same(record.key, key) && same(record.value, value);

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.from(a).equals(b);
}

/** One good record of each kind. */
async function sendGood(name: string): Promise<void> {
  await harness.profile(name, { visits: 5 });
  await harness.session(name, name, { attributes: { vip: true } });
  await harness.outcome(`${name}-o`, "u1", "before", { kind: "converted", rewards: { converted: 1 } });
}

/** The good ones were decided, and what was held before is held. */
async function expectUnmoved(): Promise<void> {
  for (const name of ["g1", "g2"])
    expect(await harness.decision(name)).toMatchObject({ reason: "planned", cluster: 1, degraded: false });
  expect(await harness.settlements()).toEqual([]);
  const decisions = await harness.decisions();
  expect(decisions.map((one) => one.sessionId)).toEqual(["before", "lost", "g1", "g2"]);
  await harness.run(1_000);
  expect((await harness.reports()).at(-1)?.totals.plan).toMatchObject({ reserved: 300n, settled: 0n, released: 0n });
}

/** Whole; of what is large its beginning, how long it is, and its hash. */
function expectKept(letter: DeadLetter, { key, value }: Pick<LogRecord, "key" | "value">): void {
  const cut = (bytes: Uint8Array | null, most: number) =>
    bytes === null || bytes.length <= most
      ? [bytes, null, null]
      : [Buffer.from(bytes.subarray(0, most)), bytes.length, createHash("sha256").update(bytes).digest()];
  expect([letter.key, letter.keyBytes, letter.keyHash]).toEqual(cut(key, 1_024));
  expect([letter.value, letter.valueBytes, letter.valueHash]).toEqual(cut(value, 65_536));
}

/** What is not dead-lettered, in the document's words. */
const OTHERS: readonly [what: string, on: Topic, end: string, hold: () => Promise<void>][] = [
  [
    "attributes that no release knows",
    "sessions",
    "decided; kept for learning",
    async () => {
      const attributes = { visits: 1, vip: false, "möbel-✓": "ja", constructor: 7, ["__proto__"]: 1 };
      await decidedAs(session({ userId: "u9", attributes }), { reason: "planned", degraded: false });
      await harness.run(HOUR_MS);
      const row = (await harness.training()).find(({ decisionId }) => decisionId === "d-bad");
      expect(row?.attributes).toMatchObject({ "möbel-✓": "ja", constructor: 7 });
    },
  ],
  [
    "a feature that is missing, null, or cannot be read",
    "sessions",
    "decided on the default, `degraded`",
    async () => {
      const lacking = [
        {},
        { visits: 1 },
        { visits: null, vip: true },
        { visits: "seven", vip: true },
        { visits: 1, vip: "perhaps" },
      ];
      for (const [index, attributes] of lacking.entries()) {
        await harness.session(`lacking-${index}`, `l${index}`, { attributes });
        await harness.run();
        const decision = await harness.decision(`lacking-${index}`);
        expect(decision, JSON.stringify(attributes)).toMatchObject({ reason: "planned", cluster: 0, degraded: true });
      }
    },
  ],
  [
    "a number that is none, or infinite",
    "sessions",
    "counts as missing: the default, `degraded`",
    async () => {
      for (const visits of [NaN, Infinity, -Infinity]) {
        await harness.session(`odd-${visits}`, `odd-${visits}`, { attributes: { visits, vip: false } });
        await harness.run();
        expect(await harness.decision(`odd-${visits}`)).toMatchObject({
          cluster: 0,
          degraded: true,
          reason: "planned",
        });
      }
    },
  ],
  [
    "a campaign that there is not",
    "sessions",
    "decision `invalid_campaign`",
    () => decidedAs(session({ campaign: "autumn", userId: "u9" }), { reason: "invalid_campaign", arm: 0 }),
  ],
  [
    "the same session again",
    "sessions",
    "nothing: the decision that was made stands",
    async () => {
      const before = await harness.records("decisions");
      const reordered = session({ sessionId: "before", attributes: { vip: false, visits: 1 } });
      for (const record of [session({ sessionId: "before" }), reordered]) await harness.raw(record);
      await harness.run();
      await harness.raw(reordered);
      await harness.run(HOUR_MS * 40);
      expect(await harness.records("decisions")).toEqual(before);
      expect(await harness.letters()).toEqual([]);
    },
  ],
  [
    "a session from before its user was erased",
    "sessions",
    "nothing: it is left out, and counted",
    async () => {
      await harness.send("erasures", "u1", { userId: "u1", atMs: START_MS, actor: null, reason: null });
      await harness.raw(session());
      await harness.run();
      expect((await harness.decisions()).map(({ sessionId }) => sessionId)).not.toContain("bad");
      expect(harness.counts.get("erasures/sessions")).toBe(1);
      expect(await harness.letters()).toEqual([]);
    },
  ],
  [
    "the same outcome again",
    "outcomes",
    "nothing: it has counted",
    async () => {
      const same = outcome({ outcomeId: "counted", kind: "converted", rewards: { converted: 1 } });
      await harness.raw(same);
      await harness.raw(same);
      await harness.run(HOUR_MS);
      expect(await harness.letters()).toEqual([]);
      expect((await harness.training()).map((row) => row.rewards)).toEqual([{ converted: 1 }]);
    },
  ],
  [
    "a reward that its campaign does not weigh",
    "outcomes",
    "counts for nothing; a line and a metric tell of it",
    async () => {
      await harness.raw(outcome({ outcomeId: "o-odd", kind: "converted", rewards: { convertd: 5, converted: 1 } }));
      await harness.raw(outcome({ outcomeId: "o-even", kind: "converted", rewards: { converted: 1 } }));
      await harness.run();
      expect(harness.counts.get("outcomes/unweighed")).toBe(1);
      expect(harness.notes).toEqual([
        "outcome o-odd: spring does not weigh convertd, so that it is worth nothing; it weighs converted",
      ]);
      await harness.run(HOUR_MS);
      expect((await harness.training()).map((row) => row.rewards)).toEqual([{ convertd: 5, converted: 3 }]);
      expect(await harness.letters()).toEqual([]);
    },
  ],
  [
    "an outcome after the window",
    "outcomes",
    "settlement row `late`, never money",
    async () => {
      await harness.run(HOUR_MS);
      await harness.raw(outcome());
      await harness.run();
      const rows = (await harness.settlements()).map((row) => `${row.status} ${row.amountMinor}`);
      expect(rows).toEqual(["expired 0", "late 0"]);
    },
  ],
  [
    "a profile older than the one that is known",
    "profiles",
    "nothing: the newest counts",
    async () => {
      await harness.profile("u9", { visits: 9 });
      await harness.profile("u9", { visits: 0 }, START_MS - 1);
      await harness.session("s9", "u9", { attributes: { vip: false } });
      await harness.run();
      expect(await harness.decision("s9")).toMatchObject({ cluster: 1, degraded: false });
    },
  ],
  [
    "no value",
    "profiles",
    "the profile is forgotten",
    async () => {
      await harness.profile("u9", { visits: 9 });
      await harness.run();
      await harness.raw({ topic: "profiles", key: Buffer.from("u9"), value: null });
      await harness.session("s9", "u9", { attributes: { vip: false } });
      await harness.run();
      expect(await harness.decision("s9")).toMatchObject({ cluster: 0, degraded: true });
      expect(await harness.letters()).toEqual([]);
    },
  ],
];

async function decidedAs(record: OutRecord, expected: object): Promise<void> {
  await harness.raw(record);
  await harness.run();
  expect(await harness.decision("bad")).toMatchObject(expected);
  expect(await harness.letters()).toEqual([]);
}

test.each(OTHERS)("%s, on %s: %s", async (_what, _on, _end, hold) => {
  await hold();
});

/** Too long for a table: they need a life before them. */
const LIVES: readonly [what: string, on: string, end: string, hold: () => Promise<void>][] = [
  [
    "a partition that is not its key's",
    EVENTS.join(", "),
    "dead letter `wrong_partition`",
    async () => {
      const shards = await openHarness({ partitions: 4 });
      await shards.grant();
      await shards.run();
      await shards.session("before", "u1");
      await shards.run();
      // librdkafka's default, which the same client library with its partitioner set would not choose.
      const partition = partitionOf(Buffer.from("u1"), { partitioner: "crc32", partitions: 4 });
      const own = partitionOf(Buffer.from("u1"), { partitioner: "murmur2", partitions: 4 });
      expect([partition, own]).toEqual([2, 0]);
      for (const topic of EVENTS) await shards.raw({ ...good(topic), partition });
      // Before anything else: not one byte of it is looked at.
      await shards.raw({ ...good("sessions"), partition, value: Buffer.from("{}") });
      await shards.raw({ ...good("profiles"), partition, value: null });
      await shards.run();
      expect(await shards.decisions()).toHaveLength(1);
      expect(await shards.settlements()).toEqual([]);
      const letters = await shards.letters();
      expect(letters).toHaveLength(5);
      for (const letter of letters) {
        expect(letter).toMatchObject({ partition, reason: "wrong_partition", key: Buffer.from("u1") });
        expect(letter.detail).toContain("partition: 2, but murmur2 over 4 partitions puts the key in 0");
        for (const client of [/librdkafka .* partitioner=murmur2_random/, /Sarama/, /franz-go/, /kafka-python/, /Java/])
          expect(letter.detail).toMatch(client);
      }
      // And in its own partition it is taken.
      await shards.raw({ ...good("outcomes"), partition: own });
      await shards.run();
      expect((await shards.settlements()).map((row) => row.status)).toEqual(["posted"]);
      await shards.stop();
    },
  ],
  [
    "a session no newer than some of its user that are forgotten",
    "sessions",
    "dead letter `contract`",
    async () => {
      for (let n = 0; n <= RECENT_SESSIONS_MAX; n += 1)
        await harness.session(`many-${n}`, "u9", { atMs: START_MS - 100 + n });
      await harness.run();
      const decided = (await harness.decisions()).length;
      // The first was forgotten for the last; the second is still known.
      await harness.session("many-0", "u9", { atMs: START_MS - 100 });
      await harness.session("many-1", "u9", { atMs: START_MS - 99 });
      await harness.run();
      expect((await harness.letters()).map(({ reason, detail }) => `${reason} ${detail.slice(0, 5)}`)).toEqual([
        "contract atMs:",
      ]);
      // By age it is the same.
      await harness.session("late-1", "u9", { atMs: START_MS + RECENT_SESSIONS_MS });
      await harness.run(RECENT_SESSIONS_MS);
      await harness.session("many-64", "u9", { atMs: START_MS - 36 });
      await harness.run();
      expect((await harness.letters()).map(({ reason }) => reason)).toEqual(["contract", "contract"]);
      expect((await harness.decisions()).length).toBe(decided + 1);
    },
  ],
  [
    "an outcome more than a decision takes",
    "outcomes",
    "dead letter `contract`",
    async () => {
      await harness.outcome("paid", "u1", "before", { atMs: START_MS });
      for (let n = 2; n < OUTCOMES_MAX; n += 1)
        await harness.outcome(`many-${n}`, "u1", "before", {
          kind: "converted",
          atMs: START_MS,
          rewards: { converted: 1 },
        });
      await harness.run();
      expect(await harness.letters()).toEqual([]);
      await harness.outcome("too many", "u1", "before", { kind: "converted", rewards: { converted: 1 } });
      // What has counted is known however many came after it.
      await harness.outcome("paid", "u1", "before", { atMs: START_MS });
      await harness.run(HOUR_MS);
      expect((await harness.letters()).map(({ reason, detail }) => `${reason} ${detail.slice(0, 9)}`)).toEqual([
        "contract outcomeId",
      ]);
      expect((await harness.settlements()).map((row) => `${row.outcomeId} ${row.status}`)).toEqual(["paid posted"]);
      expect((await harness.training()).map((row) => row.rewards)).toEqual([{ converted: OUTCOMES_MAX - 1 }]);
    },
  ],
];

test.each(LIVES)("%s, on %s: %s", async (_what, _on, _end, hold) => {
  await hold();
});

test("a dead letter and what passes over its record are one transaction: no crash loses or doubles it", async () => {
  for (const fault of ["crash_before", "crash_after"] as const) {
    const shaken = await openHarness();
    await shaken.grant();
    await shaken.run();
    await shaken.raw(otherPrint(session()));
    await shaken.session("s1", "u1");
    shaken.cluster.setFaults(faultAt(0, fault, (point) => point.step === "commit"));
    await expect(shaken.run()).rejects.toThrow("crash");
    const committed = fault === "crash_after" ? 1 : 0;
    expect([(await shaken.letters()).length, (await shaken.decisions()).length]).toEqual([committed, committed]);
    await shaken.restart();
    await shaken.run();
    expect([(await shaken.letters()).length, (await shaken.decisions()).length]).toEqual([1, 1]);
    await shaken.stop();
  }
});

describe("docs/INPUTS.md", () => {
  const text = readFileSync(new URL("../../docs/INPUTS.md", import.meta.url), "utf8");
  const rows = (columns: number): string[][] =>
    text
      .split("\n")
      .filter((line) => line.startsWith("| ") && !line.startsWith("| --"))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
      .filter((cells) => cells.length === columns)
      .slice(1);

  test("has the rows that are held here, and no other", () => {
    const held = [
      ...LETTERS.map(({ what, on, reason, more }) => [what, on.join(", "), `dead letter \`${reason}\`${more ?? ""}`]),
      ...OTHERS.map(([what, on, end]) => [what, on, end]),
      ...LIVES.map(([what, on, end]) => [what, on, end]),
    ];
    expect(
      rows(3)
        .map((row) => row.join(" | "))
        .toSorted(),
    ).toEqual(held.map((row) => row.join(" | ")).toSorted());
  });

  test("has the limits as they are", () => {
    const limits = rows(2).map((row) => row.at(1));
    const number = (value: number): string => value.toLocaleString("en-US");
    expect(limits).toEqual([
      `${number(MAX_EVENT_BYTES)} bytes`,
      `${MAX_ID_BYTES} bytes`,
      `${number(MAX_FUTURE_MS)} ms`,
      `${MAX_SESSION_AGE_MS / DAY_MS} days`,
      MAX_REWARD.toExponential().replace("+", ""),
      `${OUTCOMES_MAX}`,
      `${REWARD_NAMES_MAX}`,
      `${RECENT_SESSIONS_MAX} of ${RECENT_SESSIONS_MS / HOUR_MS} hours`,
      `${OPEN_MAX}`,
    ]);
  });
});

test("a session that comes again is decided once, however much later: while its user is known by that, then by its age", async () => {
  const again = session({ sessionId: "once", userId: "u9" });
  await harness.raw(again);
  await harness.run();
  // To the last moment at which it is not too old, with the user idle: the record is still there.
  await harness.run(MAX_SESSION_AGE_MS);
  await harness.raw(again);
  await harness.run();
  expect(await harness.letters()).toEqual([]);
  for (const laterMs of [1, DAY_MS, 30 * DAY_MS]) {
    await harness.run(laterMs);
    await harness.raw(again);
    await harness.run();
  }
  expect((await harness.letters()).map(({ reason }) => reason)).toEqual(["too_old", "too_old", "too_old"]);
  expect((await harness.decisions()).filter(({ sessionId }) => sessionId === "once")).toHaveLength(1);
});
