// Follower: feeds a live model from the log. It asks again and again how far the topics have come and reads what is new, so that
// a log that is away for a while is only a look that failed, and how far behind anything is comes with it.

import { codecFor, decodedOrNull } from "../../log/codec/codec.ts";
import type { EventLog, PartitionRange } from "../../log/event-log.ts";
import { FOLLOWED, type Followed, type LiveModel } from "../views/model/live-model.ts";
import { offsetAt } from "../../log/reading/offset-at.ts";

export interface FollowerOptions {
  readonly log: EventLog;
  readonly model: LiveModel;
  readonly nowMs: () => number;
}

const HOUR_MS = 3_600_000;
/** Topics that grow with the traffic are followed from so long ago. */
const BACK_MS: Partial<Record<Followed, number>> = {
  decisions: 2 * HOUR_MS,
  "shard-reports": 2 * HOUR_MS,
  "dead-letters": 24 * HOUR_MS,
};
/** And from so many records before the end of each partition, at most. */
const MOST_BACK = 200_000;

export class Follower {
  readonly #options: FollowerOptions;
  readonly #next = new Map<string, number>();
  #unreadable = 0;
  /** Since when decisions are known, where not from the beginning of what the log keeps. */
  #decisionsSinceMs: number | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Records that are none of their topic, passed over so far, and since when decisions are known (null: all that the log keeps). */
  facts(): { readonly unreadable: number; readonly decisionsSinceMs: number | null } {
    return { unreadable: this.#unreadable, decisionsSinceMs: this.#decisionsSinceMs };
  }

  /** Takes in what has come since; answers whether anything has. Rejects when the log cannot be read. */
  async look(signal: AbortSignal): Promise<boolean> {
    let isNew = false;
    for (const topic of FOLLOWED)
      for (const range of await this.#options.log.ranges(topic))
        isNew = (await this.#read(topic, range, signal)) || isNew;
    return isNew;
  }

  async #read(topic: Followed, range: PartitionRange, signal: AbortSignal): Promise<boolean> {
    const { log, model } = this.#options;
    const place = `${topic}/${range.partition}`;
    const from = Math.max(range.start, this.#next.get(place) ?? (await this.#begin(topic, range)));
    this.#next.set(place, from);
    if (from >= range.end) return false;
    const codec = codecFor(topic);
    for await (const batch of log.read(topic, range.partition, from, { signal })) {
      for (const { value, offset } of batch) {
        const decoded = value === null ? null : decodedOrNull(codec, value);
        if (decoded !== null) model.take(topic, decoded);
        else if (value !== null) this.#unreadable += 1;
        this.#next.set(place, offset + 1);
      }
      // Pages are served between two batches.
      await new Promise((resolve) => setImmediate(resolve));
    }
    // What is behind the last record (a transaction's marker) is no record.
    if (!signal.aborted) this.#next.set(place, Math.max(range.end, this.#next.get(place) ?? 0));
    return true;
  }

  async #begin(topic: Followed, range: PartitionRange): Promise<number> {
    const backMs = BACK_MS[topic];
    if (backMs === undefined) return range.start;
    const sinceMs = this.#options.nowMs() - backMs;
    const since = await offsetAt(this.#options.log, topic, range, sinceMs);
    const from = Math.max(since, range.end - MOST_BACK);
    if (topic === "decisions" && from > range.start)
      this.#decisionsSinceMs = Math.max(sinceMs, this.#decisionsSinceMs ?? 0);
    return from;
  }
}
