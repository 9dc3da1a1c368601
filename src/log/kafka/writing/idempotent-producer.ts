// IdempotentProducer
// Writes batches under one producer identity. Each partition's batches carry consecutive sequence numbers, so that one
// which is sent again after an answer was lost is not written twice. One call at a time.

import { must } from "../../../domain/assert.ts";
import type { PartitionGroup } from "./batches.ts";
import type { Cluster } from "../client/cluster.ts";
import { Disconnected, isRetriable, KafkaError } from "../client/errors.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import { encodeRecordBatch, type BatchRecord } from "../protocol/batches/record-batch.ts";
import {
  produce,
  type PartitionBatch,
  type ProducerIdentity,
  type ProduceAnswer,
} from "../protocol/transaction-calls.ts";

const REPLICAS_MS = 5_000;
const DUPLICATE_SEQUENCE = 46;
const SEQUENCES = 2 ** 31;

/** Where a group's last batch went. */
export interface Appended {
  readonly topic: string;
  readonly partition: number;
  /** Of its first record, and behind its last; null when the broker did not say. */
  readonly first: number | null;
  readonly end: number | null;
}

/** One batch on its way. */
interface Sending {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
  readonly count: number;
  end: number | null;
  done: boolean;
}

export class IdempotentProducer {
  readonly #cluster: Cluster;
  readonly #pool: ConnectionPool;
  readonly #identity: ProducerIdentity;
  readonly #transactionalId: string | null;
  readonly #sequences = new Map<string, number>();

  constructor(cluster: Cluster, pool: ConnectionPool, identity: ProducerIdentity, transactionalId: string | null) {
    this.#cluster = cluster;
    this.#pool = pool;
    this.#identity = identity;
    this.#transactionalId = transactionalId;
  }

  /** When it throws, some may have been written: the identity must not be used again. */
  async append(groups: readonly PartitionGroup[]): Promise<Appended[]> {
    const ends = new Map<string, Appended>();
    const rounds = Math.max(0, ...groups.map((group) => group.batches.length));
    for (let round = 0; round < rounds; round += 1) {
      const batches = groups.flatMap((group) => {
        const records = group.batches[round];
        return records === undefined ? [] : [this.#encode(group, records)];
      });
      await this.#cluster.retry("append", () => this.#send(batches));
      for (const { topic, partition, end, count } of batches) {
        const name = `${topic}/${partition}`;
        const first = round === 0 && end !== null ? end - count : (ends.get(name)?.first ?? null);
        ends.set(name, { topic, partition, first, end });
      }
    }
    return [...ends.values()];
  }

  #encode({ topic, partition }: PartitionGroup, records: readonly BatchRecord[]): Sending {
    const name = `${topic}/${partition}`;
    const firstSequence = this.#sequences.get(name) ?? 0;
    this.#sequences.set(name, (firstSequence + records.length) % SEQUENCES);
    const transactional = this.#transactionalId !== null;
    const bytes = encodeRecordBatch(records, { ...this.#identity, firstSequence, transactional });
    return { topic, partition, bytes, count: records.length, end: null, done: false };
  }

  /** Sends what is not done yet to its leaders; throws the first trouble, after all have answered. */
  async #send(batches: readonly Sending[]): Promise<void> {
    const byLeader = new Map<number, Sending[]>();
    for (const batch of batches.filter(({ done }) => !done)) {
      const leader = await this.#cluster.leader(batch.topic, batch.partition);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), batch]);
    }
    const troubles: Error[] = [];
    const sending = [...byLeader].map(([leader, sent]) =>
      this.#sendTo(leader, sent).catch((error: unknown) => {
        troubles.push(error instanceof Error ? error : new Error(String(error)));
      }),
    );
    await Promise.all(sending);
    // What will not pass by itself counts more than what may.
    const trouble = troubles.find((error) => !isRetriable(error)) ?? troubles[0];
    if (trouble) throw trouble;
  }

  async #sendTo(leader: number, batches: readonly Sending[]): Promise<void> {
    const wire: PartitionBatch[] = batches.map(({ topic, partition, bytes }) => ({ topic, partition, batch: bytes }));
    const answers = await this.#pool.send(leader, produce(this.#transactionalId, wire, REPLICAS_MS));
    const errors: KafkaError[] = [];
    for (const answer of answers) {
      const batch = must(
        batches.find(({ topic, partition }) => topic === answer.topic && partition === answer.partition),
        `a batch for ${answer.topic} ${answer.partition}`,
      );
      if (answer.error === 0 || answer.error === DUPLICATE_SEQUENCE) settle(batch, answer);
      else errors.push(new KafkaError(answer.error, `append to ${answer.topic} ${answer.partition}`));
    }
    const error = errors.find((one) => !isRetriable(one)) ?? errors[0];
    if (error) throw error;
    if (batches.some(({ done }) => !done)) throw new Disconnected("a broker has left a partition unanswered");
  }
}

function settle(batch: Sending, answer: ProduceAnswer): void {
  batch.done = true;
  batch.end = answer.baseOffset < 0 ? null : answer.baseOffset + batch.count;
}
