// Holdout rows
// A campaign's decisions, outcomes and settlements into sums of the users held out and of the others. Every session that
// the campaign decided counts, drawn or not: what caps, refusals and throttles did is part of what the campaign brought.
// Partition by partition, since a user's records are in one; kept are ids, sixteen bytes or so a session.

import type { Campaign } from "../../domain/campaign.ts";
import type { Reason } from "../../domain/decision.ts";
import { lotOf, LOTS, type BootstrapOptions } from "../../evaluate/policy/bootstrap.ts";
import { HoldoutSums, type HoldoutValue } from "../../evaluate/policy/holdout.ts";
import { IdSet } from "../../evaluate/verify/id-set.ts";
import type { TopicValues } from "../../log/codec/codec.ts";
import { readTopic } from "../../log/codec/reading.ts";
import type { EventLog } from "../../log/event-log.ts";
import { rewardOf } from "../../serve/settle/reward.ts";
import type { Progress } from "../progress.ts";

export interface HoldoutOptions {
  readonly log: EventLog;
  readonly campaign: Campaign;
  readonly bootstrap: BootstrapOptions;
  readonly progress: Progress;
}

export interface Holdout {
  readonly value: HoldoutValue | null;
  /** Sessions whose arm was drawn and then not given, for want of money. */
  readonly refused: number;
  readonly sessions: number;
  /** Sessions from before the oldest outcome that the log still keeps. */
  readonly tooOld: number;
}

/** The campaign did nothing to these, held out or not. */
const NOT_DECIDED: ReadonlySet<Reason> = new Set([
  "invalid_campaign",
  "campaign_not_live",
  "campaign_paused",
  "no_release",
]);
const REFUSED: ReadonlySet<Reason> = new Set(["downgraded", "budget_exhausted", "budget_not_yet_granted"]);

export async function readHoldout(options: HoldoutOptions): Promise<Holdout> {
  const { log, progress, bootstrap } = options;
  const sums = new HoldoutSums(LOTS);
  const counts = { refused: 0, sessions: 0, tooOld: 0 };
  const ranges = await log.ranges("decisions");
  for (const [index, { partition }] of ranges.entries()) {
    progress.report("reading", index / ranges.length, "decisions, outcomes and settlements");
    await readPartition(partition, sums, counts, options);
  }
  return { value: sums.value(bootstrap), ...counts };
}

async function readPartition(
  partition: number,
  sums: HoldoutSums,
  counts: { refused: number; sessions: number; tooOld: number },
  { log, campaign, bootstrap: { seed } }: HoldoutOptions,
): Promise<void> {
  const sinceMs = await oldestOutcome(log, partition);
  const [heldOut, served] = [new IdSet(), new IdSet()];
  for await (const { value: decision } of valuesOf(log, "decisions", partition)) {
    if (decision.campaign !== campaign.id || NOT_DECIDED.has(decision.reason)) continue;
    if (decision.decidedAtMs < sinceMs) {
      counts.tooOld += 1;
      continue;
    }
    const lot = lotOf(decision.userId, seed, LOTS);
    counts.sessions += 1;
    if (REFUSED.has(decision.reason)) counts.refused += 1;
    (decision.holdout ? heldOut : served).add(decision.decisionId);
    sums.session(lot, decision.holdout);
    if (decision.reservationId !== null) sums.spend(lot, Number(decision.sendMinor));
  }
  const seen = new IdSet();
  for await (const { value: outcome } of valuesOf(log, "outcomes", partition)) {
    const { decisionId, outcomeId, userId, rewards } = outcome;
    const isHeldOut = heldOut.has(decisionId);
    if ((!isHeldOut && !served.has(decisionId)) || !seen.add(outcomeId)) continue;
    sums.reward(lotOf(userId, seed, LOTS), isHeldOut, rewardOf(campaign.rewardWeights, rewards));
  }
  for await (const { value: settlement } of valuesOf(log, "settlements", partition))
    if (served.has(settlement.decisionId))
      sums.spend(lotOf(settlement.userId, seed, LOTS), Number(settlement.amountMinor));
}

/** Outcomes are kept for a shorter time than decisions: sessions from before have lost theirs, and would count as nothing. */
async function oldestOutcome(log: EventLog, partition: number): Promise<number> {
  const range = (await log.ranges("outcomes")).find((each) => each.partition === partition);
  if (range === undefined || range.start === 0) return -Infinity;
  for await (const { timestampMs } of valuesOf(log, "outcomes", partition)) return timestampMs;
  return Infinity;
}

/** What can be read; the rest is `verify`'s to tell of. */
async function* valuesOf<N extends keyof TopicValues>(
  log: EventLog,
  topic: N,
  partition: number,
): AsyncGenerator<{ readonly value: TopicValues[N]; readonly timestampMs: number }> {
  const range = (await log.ranges(topic)).find((each) => each.partition === partition);
  if (range === undefined) return;
  for await (const { record, value } of readTopic(log, topic, { partition, from: range.start }))
    if (value !== null) yield { value, timestampMs: record.timestampMs };
}
