// Retraining in the middle of a day: learn from what the day has shown so far, publish, promote, and note what changed.
// The gates by evidence are ops' here: a candidate is promoted when it was trained at all.

import { minorPerMajor } from "../../domain/money/currency.ts";
import { percent, short } from "../../domain/figures.ts";
import type { RetrainingFigures } from "../../report/day/day-figures.ts";
import type { Release } from "../../domain/release/release.ts";
import { expectedAt } from "../../domain/release/frontier.ts";
import { itemAt, must } from "../../domain/assert.ts";
import type { EventLog } from "../../log/event-log.ts";
import type { DayRecord } from "../../simulate/day/day-record.ts";
import type { Market } from "../../simulate/market/market.ts";
import { acceptedAnswer, latestStatus, sendCommand } from "../control/control.ts";
import { retrainOnce } from "../retrain/retraining.ts";
import { agreement, planForUsers, type PlanForUsers } from "./compare-releases.ts";

export interface MidDayOptions {
  readonly log: EventLog;
  readonly market: Market;
  readonly record: () => DayRecord;
  readonly incumbent: () => Release;
  readonly folder: string;
  readonly trainArgs: readonly string[];
  readonly earlier: string | null;
  readonly commandId: string;
  /** Lets the treasurer answer. */
  readonly settle: (nowMs: number) => Promise<unknown>;
  readonly elapsedMs: () => number;
  readonly onLine: (line: string) => void;
}

export interface MidDayRetraining {
  readonly figures: RetrainingFigures;
  readonly candidate: Release;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Users on which two releases are compared. */
const COMPARED_USERS = 20_000;
const HOUR_MS = 3_600_000;

export async function retrainMidDay(options: MidDayOptions, nowMs: number): Promise<MidDayRetraining> {
  const { log, market, commandId } = options;
  const record = options.record();
  const { campaign } = record;
  const incumbent = options.incumbent();
  const startedAt = options.elapsedMs();
  const { candidate, exported, training } = await retrainOnce({
    log,
    campaign,
    incumbent,
    folder: options.folder,
    trainArgs: options.trainArgs,
    earlier: options.earlier,
    nowMs: () => nowMs,
    onLine: options.onLine,
  });
  const seconds = (options.elapsedMs() - startedAt) / 1000;
  await sendCommand(log, {
    commandId,
    campaign: campaign.id,
    atMs: nowMs,
    actor: "stipend day",
    reason: "retrained in the middle of the day",
    action: { kind: "promote_release", release: candidate.hash },
  });
  const planRow = must(record.statuses.at(-1), "a status").planRow;
  await options.settle(nowMs);
  acceptedAnswer(await latestStatus(log, campaign.id), commandId);

  const { frontier, values } = incumbent.manifest;
  const spend = expectedAt(frontier, values, values.mix, planRow).cost;
  const n = Math.min(market.users, COMPARED_USERS);
  const before = await planForUsers(incumbent, market, n, spend);
  const after = await planForUsers(candidate, market, n, spend);
  const common = agreement(before.shares, after.shares, n);
  return {
    candidate,
    figures: {
      hour: (nowMs - campaign.startMs) / HOUR_MS,
      why: "Asked for when half of the day's sessions had come.",
      rows: exported.rows,
      earlierRows: exported.earlierRows,
      seconds,
      outcome: "Promoted at once; the day's clock stood still meanwhile.",
      facts: factsOf(incumbent, candidate, before, after, common, campaign.currency),
      armShares: campaign.arms.map(({ id }, arm) => ({
        arm: id,
        before: itemAt(before.armShares, arm),
        after: itemAt(after.armShares, arm),
      })),
    },
    json: {
      atMs: nowMs,
      from: incumbent.hash,
      to: candidate.hash,
      promoted: true,
      rows: exported.rows,
      earlierRows: exported.earlierRows,
      leftOut: exported.leftOut,
      seconds,
      agreement: common,
      spendPerSession: spend,
      before: planJson(before),
      after: planJson(after),
      training,
    },
  };
}

function planJson({ position, expectedReward, expectedCost, armShares, truth }: PlanForUsers) {
  return { planRow: position, expectedReward, expectedCost, armShares, truth };
}

function factsOf(
  incumbent: Release,
  candidate: Release,
  before: PlanForUsers,
  after: PlanForUsers,
  common: number,
  currency: string,
): RetrainingFigures["facts"] {
  const unit = minorPerMajor(currency);
  const two = (what: string, show: (plan: PlanForUsers) => string) => ({
    what,
    before: show(before),
    after: show(after),
  });
  const facts = [
    { what: "Release", before: incumbent.hash.slice(0, 8), after: candidate.hash.slice(0, 8) },
    {
      what: "Clusters",
      before: String(incumbent.manifest.clusters),
      after: String(candidate.manifest.clusters),
    },
    two("Plan row for the same money", (plan) => plan.position.toFixed(2)),
    two(`Expected spend a session, ${currency}`, (plan) => short(plan.expectedCost / unit)),
    two("Expected reward a session, by the release itself", (plan) => plan.expectedReward.toFixed(5)),
    { what: "Incentives that both would give to the same users", before: "", after: percent(common) },
  ];
  if (before.truth === null || after.truth === null) return facts;
  return [
    ...facts,
    two("True incremental reward a session (synthetic world)", (plan) => (plan.truth?.reward ?? 0).toFixed(5)),
    two(`True spend a session, ${currency} (synthetic world)`, (plan) => short((plan.truth?.cost ?? 0) / unit)),
    two("Share of the best possible at its own true spend (synthetic world)", (plan) =>
      plan.truth?.shareOfBest === null || plan.truth === null ? "none" : percent(plan.truth.shareOfBest),
    ),
  ];
}
