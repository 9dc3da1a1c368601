// Whatever comes, the cycle goes on, every record has its end, and every decision row holds what a decision promises.
// A failure prints its seed; FC_SEED replays it.

import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Attributes } from "../../../src/domain/session/features.ts";
import type { Decision, Reason } from "../../../src/domain/decision/decision.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import type { LogRecord, OutRecord } from "../../../src/log/event-log.ts";
import { stateCodec } from "../../../src/serve/state/state.ts";
import { campaign, grantOf, HOUR_MS, openHarness, START_MS, type Harness } from "../harness.ts";

const seed = process.env["FC_SEED"];
const RUNS = { numRuns: 120, ...(seed === undefined ? {} : { seed: Number(seed) }) };

const user = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom("u1", "u2", "u3", "é✓", "__proto__", "constructor") },
  { weight: 1, arbitrary: fc.constantFrom("", "x".repeat(300), "\0cycle", "�") },
);
const id = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 25 }).map((n) => `s${n}`) },
  { weight: 1, arbitrary: fc.constantFrom("", "é".repeat(129), "\0", "s1-") },
);
const atMs = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: START_MS - 100_000, max: START_MS }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0, START_MS + 10 * HOUR_MS, 2 ** 52) },
);
const value = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.constantFrom<number | string | boolean | null>(NaN, Infinity, -0, null, true, false, "7", "", "x".repeat(20_000)),
);
const name = fc.constantFrom("visits", "vip", "city", "__proto__", "toString", "sessions_1d");
const attributes = fc
  .array(fc.tuple(name, value), { maxLength: 4 })
  .map((pairs): Attributes => Object.fromEntries(pairs));
const reward = fc.oneof(fc.double({ min: -10, max: 10, noNaN: true }), fc.constantFrom(NaN, Infinity, 1e308, -1e308));
const rewards = fc.dictionary(fc.constantFrom("converted", "basket", "", "__proto__"), reward, { maxKeys: 2 });

const session = fc
  .record({
    sessionId: id,
    userId: user,
    atMs,
    surface: fc.constantFrom(null, "home", ""),
    campaign: fc.constantFrom(null, "spring", "spring", "spring", "tight", "nowhere"),
    attributes,
  })
  .map((event): OutRecord => ({
    topic: "sessions",
    key: Buffer.from(event.userId),
    value: codecFor("sessions").encode(event),
  }));
const outcome = fc
  .record({
    outcomeId: fc.integer({ min: 0, max: 9 }).map((n) => `o${n}`),
    decisionId: id.map((sessionId) => `d-${sessionId}`),
    userId: user,
    atMs,
    kind: fc.constantFrom("redeemed" as const, "converted" as const, "declined" as const, "refunded" as const),
    amountMinor: fc.constantFrom(null, null, 0n, 40n, 100n, 503n, -1n, 2n ** 52n),
    rewards,
  })
  .map((event): OutRecord => ({
    topic: "outcomes",
    key: Buffer.from(event.userId),
    value: codecFor("outcomes").encode(event),
  }));
const profile = fc.record({ userId: user, atMs, attributes }).map((event): OutRecord => ({
  topic: "profiles",
  key: Buffer.from(event.userId),
  value: codecFor("profiles").encode(event),
}));
const event = fc.oneof({ weight: 6, arbitrary: session }, { weight: 4, arbitrary: outcome }, profile);
const broken = fc.tuple(event, fc.nat(), fc.nat(255)).map(([record, at, byte]): OutRecord => {
  const bytes = Buffer.from(record.value ?? []);
  bytes[at % bytes.length] = byte;
  return { ...record, value: bytes };
});
const grant = fc
  .record({
    planRow: fc.double({ min: 0, max: 3, noNaN: true }),
    plan: fc.bigInt({ min: 0n, max: 4_000n }),
    exploration: fc.bigInt({ min: 0n, max: 2_000n }),
    asked: fc.bigInt({ min: 0n, max: 1_000n }),
    throttle: fc.constantFrom(0, 0.5, 1),
    state: fc.constantFrom("live" as const, "live" as const, "live" as const, "paused" as const, "ended" as const),
    id: fc.constantFrom("spring", "tight"),
  })
  .map(({ planRow, plan, exploration, asked, throttle, state, id: name }): OutRecord => {
    const settings = campaign({
      id: name,
      holdoutShare: 0.2,
      explorationShare: 0.3,
      caps: name === "tight" ? [{ max: 1, windowMs: 2 * HOUR_MS }] : [],
    });
    const money = { grantedMinor: { plan, exploration }, returnTargetMinor: { plan: asked, exploration: asked } };
    const full = grantOf({ campaign: settings, planRow, throttle, state, ...money });
    return { topic: "grants", partition: 0, key: Buffer.from(name), value: codecFor("grants").encode(full) };
  });
const any = fc.oneof(
  { weight: 20, arbitrary: event },
  { weight: 2, arbitrary: broken },
  { weight: 1, arbitrary: grant },
);
const days = fc.array(
  fc.record({
    records: fc.array(any, { maxLength: 25 }),
    forwardMs: fc.constantFrom(0, 1, 1_000, HOUR_MS / 2, HOUR_MS, 7 * HOUR_MS),
  }),
  { minLength: 1, maxLength: 6 },
);

const DRAWN: readonly Reason[] = ["holdout", "explored", "planned", "planned_control", "pacing_throttled"];
const PAID: readonly Reason[] = ["explored", "planned", "downgraded"];

test("every record has its end, and every decision holds what it promises", async () => {
  await fc.assert(
    fc.asyncProperty(days, fc.integer({ min: 1, max: 30 }), async (lots, maxRecords) => {
      const harness = await openHarness({ maxRecords });
      for (const { records, forwardMs } of lots) {
        for (const record of records) await harness.raw({ partition: 0, ...record });
        await harness.run(forwardMs);
      }
      await harness.run(2 * HOUR_MS);
      const decisions = await harness.decisions();
      for (const decision of decisions) expectWhole(decision);
      await expectAllEnded(harness, decisions);
      expectChained(await harness.records("decisions"), (bytes) => codecFor("decisions").decode(bytes).previousHash);
      expectChained(
        await harness.records("settlements"),
        (bytes) => codecFor("settlements").decode(bytes).previousHash,
      );
      await expectMoney(harness, decisions);
      await harness.stop();
    }),
    RUNS,
  );
}, 120_000);

function expectWhole(decision: Decision): void {
  const { reason, propensities, arm, reservationId, reservedMinor, holdout, exploration, account } = decision;
  const sum = propensities.reduce((total, share) => total + share, 0);
  if (propensities.length > 0) {
    expect(sum).toBeCloseTo(1, 9);
    expect(Math.min(...propensities)).toBeGreaterThanOrEqual(0);
  }
  if (DRAWN.includes(reason)) expect(propensities[arm], `${reason}: the arm given had a chance`).toBeGreaterThan(0);
  expect(propensities.length > 0).toBe(
    DRAWN.includes(reason) || ["downgraded", "budget_exhausted", "budget_not_yet_granted"].includes(reason),
  );
  if (reservationId === null) expect([reservedMinor, account]).toEqual([0n, null]);
  else {
    expect(PAID).toContain(reason);
    expect(reservedMinor).toBe(decision.faceMinor + decision.sendMinor);
    expect(account).toBe(exploration ? "exploration" : "plan");
    expect(decision.validUntilMs).toBe(decision.decidedAtMs + HOUR_MS);
  }
  expect(holdout).toBe(reason === "holdout");
  expect(exploration).toBe(reason === "explored");
  if (holdout) expect([arm, reservedMinor]).toEqual([0, 0n]);
  if (arm !== 0) expect([...PAID, "incentive_open"]).toContain(reason);
  if (decision.cluster < 0) expect(decision.clusterProbability).toBe(0);
  else expect(Buffer.from(decision.featuresHash).equals(Buffer.alloc(8))).toBe(false);
}

/** Each session is a decision, a dead letter, or known; ids are decided once for a user. */
async function expectAllEnded(harness: Harness, decisions: readonly Decision[]): Promise<void> {
  const letters = await harness.letters();
  const head = (await harness.records("state")).filter(({ key }) => Buffer.from(key ?? []).toString() === "h").at(-1);
  const shard = head === undefined || head.value === null ? null : stateCodec().decode(head.value);
  const repeated = shard?.kind === "shard_head" ? shard.repeatedSessions : 0;
  const sessions = (await harness.records("sessions")).length;
  expect(decisions.length + letters.filter(({ topic }) => topic === "sessions").length + repeated).toBe(sessions);
  const names = decisions.map(({ userId, sessionId }) => `${userId}/${sessionId}`);
  expect(new Set(names).size).toBe(names.length);
  for (const letter of letters) {
    const source = (await harness.records(letter.topic)).find(({ offset }) => offset === letter.offset);
    expect([letter.key, letter.value]).toEqual([source?.key, source?.value]);
    expect(letter.detail).not.toBe("");
  }
}

function expectChained(records: readonly LogRecord[], previousOf: (bytes: Uint8Array) => Uint8Array): void {
  let head: Uint8Array = new Uint8Array(32);
  for (const { value: bytes } of records) {
    expect(Buffer.from(previousOf(bytes ?? new Uint8Array(0))).equals(head)).toBe(true);
    head = createHash("sha256")
      .update(bytes ?? new Uint8Array(0))
      .digest();
  }
}

/** Each reservation ended once, and the totals are what the rows say. */
async function expectMoney(harness: Harness, decisions: readonly Decision[]): Promise<void> {
  const settlements = await harness.settlements();
  const ends = settlements.filter(({ status }) => status !== "late");
  const held = decisions.filter(({ reservationId }) => reservationId !== null);
  expect(ends.map(({ userId, decisionId }) => `${userId}/${decisionId}`).toSorted()).toEqual(
    held.map(({ userId, decisionId }) => `${userId}/${decisionId}`).toSorted(),
  );
  for (const row of settlements.filter(({ status }) => status === "late"))
    expect(row.amountMinor + row.releasedMinor).toBe(0n);
  const lates = settlements.map(({ userId, settlementId }) => `${userId}/${settlementId}`);
  expect(new Set(lates).size, "one row for each late outcome").toBe(lates.length);
  for (const report of await harness.reports())
    for (const totals of Object.values(report.totals)) {
      const { granted, returned, reserved, settled, released, sent } = totals;
      expect(reserved - released + sent <= granted - returned, "L1").toBe(true);
      expect(settled + released <= reserved).toBe(true);
    }
}
