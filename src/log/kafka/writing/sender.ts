// Sender
// Appends outside of any task, idempotently: what arrives while a request is under way goes with the next one.

import { Fenced, LogUnavailable, OutcomeUnknown, type OutRecord } from "../../event-log.ts";
import { IdempotentProducer } from "./idempotent-producer.ts";
import { checkRecords, groupRecords } from "./batches.ts";
import type { KeylessCounter } from "../../partitioner.ts";
import type { ClusterTopics } from "../catalogue.ts";
import type { Cluster } from "../client/cluster.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import { initProducerId } from "../protocol/transaction-calls.ts";

interface Waiting {
  readonly records: readonly OutRecord[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const MOST_RECORDS_TOGETHER = 10_000;

export class Sender {
  readonly #cluster: Cluster;
  readonly #catalogue: ClusterTopics;
  readonly #now: () => number;
  readonly #pool: ConnectionPool;
  readonly #keyless: KeylessCounter = { next: 0 };
  #producer: IdempotentProducer | null = null;
  #queue: Waiting[] = [];
  #working = false;

  constructor(cluster: Cluster, catalogue: ClusterTopics, now: () => number) {
    this.#cluster = cluster;
    this.#catalogue = catalogue;
    this.#now = now;
    this.#pool = cluster.pool();
  }

  async send(records: readonly OutRecord[]): Promise<void> {
    this.#cluster.checkOpen();
    if (records.length === 0) return;
    // What is refused concerns this call only.
    await checkRecords(this.#catalogue, records);
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ records, resolve, reject });
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#queue.length > 0) {
      const together = this.#take();
      try {
        await this.#append(together.flatMap(({ records }) => records));
        for (const { resolve } of together) resolve();
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#working = false;
  }

  #take(): Waiting[] {
    let count = 0;
    let calls = 0;
    for (const { records } of this.#queue) {
      count += records.length;
      if (calls > 0 && count > MOST_RECORDS_TOGETHER) break;
      calls += 1;
    }
    return this.#queue.splice(0, calls);
  }

  async #append(records: readonly OutRecord[]): Promise<void> {
    const groups = groupRecords(this.#catalogue, records, this.#now(), this.#keyless);
    this.#producer ??= await this.#identify();
    try {
      await this.#producer.append(groups);
    } catch (error) {
      // Its sequence numbers have a gap now, or nobody knows: the next call begins with a new identity.
      this.#producer = null;
      if (!(error instanceof LogUnavailable || error instanceof Fenced)) throw error;
      throw new OutcomeUnknown(`the records may or may not have been written: ${error.message}`, { cause: error });
    }
  }

  async #identify(): Promise<IdempotentProducer> {
    const wanted = initProducerId(null, this.#cluster.settings.transactionTimeoutMs);
    const identity = await this.#cluster.retry("producer id", () => this.#cluster.sendAny(this.#pool, wanted));
    return new IdempotentProducer(this.#cluster, this.#pool, identity, null);
  }
}
