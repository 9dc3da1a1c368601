// Setting: what kind of day a seed is: how many of everything, how scarce the money, how often each thing goes wrong.

import { hash } from "node:crypto";
import { parseCampaign, type Campaign } from "../../src/domain/campaign/campaign.ts";
import type { Random } from "../../src/domain/random.ts";
import type { Placement } from "../../src/log/partitioner.ts";
import { lengthMsOf, periodsOf, validitiesOf } from "./actors/periods.ts";
import { ARM_IDS } from "./release.ts";

/** A Monday. */
export const DAY_START_MS = Date.UTC(2026, 0, 5);
const HOUR_MS = 3_600_000;

/** Probabilities. */
export interface Rates {
  /** Of each step of a task, and of each answer. */
  readonly crash: number;
  readonly unknown: number;
  readonly unavailable: number;
  readonly slow: number;
  readonly hang: number;
  /** Of each write to a local store. */
  readonly storeFailed: number;
  /** Of each machine in a round. */
  readonly freeze: number;
  readonly leave: number;
  readonly clockJump: number;
  /** Of each task in a round. */
  readonly stall: number;
  /** Of a round. */
  readonly compaction: number;
  /** Of each message. */
  readonly delayed: number;
  readonly duplicated: number;
  readonly broken: number;
}

export interface Setting {
  readonly seed: number;
  readonly partitions: { readonly users: number; readonly control: number };
  readonly machines: number;
  /** Whether machines keep copies of the partitions that others run. */
  readonly standby: boolean;
  readonly skewMsMax: number;
  readonly people: number;
  readonly sessions: number;
  readonly rounds: number;
  readonly endMs: number;
  readonly batchRecords: number;
  readonly campaigns: readonly Campaign[];
  readonly rates: Rates;
}

/** How the day's log places keys, by kind of topic. */
export function placementsOf({ partitions }: Setting): { readonly users: Placement; readonly control: Placement } {
  const partitioner = "murmur2";
  return {
    users: { partitioner, partitions: partitions.users },
    control: { partitioner, partitions: partitions.control },
  };
}

/** As random to people as any other; the same seed is the same day. */
export function secretOf(campaign: string): Uint8Array {
  return hash("sha256", campaign, "buffer");
}

export function settingOf(seed: number, random: Random): Setting {
  // Of a stream of its own: what it draws shifts nothing else.
  const periods = random.fork("periods");
  const lengthMs = lengthMsOf(Math.round(HOUR_MS * Math.exp(random.unit() * Math.log(24))), periods);
  const sessions = sessionsOf(random);
  const endMs = DAY_START_MS + lengthMs;
  const count = random.unit() < 0.6 ? 1 : 2 + random.below(2);
  // A few who come again and again, under long windows, fill what is kept of a user.
  const few = random.unit() < 0.15;
  return {
    seed,
    partitions: { users: 1 + random.below(4), control: random.unit() < 0.8 ? 1 : 2 },
    machines: 1 + random.below(3),
    standby: seed % 3 === 1,
    skewMsMax: random.unit() < 0.3 ? 0 : Math.round(lengthMs * 0.02 * random.unit()),
    people: few ? 1 + random.below(4) : 2 + random.below(Math.max(10, sessions)),
    sessions,
    rounds: 50 + random.below(50),
    endMs,
    batchRecords: random.unit() < 0.15 ? 3 + random.below(10) : 200,
    campaigns: Array.from({ length: count }, (_, index) =>
      campaignOf(index, { sessions: sessions / count, endMs, ttlShare: few ? 1 : 0.3 }, random, periods),
    ),
    rates: ratesOf(random),
  };
}

/** Mostly some hundred; now and then a thousand. */
function sessionsOf(random: Random): number {
  const kind = random.unit();
  if (kind < 0.8) return 60 + random.below(140);
  return kind < 0.97 ? 200 + random.below(300) : 500 + random.below(600);
}

interface Around {
  readonly sessions: number;
  readonly endMs: number;
  /** Longest window, as a share of the day. */
  readonly ttlShare: number;
}

function campaignOf(
  index: number,
  { sessions, endMs: dayEndMs, ttlShare }: Around,
  random: Random,
  periods: Random,
): Campaign {
  const expected = random.unit() < 0.2;
  // Under `expected` money is lent only where holds are many and alike.
  const faces = expected
    ? [0, 40 + random.below(20), 60 + random.below(20), 80 + random.below(20)]
    : [0, 50 + random.below(150), 300 + random.below(600), 1_000 + random.below(2_000)];
  const lengthMs = dayEndMs - DAY_START_MS;
  const startMs = DAY_START_MS + (random.unit() < 0.7 ? 0 : Math.round(0.2 * lengthMs * random.unit()));
  const plenty = Math.exp(random.unit() * Math.log(100)) / 60;
  const where = `campaign ${index} of a simulated day`;
  const campaign = parseCampaign(
    {
      id: `campaign-${index}`,
      currency: "EUR",
      budgetMinor: Math.round((expected ? 50 : 400) * sessions * plenty),
      explorationBudgetMinor: random.unit() < 0.5 ? 0 : Math.round(60 * sessions * plenty),
      startMs,
      endMs: dayEndMs - Math.round(0.15 * lengthMs * random.unit()),
      arms: ARM_IDS.map((id, arm) => ({ id, faceMinor: faces[arm] ?? 0, sendMinor: arm === 0 ? 0 : random.below(8) })),
      holdoutShare: random.unit() < 0.5 ? 0 : 0.1,
      explorationShare: random.unit() < 0.5 ? 0 : 0.2,
      caps: random.unit() < 0.5 ? [] : [{ max: 1 + random.below(4), windowMs: Math.round(lengthMs / 3) }],
      reservation: {
        ...(expected ? { policy: "expected", risk: 0.5 } : { policy: "strict" }),
        ttlMs: Math.max(60_000, Math.round(lengthMs * ttlShare * random.unit())),
      },
      pacing: {
        mode: random.unit() < 0.5 ? "asap" : "even",
        expectedSessions: Math.max(10, sessions * 2 * random.unit()),
      },
      priority: random.below(3),
      surfaces: random.unit() < 0.5 ? [] : ["home"],
      rewardWeights: { converted: 1 },
    },
    where,
  );
  const { timeZone, ...ofDays } = periodsOf(campaign, DAY_START_MS, periods);
  return parseCampaign({ ...campaign, ...ofDays, timeZone, arms: validitiesOf(campaign, periods) }, where);
}

/** Some days are calm, some terrible. */
function ratesOf(random: Random): Rates {
  const trouble = random.unit() < 0.1 ? 0 : Math.exp(Math.log(0.2) + random.unit() * Math.log(15));
  const often = (most: number): number => Math.min(0.2, trouble * most * random.unit());
  return {
    crash: often(0.01),
    unknown: often(0.015),
    unavailable: often(0.015),
    slow: random.unit() < 0.3 ? 0 : 0.5 * random.unit(),
    hang: often(0.03),
    storeFailed: often(0.01),
    freeze: often(0.012),
    leave: often(0.015),
    clockJump: often(0.06),
    stall: often(0.01),
    compaction: often(0.05),
    delayed: often(0.1),
    duplicated: often(0.1),
    broken: often(0.04),
  };
}

/** Of a round, in the mean. */
export function roundMsOf({ endMs, rounds }: Setting): number {
  return Math.round((1.05 * (endMs - DAY_START_MS)) / rounds);
}

/** That a clock is wrong by. */
export function furthestMsOf(setting: Setting): number {
  return setting.skewMsMax + 60_000 + 2 * roundMsOf(setting);
}
