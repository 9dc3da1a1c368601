// Holdout rows
// A campaign's decisions, outcomes and settlements into sums of the users held out and of the others. Every session that
// the campaign decided counts, drawn or not: what caps, refusals and throttles did is part of what the campaign brought.
// Partition by partition, since a user's records are in one; kept are ids, sixteen bytes or so a session and a user, and an
// entry for each user who was there before.

import type { Campaign } from "../../../domain/campaign/campaign.ts";
import type { Decision, Reason } from "../../../domain/decision/decision.ts";
import type { ErasedUsers } from "../../../domain/session/erasure.ts";
import type { Outcome } from "../../../domain/session/session.ts";
import { lotOf, LOTS, type BootstrapOptions } from "../../../evaluate/policy/bootstrap.ts";
import { HoldoutSums, type HoldoutValue } from "../../../evaluate/policy/holdout.ts";
import { IdSet } from "../../../evaluate/verify/id-set.ts";
import type { TopicValues } from "../../../log/codec/codec.ts";
import { erasedUsers } from "../../../log/codec/erased-users.ts";
import { readTopic } from "../../../log/codec/reading.ts";
import type { EventLog } from "../../../log/event-log.ts";
import { rewardOf } from "../../../serve/settle/reward.ts";
import type { Progress } from "../../../terminal/progress.ts";

export interface HoldoutOptions {
  readonly log: EventLog;
  readonly campaign: Campaign;
  readonly bootstrap: BootstrapOptions;
  readonly progress: Progress;
  /**
   * Sessions of this time alone count, and what came of them; left out: all. Users are those who entered until its end: who came
   * back within it may be the campaign's doing.
   */
  readonly during?: { readonly fromMs: number; readonly toMs: number };
  /** Ends the reading; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Holdout {
  readonly value: HoldoutValue | null;
  /** Sessions whose arm was drawn and then not given, for want of money. */
  readonly refused: number;
  readonly sessions: number;
  /** Sessions of users who entered before the oldest outcome that the log still keeps. */
  readonly tooOld: number;
  /** Decisions about users who were erased after them. */
  readonly erased: number;
}

/** The campaign did nothing to these, held out or not. */
export const NOT_DECIDED: ReadonlySet<Reason> = new Set([
  "invalid_campaign",
  "campaign_not_live",
  "campaign_paused",
  "no_release",
]);
const REFUSED: ReadonlySet<Reason> = new Set(["downgraded", "budget_exhausted", "budget_not_yet_granted"]);

export async function readHoldout(options: HoldoutOptions): Promise<Holdout> {
  const { log, progress, bootstrap, campaign } = options;
  const sums = new HoldoutSums(LOTS);
  const counts = { refused: 0, sessions: 0, tooOld: 0, erased: 0 };
  const erased = await erasedUsers(log);
  const ranges = await log.ranges("decisions");
  for (const [index, { partition }] of ranges.entries()) {
    progress.report("reading", index / ranges.length, "decisions, outcomes and settlements");
    await new PartitionReading(partition, sums, counts, { ...options, erased }).all();
    options.signal?.throwIfAborted();
  }
  return { value: sums.value(bootstrap, campaign.holdoutShare), ...counts };
}

type Counts = { -readonly [K in "refused" | "sessions" | "tooOld" | "erased"]: Holdout[K] };

class PartitionReading {
  readonly #partition: number;
  readonly #sums: HoldoutSums;
  readonly #counts: Counts;
  readonly #options: HoldoutOptions & { readonly erased: ErasedUsers };
  /** Decisions of the campaign that count, by whether their user is held out. */
  readonly #heldOut = new IdSet();
  readonly #served = new IdSet();
  /** Users by their first session in the campaign: those that count, and those from before the oldest outcome kept. */
  readonly #entered = new IdSet();
  readonly #tooOld = new IdSet();
  /** Decisions of users who had not yet entered, and of those who then did, when that was. */
  readonly #before = new IdSet();
  readonly #hadBefore = new IdSet();
  readonly #entryOf = new Map<string, { readonly atMs: number; readonly heldOut: boolean }>();

  constructor(
    partition: number,
    sums: HoldoutSums,
    counts: Counts,
    options: HoldoutOptions & { readonly erased: ErasedUsers },
  ) {
    this.#partition = partition;
    this.#sums = sums;
    this.#counts = counts;
    this.#options = options;
  }

  async all(): Promise<void> {
    const { log, signal } = this.#options;
    const sinceMs = await oldestOutcome(log, this.#partition);
    for await (const { value } of valuesOf(log, "decisions", this.#partition, signal)) this.#decision(value, sinceMs);
    const seen = new IdSet();
    for await (const { value, timestampMs } of valuesOf(log, "outcomes", this.#partition, signal))
      if (seen.add(`${value.decisionId} ${value.outcomeId}`)) this.#outcome(value, timestampMs);
    for await (const { value } of valuesOf(log, "settlements", this.#partition, signal))
      if (this.#served.has(value.decisionId)) this.#sums.spend(this.#lot(value.userId), Number(value.amountMinor));
  }

  #decision(decision: Decision, sinceMs: number): void {
    const { userId, decisionId, holdout } = decision;
    const { fromMs = -Infinity, toMs = Infinity } = this.#options.during ?? {};
    if (decision.decidedAtMs >= toMs) return;
    if (this.#options.erased.has(userId, decision.decidedAtMs)) {
      this.#counts.erased += 1;
      return;
    }
    if (decision.campaign !== this.#options.campaign.id || NOT_DECIDED.has(decision.reason)) {
      if (this.#entered.has(userId)) return;
      this.#before.add(decisionId);
      this.#hadBefore.add(userId);
      return;
    }
    const lot = this.#lot(userId);
    if (this.#entered.add(userId)) this.#enter(decision, lot, sinceMs);
    if (this.#tooOld.has(userId)) {
      this.#counts.tooOld += 1;
      return;
    }
    if (decision.decidedAtMs < fromMs) return;
    this.#counts.sessions += 1;
    if (REFUSED.has(decision.reason)) this.#counts.refused += 1;
    (holdout ? this.#heldOut : this.#served).add(decisionId);
    this.#sums.session(lot, holdout);
    if (decision.reservationId !== null) this.#sums.spend(lot, Number(decision.sendMinor));
  }

  /** Users who came back are not new ones: incentives may have brought them. */
  #enter({ userId, holdout, decidedAtMs }: Decision, lot: number, sinceMs: number): void {
    if (decidedAtMs < sinceMs) {
      this.#tooOld.add(userId);
      return;
    }
    this.#sums.user(lot, holdout);
    if (this.#hadBefore.has(userId)) this.#entryOf.set(userId, { atMs: decidedAtMs, heldOut: holdout });
  }

  #outcome({ decisionId, userId, rewards }: Outcome, recordedAtMs: number): void {
    const reward = rewardOf(this.#options.campaign.rewardWeights, rewards);
    const isHeldOut = this.#heldOut.has(decisionId);
    if (isHeldOut || this.#served.has(decisionId)) this.#sums.reward(this.#lot(userId), isHeldOut, reward);
    else if (this.#before.has(decisionId)) {
      const entry = this.#entryOf.get(userId);
      if (entry !== undefined && recordedAtMs < entry.atMs) this.#sums.before(this.#lot(userId), entry.heldOut, reward);
    }
  }

  #lot(userId: string): number {
    return lotOf(userId, this.#options.bootstrap.seed, LOTS);
  }
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
  signal?: AbortSignal,
): AsyncGenerator<{ readonly value: TopicValues[N]; readonly timestampMs: number }> {
  const range = (await log.ranges(topic)).find((each) => each.partition === partition);
  if (range === undefined) return;
  for await (const { record, value } of readTopic(
    log,
    topic,
    { partition, from: range.start },
    signal === undefined ? {} : { signal },
  ))
    if (value !== null) yield { value, timestampMs: record.timestampMs };
}
