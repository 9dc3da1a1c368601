// Day summary
// From what was seen of a day to its figures. Pure. Money comes from decision and settlement rows, rewards from what the
// users did, and, in a world whose truth is known, the true value of what was decided beside them.

import { must } from "../../domain/assert.ts";
import { REASONS, type Account, type Reason } from "../../domain/decision.ts";
import type { ReleaseManifest } from "../../domain/release.ts";
import { sharesAt } from "../../domain/frontier.ts";
import { seededRandom } from "../../domain/random.ts";
import { shareOfBest, type PolicyValue } from "../world/best.ts";
import { fateOf } from "../market/customers.ts";
import type { DayRecord } from "./day-record.ts";
import { incrementalReward, type Incremental } from "./incremental.ts";
import { pendingOf } from "./money-watch.ts";
import { mostSpendable, type OracleSession } from "./oracle.ts";
import type { Truth } from "../world/world.ts";

export interface AccountSummary {
  readonly budget: number;
  /** All that was ever held; more than the budget means that money which came back was drawn again. */
  readonly reserved: number;
  readonly posted: number;
  readonly expired: number;
  readonly voided: number;
  readonly pending: number;
  /** The most that was held and spent together, at any time. */
  readonly peak: number;
  readonly late: number;
}

export interface DaySummary {
  readonly sessions: number;
  readonly decisions: number;
  readonly decidedTwice: number;
  readonly degraded: number;
  readonly sessionsResent: number;
  readonly outcomesSent: number;
  readonly accounts: Readonly<Record<Account, AccountSummary>>;
  /** Both accounts: what was ever out beyond the budget. */
  readonly overspend: number;
  /** Of the plan account: posted over budget. */
  readonly budgetUsed: number;
  readonly reasons: Readonly<Record<Reason, number>>;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly decisionsPerSecond: number;
  readonly wallSeconds: number;
  readonly pausedSeconds: number;
  readonly incremental: Incremental | null;
  /** Null where only a log is known. */
  readonly truth: TruthSummary | null;
}

export interface TruthSummary {
  /** True expected values of what was decided for those not held out. */
  readonly incrementalReward: number;
  readonly spend: number;
  /** Of the best possible at the same true spend: all sessions not held out, exploration and caps included. */
  readonly bestPossibleShare: number | null;
  /** The same for the sessions in which the plan decided. */
  readonly bestPossibleShareOfPlan: number | null;
}

/** Decisions in which the plan had the word, whatever the budget then allowed. */
const PLANNED: ReadonlySet<Reason> = new Set([
  "planned",
  "planned_control",
  "pacing_throttled",
  "downgraded",
  "budget_exhausted",
  "budget_not_yet_granted",
]);

export function summariseDay(record: DayRecord): DaySummary {
  const { campaign, money } = record;
  const accounts = {
    plan: accountOf(record, "plan", Number(campaign.budgetMinor)),
    exploration: accountOf(record, "exploration", Number(campaign.explorationBudgetMinor)),
  };
  const over = (account: Account): number => Math.max(0, accounts[account].peak - accounts[account].budget);
  const budget = Number(campaign.budgetMinor);
  return {
    sessions: record.traffic.sessions,
    decisions: record.decided,
    decidedTwice: record.decidedTwice,
    degraded: record.degraded,
    sessionsResent: record.sessionsResent,
    outcomesSent: record.outcomesSent,
    accounts,
    overspend: over("plan") + over("exploration"),
    budgetUsed: budget > 0 ? Number(money.accounts.plan.posted) / budget : 0,
    reasons: reasonsOf(record),
    latencyMs: latencyOf(record),
    decisionsPerSecond: record.wallMs > 0 ? record.decided / (record.wallMs / 1000) : 0,
    wallSeconds: record.wallMs / 1000,
    pausedSeconds: record.pausedMs / 1000,
    incremental: incrementalReward({
      n: record.traffic.sessions,
      users: record.market.users,
      user: record.traffic.user,
      reward: record.reward,
      holdout: record.holdout,
    }),
    truth: record.market.truth ? truthOfDay(record, record.market.truth) : null,
  };
}

function accountOf({ money }: DayRecord, account: Account, budget: number): AccountSummary {
  const now = money.accounts[account];
  return {
    budget,
    reserved: Number(now.reserved),
    posted: Number(now.posted),
    expired: Number(now.expired),
    voided: Number(now.voided),
    pending: Number(pendingOf(now)),
    peak: Number(now.peak),
    late: now.late,
  };
}

function reasonsOf(record: DayRecord): Record<Reason, number> {
  const counts = new Array<number>(REASONS.length).fill(0);
  for (const reason of record.reason) if (reason < counts.length) counts[reason] = (counts[reason] ?? 0) + 1;
  const named = REASONS.map((reason, index) => [reason, counts[index] ?? 0] as const);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made of all the reasons
  return Object.fromEntries(named) as Record<Reason, number>;
}

function latencyOf(record: DayRecord): DaySummary["latencyMs"] {
  const sorted = record.latencyMs.slice(0, record.traffic.sessions).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function truthOfDay(record: DayRecord, truth: Truth): TruthSummary {
  const all = valueOf(record, truth, (session) => record.holdout[session] === 0);
  const planned = valueOf(record, truth, (session) => {
    const reason = record.reasonOf(session);
    return reason !== null && PLANNED.has(reason);
  });
  return {
    incrementalReward: all.reached.incrementalReward,
    spend: all.reached.spendMinor,
    bestPossibleShare: shareOfBest(all.truth, all.reached),
    bestPossibleShareOfPlan: shareOfBest(planned.truth, planned.reached),
  };
}

/** The true value of the arms given in some sessions, and the truth of these sessions. */
function valueOf(
  record: DayRecord,
  truth: Truth,
  counts: (session: number) => boolean,
): { readonly reached: PolicyValue; readonly truth: Truth } {
  const sessions: number[] = [];
  for (let session = 0; session < record.traffic.sessions; session += 1) if (counts(session)) sessions.push(session);
  const { arms } = truth;
  const reward = new Float64Array(sessions.length * arms);
  const cost = new Float64Array(sessions.length * arms);
  let incremental = 0;
  let spendMinor = 0;
  sessions.forEach((session, row) => {
    const from = must(record.traffic.user[session], "user") * arms;
    reward.set(truth.reward.subarray(from, from + arms), row * arms);
    cost.set(truth.cost.subarray(from, from + arms), row * arms);
    const arm = record.arm[session] ?? 0;
    incremental += (truth.reward[from + arm] ?? 0) - (truth.reward[from] ?? 0);
    spendMinor += truth.cost[from + arm] ?? 0;
  });
  return {
    reached: { incrementalReward: incremental, spendMinor },
    truth: { n: sessions.length, arms, reward, cost },
  };
}

/**
 * What one central strict book could have spent of the plan's budget on this day, at the best fixed position of the
 * frontier, with the same sessions and luck (oracle.ts). The yardstick of "budget used".
 */
export function spendableOfDay(
  record: DayRecord,
  seed: number,
  manifests: ReadonlyMap<string, ReleaseManifest>,
): number {
  const { campaign, market, traffic } = record;
  const ttlMs = campaign.reservation.ttlMs;
  const draws = seededRandom(`oracle/${seed}`);
  const sessions: OracleSession[] = [];
  let last = 0;
  for (let session = 0; session < traffic.sessions; session += 1) {
    const reason = record.reasonOf(session);
    const manifest = manifests.get(record.releases[record.release[session] ?? 255] ?? "");
    if (reason === null || !PLANNED.has(reason) || manifest === undefined) continue;
    last = Math.max(last, manifest.frontier.rows.length - 1);
    const user = must(traffic.user[session], "user");
    const cluster = must(record.cluster[session], "cluster");
    const fate = fateOf(seed, session, ttlMs);
    const known: (ReturnType<OracleSession["redeems"]> | undefined)[] = [];
    sessions.push({
      atMs: must(record.decidedAtMs[session], "time"),
      draw: draws.unit(),
      shares: (position) => sharesAt(manifest.frontier, position, cluster),
      redeems: (arm) => {
        const found = known[arm];
        if (found !== undefined) return found;
        const { redeemedMinor } = market.outcome(user, arm, fate.luck);
        const face = Number(must(campaign.arms[arm], "arm").faceMinor);
        const amountMinor = redeemedMinor === "whole" ? face : redeemedMinor;
        return (known[arm] = amountMinor === null ? null : { amountMinor, delayMs: fate.delayMs });
      },
    });
  }
  return mostSpendable({
    budgetMinor: Number(campaign.budgetMinor),
    ttlMs,
    faceMinor: campaign.arms.map((arm) => Number(arm.faceMinor)),
    sendMinor: campaign.arms.map((arm) => Number(arm.sendMinor)),
    last,
    sessions,
  }).spentMinor;
}
