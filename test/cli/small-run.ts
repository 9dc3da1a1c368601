// A campaign of a few hours on an embedded log, served by the real allocator in virtual time: sessions, decisions, what
// users did about them by the rates of offer-log.ts, and windows that have ended. For what reads a log afterwards; what
// happened is kept beside, as the test's own books.

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { must } from "../../src/domain/assert.ts";
import { parseCampaign, type Campaign } from "../../src/domain/campaign/campaign.ts";
import type { Decision } from "../../src/domain/decision/decision.ts";
import { seededRandom } from "../../src/domain/random.ts";
import type { Release } from "../../src/domain/release/release.ts";
import { openAllocator, type Allocator } from "../../src/workflows/run/allocator.ts";
import { sendCommand } from "../../src/workflows/control/control.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import { openEmbeddedLog, type EmbeddedLog } from "../../src/log/embedded/log.ts";
import { publishRelease } from "../../src/retrain/publish.ts";
import { tryClassifier } from "../../src/serve/classify/onnx.ts";
import { systemClock } from "../../src/task/system-clock.ts";
import { ARMS, FACES, ORDERS, SENDS } from "./offer-log.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 5, 8);
const WAVES = 6;

export interface SmallRun {
  readonly campaign: Campaign;
  readonly decisions: readonly Decision[];
  /** By decision id, of those that ordered. */
  readonly ordered: ReadonlySet<string>;
}

export interface RunOptions {
  readonly folder: string;
  readonly release: Release;
  readonly sessions: number;
  readonly seed: number;
  /** More or other than what the campaign has. */
  readonly campaign?: Record<string, unknown>;
}

export async function playSmallRun(options: RunOptions): Promise<SmallRun> {
  const clock = { nowMs: START_MS };
  const log = await openEmbeddedLog({
    folder: join(options.folder, "log"),
    durability: "process",
    now: () => clock.nowMs,
    newToken: randomUUID,
  });
  const allocator = await openAllocator({
    log,
    application: "stipend",
    partitions: { users: 2, control: 1 },
    storeFolder: join(options.folder, "state"),
    features: null,
    batchRecords: 1_000,
    clock: systemClock,
    newId: randomUUID,
    newSecret: () => Buffer.alloc(32, 1),
    observer: {
      elapsedMs: () => 0,
      cycle() {},
      restore() {},
      lifecycle() {},
      trouble: (...[, , , error]) => raise(error),
    },
    onTrouble: raise,
  });
  try {
    return await play(log, allocator, clock, options);
  } finally {
    await allocator.close();
    await log.close();
  }
}

function raise(error: unknown): never {
  throw error instanceof Error ? error : new Error(String(error));
}

async function play(
  log: EmbeddedLog,
  allocator: Allocator,
  clock: { nowMs: number },
  { release, sessions, seed, campaign: changes }: RunOptions,
): Promise<SmallRun> {
  const settle = async (): Promise<void> => {
    await allocator.treasury.runUntilIdle(clock.nowMs);
    await allocator.serve.runUntilIdle(clock.nowMs);
    await allocator.treasury.runUntilIdle(clock.nowMs);
    await allocator.serve.runUntilIdle(clock.nowMs);
  };
  const campaign = campaignOf(changes ?? {});
  await publishRelease(log, campaign.id, { release, evidenceText: "{}" }, clock.nowMs, tryClassifier);
  const actions = [{ kind: "create", campaign } as const, { kind: "promote_release", release: release.hash } as const];
  for (const [index, action] of actions.entries())
    await sendCommand(log, { commandId: `c-${index}`, campaign: campaign.id, atMs: clock.nowMs, action });
  await settle();
  const random = seededRandom(`small run ${seed}`);
  const ordered = new Set<string>();
  const visitsOf = new Map<string, number>();
  let known = 0;
  for (let wave = 0; wave < WAVES; wave += 1) {
    await sendSessions(log, wave, sessions / WAVES, clock.nowMs, visitsOf, random);
    await settle();
    const decisions = await decisionsOn(log);
    await sendOutcomes(
      log,
      decisions.filter(({ decidedAtMs }) => decidedAtMs === clock.nowMs),
      { visitsOf, ordered, random },
    );
    known = decisions.length;
    await settle();
    // Beyond the window: what is open ends, and users may get something again.
    clock.nowMs += HOUR_MS + 60_000;
    await settle();
  }
  return { campaign, ordered, decisions: (await decisionsOn(log)).slice(0, known) };
}

function campaignOf(changes: Record<string, unknown>): Campaign {
  return parseCampaign(
    {
      id: "spring",
      currency: "EUR",
      budgetMinor: 100_000_000,
      explorationBudgetMinor: 100_000_000,
      startMs: START_MS,
      endMs: START_MS + 24 * HOUR_MS,
      arms: ARMS.map((id, arm) => ({ id, faceMinor: FACES[arm], sendMinor: SENDS[arm] })),
      holdoutShare: 0.25,
      explorationShare: 0.5,
      reservation: { ttlMs: HOUR_MS },
      pacing: { mode: "asap", expectedSessions: 4_000 },
      rewardWeights: { ordered: 10 },
      ...changes,
    },
    "small run",
  );
}

const sessionCodec = codecFor("sessions");
const decisionCodec = codecFor("decisions");
const outcomeCodec = codecFor("outcomes");

/** Users come back from wave to wave, some of them twice in one. */
async function sendSessions(
  log: EmbeddedLog,
  wave: number,
  count: number,
  atMs: number,
  visitsOf: Map<string, number>,
  random: ReturnType<typeof seededRandom>,
): Promise<void> {
  const records = Array.from({ length: count }, (_, number) => {
    const userId = `u-${random.below(Math.ceil(count * 1.5))}`;
    const visits = visitsOf.get(userId) ?? random.below(6);
    visitsOf.set(userId, visits);
    const session = {
      sessionId: `s-${wave}-${number}`,
      userId,
      atMs,
      surface: null,
      campaign: "spring",
      attributes: { visits, vip: number % 2 === 0 },
    };
    return { topic: "sessions", key: Buffer.from(userId), value: sessionCodec.encode(session) };
  });
  await log.send(records);
}

export async function decisionsOn(log: EmbeddedLog): Promise<Decision[]> {
  const found: Decision[] = [];
  for (const { partition, start } of await log.ranges("decisions"))
    for await (const batch of log.read("decisions", partition, start))
      for (const { value } of batch) found.push(decisionCodec.decode(must(value, "a decision")));
  return found;
}

async function sendOutcomes(
  log: EmbeddedLog,
  decisions: readonly Decision[],
  books: { visitsOf: Map<string, number>; ordered: Set<string>; random: ReturnType<typeof seededRandom> },
): Promise<void> {
  const records = decisions.flatMap(({ decisionId, userId, arm, decidedAtMs, reservationId }) => {
    const cluster = (books.visitsOf.get(userId) ?? 0) >= 3 ? 1 : 0;
    if (books.random.unit() >= must(ORDERS[cluster][arm], "rate")) return [];
    books.ordered.add(decisionId);
    const outcome = {
      outcomeId: `o-${decisionId}`,
      decisionId,
      userId,
      atMs: decidedAtMs,
      kind: reservationId === null ? ("converted" as const) : ("redeemed" as const),
      amountMinor: null,
      rewards: { ordered: 1 },
    };
    const record = { topic: "outcomes", key: Buffer.from(userId), value: outcomeCodec.encode(outcome) };
    // Producers send twice now and then.
    return books.random.unit() < 0.1 ? [record, record] : [record];
  });
  await log.send(records);
}
