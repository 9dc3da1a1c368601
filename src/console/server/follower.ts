// Follower
// Feeds the live model and the running holdouts from the log: control topics from their beginning, what grows with the traffic
// from a while ago, then what comes. Each record is read once. A log that is away for a while is waited for.

import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { Decision } from "../../domain/decision/decision.ts";
import { keyIs } from "../../domain/ids.ts";
import type { Outcome } from "../../domain/session/session.ts";
import { errorMessage } from "../../domain/error-message.ts";
import { codecFor, decodedOrNull } from "../../log/codec/codec.ts";
import type { EventLog, LogRecord, PartitionRange } from "../../log/event-log.ts";
import { followTopics } from "../../log/reading/follow.ts";
import { offsetAt } from "../../log/reading/offset-at.ts";
import { aborted } from "../../terminal/signals.ts";
import type { RunningHoldouts } from "../../workflows/evaluate/rows/running-holdout.ts";
import { FOLLOWED, type Followed, type LiveModel } from "../views/model/live-model.ts";

export interface FollowerOptions {
  readonly log: EventLog;
  readonly model: LiveModel;
  readonly holdouts: RunningHoldouts;
  readonly nowMs: () => number;
  /** The log cannot be read; null: it can again. */
  readonly onTrouble: (text: string | null) => void;
  readonly signal: AbortSignal;
}

const HOUR_MS = 3_600_000;
/** Of topics that grow with the traffic: so many records before the ends of their partitions together. */
const MOST_BACK = 1_000_000;
const GROWING: ReadonlySet<string> = new Set(["decisions", "outcomes", "shard-reports", "dead-letters"]);
/** And those of which only the last hours are shown. */
const BACK_MS: Readonly<Record<string, number>> = { "shard-reports": 2 * HOUR_MS, "dead-letters": 24 * HOUR_MS };
/** Who is erased comes before what was of them, and decisions before the outcomes of them. */
const ALL = ["erasures", ...FOLLOWED, "outcomes"] as const;
/** Pages are served between two lots. */
const LOT = 250;
/** Between two fetches, each of all partitions: pages are made anew a few times a second only. */
const REST_MS = 40;
const AGAIN_MS = 1_000;
/** Outcomes that have come before their decisions, which the next fetch brings. */
const MOST_EARLY = 1_000;

export class Follower {
  readonly #options: FollowerOptions;
  #unreadable = 0;
  /** Since when decisions are known, where not from the beginning of what the log keeps. */
  #decisionsSinceMs: number | null = null;
  /** Partitions of decisions that are not read from their beginning, until the first record has come. */
  readonly #cut = new Set<number>();
  #early: Outcome[] = [];
  #isCaughtUp = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Records that are none of their topic, passed over so far, and since when decisions are known (null: all that the log keeps). */
  facts(): { readonly unreadable: number; readonly decisionsSinceMs: number | null } {
    return { unreadable: this.#unreadable, decisionsSinceMs: this.#decisionsSinceMs };
  }

  /** Until the signal. */
  async follow(): Promise<void> {
    const { log, onTrouble, signal } = this.#options;
    const topics = ALL.map((topic) => ({ topic, from: (range: PartitionRange) => this.#begin(topic, range) }));
    const onRecords = async (records: readonly LogRecord[]): Promise<void> => await this.#take(records);
    while (!signal.aborted)
      try {
        const { caughtUp } = await followTopics(log, topics, { onRecords, onTrouble, signal });
        onTrouble(null);
        await Promise.race([caughtUp, aborted(signal)]);
        this.#isCaughtUp = true;
        await aborted(signal);
      } catch (error) {
        onTrouble(errorMessage(error));
        await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
  }

  async #take(records: readonly LogRecord[]): Promise<void> {
    const early = this.#early;
    this.#early = [];
    for (let at = 0; at < records.length; at += LOT) {
      for (const record of records.slice(at, at + LOT)) this.#takeOne(record);
      if (at + LOT < records.length) await setImmediate();
    }
    for (const outcome of early) this.#options.holdouts.outcome(outcome);
    if (this.#isCaughtUp) await sleep(REST_MS);
  }

  #takeOne({ topic, partition, key, value, timestampMs }: LogRecord): void {
    if (topic === "decisions" && this.#cut.delete(partition))
      this.#decisionsSinceMs = Math.max(timestampMs, this.#decisionsSinceMs ?? 0);
    if (value === null) return;
    if (topic === "outcomes") {
      const outcome = decodedOrNull(codecFor(topic), value);
      if (outcome === null) this.#unreadable += 1;
      else this.#outcome(outcome);
      return;
    }
    if (topic === "erasures") {
      const erasure = decodedOrNull(codecFor(topic), value);
      if (erasure === null || !keyIs(key, erasure.userId)) this.#unreadable += 1;
      else this.#options.holdouts.erase(erasure);
      return;
    }
    const decoded = decodedOrNull(codecFor(topic as Followed), value);
    if (decoded === null) this.#unreadable += 1;
    else {
      this.#options.model.take(topic as Followed, decoded);
      if (topic === "decisions") this.#decision(decoded as Decision);
    }
  }

  #decision(decision: Decision): void {
    const { model, holdouts } = this.#options;
    holdouts.decision(decision, decision.campaign === null ? null : model.campaign(decision.campaign));
  }

  #outcome(outcome: Outcome): void {
    const isKnown = this.#options.holdouts.outcome(outcome);
    if (!isKnown && this.#isCaughtUp && this.#early.length < MOST_EARLY) this.#early.push(outcome);
  }

  async #begin(topic: (typeof ALL)[number], range: PartitionRange): Promise<number> {
    if (!GROWING.has(topic)) return range.start;
    const { log, nowMs } = this.#options;
    const partitions = (await log.ranges(topic)).length;
    const most = Math.max(range.start, range.end - Math.ceil(MOST_BACK / partitions));
    const backMs = BACK_MS[topic];
    if (backMs !== undefined) return Math.max(most, await offsetAt(log, topic, range, nowMs() - backMs));
    if (topic === "decisions" && most > range.start) this.#cut.add(range.partition);
    return most;
  }
}
