// Reading
// The log's `read`: outside of any task and any group, on connections that are used again by the next reader.

import type { EventLog, LogRecord, ReadPlace } from "../../event-log.ts";
import type { ClusterTopics } from "../catalogue.ts";
import type { Cluster } from "../client/cluster.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import { followedRecords } from "./followed-partitions.ts";
import { endOf, PartitionReader } from "./partition-reader.ts";
import type { ReadYourWrites } from "./read-your-writes.ts";
import { LATEST } from "../protocol/calls.ts";

const FOLLOW_MS = 500;
const TO_END_MS = 20;
const BATCH = 5_000;

export type ReadOptions = NonNullable<Parameters<EventLog["read"]>[3]>;

export class Reading {
  readonly #cluster: Cluster;
  readonly #catalogue: ClusterTopics;
  readonly #readYourWrites: ReadYourWrites;
  readonly #idle: ConnectionPool[] = [];

  constructor(cluster: Cluster, catalogue: ClusterTopics, readYourWrites: ReadYourWrites) {
    this.#cluster = cluster;
    this.#catalogue = catalogue;
    this.#readYourWrites = readYourWrites;
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
    const pool = this.#idle.pop() ?? this.#cluster.pool();
    // An abort must not wait for the broker; the connection then has an answer coming that nobody wants.
    const stopped = signal === undefined ? null : aborted(signal, () => this.#cluster.closePool(pool));
    try {
      const reader = new PartitionReader(this.#cluster, pool, { topic, name, partition, from });
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
      if (!pool.closed) this.#idle.push(pool);
    }
  }

  async *follow(places: readonly ReadPlace[], signal: AbortSignal): AsyncGenerator<readonly LogRecord[]> {
    this.#cluster.checkOpen();
    for (const { topic, partition } of places) await this.#catalogue.partition(topic, partition);
    const wanted = places.map(({ topic, partition, from }) => ({
      of: { name: topic, topic: this.#catalogue.physical(topic) },
      partition,
      from,
    }));
    const pool = this.#cluster.pool();
    // An abort must not wait for the brokers.
    const stopped = aborted(signal, () => this.#cluster.closePool(pool));
    try {
      yield* followedRecords(this.#cluster, pool, wanted, signal);
    } finally {
      stopped();
      this.#cluster.closePool(pool);
    }
  }

  /** The end of what is committed now, and at least what this log has committed. */
  async end(topic: string, partition: number): Promise<number> {
    const now = await endOf(this.#cluster, topic, partition, LATEST);
    return Math.max(now, this.#readYourWrites.watermark(topic, partition));
  }
}

function aborted(signal: AbortSignal, then: () => void): () => void {
  signal.addEventListener("abort", then);
  return () => signal.removeEventListener("abort", then);
}
