// Day summary: from what was seen of a day to its figures. Money comes from decision and settlement rows, rewards from what the
// users did, and, in a world whose truth is known, the true value of what was decided beside them.

import { itemAt, must } from "../../domain/assert.ts";
import { REASONS, type Account, type Reason } from "../../domain/decision/decision.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";
import type { AccountFigures, DayFigures } from "../../report/day/day-figures.ts";
import { heldOf } from "../../simulate/day/account-sums.ts";
import type { DayRecord } from "../../simulate/day/day-record.ts";
import { incrementalReward } from "../../simulate/day/incremental.ts";
import { spendableOfDay } from "../../simulate/day/spendable.ts";
import { shareOfBest, type TrueValue } from "../../simulate/world/best.ts";
import type { Truth } from "../../simulate/world/world.ts";

export function summariseDay(
  record: DayRecord,
  seed: number,
  manifests: ReadonlyMap<string, ReleaseManifest>,
): DayFigures {
  const { campaign, money } = record;
  const accounts = {
    plan: accountOf(record, "plan", Number(campaign.budgetMinor)),
    exploration: accountOf(record, "exploration", Number(campaign.explorationBudgetMinor)),
  };
  const over = (account: Account): number => Math.max(0, accounts[account].peak - accounts[account].budget);
  const budget = Number(campaign.budgetMinor);
  const posted = Number(money.accounts.plan.posted);
  const budgetPossible = spendableOfDay(record, seed, manifests);
  return {
    sessions: record.traffic.sessions,
    decisions: record.decided,
    decidedTwice: record.decidedTwice,
    degraded: record.degraded,
    sessionsResent: record.sessionsResent,
    outcomesSent: record.outcomesSent,
    accounts,
    overspend: over("plan") + over("exploration"),
    budgetUsed: budget > 0 ? posted / budget : 0,
    budgetPossible,
    budgetUsedOfPossible: budgetPossible > 0 ? posted / budgetPossible : null,
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

function accountOf({ money }: DayRecord, account: Account, budget: number): AccountFigures {
  const now = money.accounts[account];
  return {
    budget,
    reserved: Number(now.reserved),
    posted: Number(now.posted),
    expired: Number(now.expired),
    voided: Number(now.voided),
    pending: Number(heldOf(now)),
    peak: Number(now.peak),
    late: now.late,
  };
}

function reasonsOf(record: DayRecord): Record<Reason, number> {
  const counts = new Array<number>(REASONS.length).fill(0);
  for (const reason of record.reason) if (reason < counts.length) counts[reason]! += 1;
  const named = REASONS.map((reason, index) => [reason, counts[index]!] as const);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made of all the reasons
  return Object.fromEntries(named) as Record<Reason, number>;
}

function latencyOf(record: DayRecord): DayFigures["latencyMs"] {
  const sorted = record.latencyMs.slice(0, record.traffic.sessions).sort();
  const at = (share: number): number => itemAt(sorted, Math.min(sorted.length - 1, Math.floor(share * sorted.length)));
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function truthOfDay(record: DayRecord, truth: Truth): DayFigures["truth"] {
  const all = valueOf(record, truth, (session) => record.holdout[session] === 0);
  const planned = valueOf(record, truth, (session) => record.isPlanned(session));
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
): { readonly reached: TrueValue; readonly truth: Truth } {
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
    const arm = record.arm[session]!;
    incremental += truth.reward[from + arm]! - truth.reward[from]!;
    spendMinor += truth.cost[from + arm]!;
  });
  return {
    reached: { incrementalReward: incremental, spendMinor },
    truth: { n: sessions.length, arms, reward, cost },
  };
}
