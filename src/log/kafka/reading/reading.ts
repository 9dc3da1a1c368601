// Reading
// The log's `read`: outside of any task and any group, on connections that are used again by the next reader.

import type { EventLog, LogRecord } from "../../event-log.ts";
import type { Catalogue } from "../catalogue.ts";
import type { Cluster } from "../client/cluster.ts";
import type { Lane } from "../client/lane.ts";
import { endOf, PartitionReader } from "./partition-reader.ts";
import type { Visibility } from "../transactions/visibility.ts";
import { LATEST } from "../protocol/calls.ts";

const FOLLOW_MS = 500;
const TO_END_MS = 20;
const BATCH = 5_000;

export type ReadOptions = NonNullable<Parameters<EventLog["read"]>[3]>;

export class Reading {
  readonly #cluster: Cluster;
  readonly #catalogue: Catalogue;
  readonly #visibility: Visibility;
  readonly #idle: Lane[] = [];

  constructor(cluster: Cluster, catalogue: Catalogue, visibility: Visibility) {
    this.#cluster = cluster;
    this.#catalogue = catalogue;
    this.#visibility = visibility;
  }

  async *read(
    name: string,
    partition: number,
    from: number,
    { follow = false, signal, maxRecords = BATCH }: ReadOptions = {},
  ): AsyncGenerator<readonly LogRecord[]> {
    const isStopped = (): boolean => signal?.aborted === true;
    this.#cluster.checkOpen();
    await this.#catalogue.partition(name, partition);
    const topic = this.#catalogue.physical(name);
    const end = follow ? Infinity : await this.end(topic, partition);
    if (from >= end) return;
    const lane = this.#idle.pop() ?? this.#cluster.lane();
    // An abort must not wait for the broker; the connection then has an answer coming that nobody wants.
    const stopped = signal === undefined ? null : aborted(signal, () => this.#cluster.closeLane(lane));
    try {
      const reader = new PartitionReader(this.#cluster, lane, { topic, name, partition, from });
      while (reader.next < end && !isStopped()) {
        const records = await reader.read(follow ? FOLLOW_MS : TO_END_MS).catch((error: unknown) => {
          if (isStopped()) return [];
          throw error;
        });
        const wanted = records.filter(({ offset }) => offset < end);
        for (let at = 0; at < wanted.length && !isStopped(); at += maxRecords) yield wanted.slice(at, at + maxRecords);
      }
    } finally {
      stopped?.();
      if (!lane.closed) this.#idle.push(lane);
    }
  }

  /** The end of what is committed now, and at least what this log has committed. */
  async end(topic: string, partition: number): Promise<number> {
    const now = await endOf(this.#cluster, topic, partition, LATEST);
    return Math.max(now, this.#visibility.end(topic, partition));
  }
}

function aborted(signal: AbortSignal, then: () => void): () => void {
  signal.addEventListener("abort", then);
  return () => signal.removeEventListener("abort", then);
}
