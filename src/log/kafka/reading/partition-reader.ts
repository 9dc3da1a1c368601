// Partition reader
// What is committed of one partition, from an offset on, fetch by fetch; for readers outside of tasks, and for restores.

import { LogError, type LogRecord } from "../../event-log.ts";
import type { Cluster } from "../client/cluster.ts";
import { Disconnected, KafkaError } from "../client/errors.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import { EARLIEST, type LATEST, listOffsets } from "../protocol/calls.ts";
import { fetch, type Fetched, type FetchLimits, type FetchPartition } from "../protocol/fetch-call.ts";

const OFFSET_OUT_OF_RANGE = 1;
const LIMITS: Omit<FetchLimits, "waitMs"> = { maxBytes: 8 * 1024 * 1024, maxPartitionBytes: 4 * 1024 * 1024 };

export class PartitionReader {
  readonly #cluster: Cluster;
  readonly #pool: ConnectionPool;
  readonly #of: Omit<FetchPartition, "from">;
  #next: number;

  constructor(cluster: Cluster, pool: ConnectionPool, { from, ...of }: FetchPartition) {
    this.#cluster = cluster;
    this.#pool = pool;
    this.#of = of;
    this.#next = from;
  }

  /** The offset that comes next. */
  get next(): number {
    return this.#next;
  }

  /** What there is, waiting up to `waitMs` for something. */
  async read(waitMs: number): Promise<readonly LogRecord[]> {
    const { topic, partition } = this.#of;
    const what = `${topic} ${partition}`;
    return await this.#cluster.retry(`read ${what}`, async () => {
      const wanted = { ...this.#of, from: this.#next };
      const leader = await this.#cluster.leader(topic, partition);
      const [fetched] = await this.#pool.send(leader, fetch([wanted], { ...LIMITS, waitMs }));
      if (!fetched) throw new Disconnected(`${what} was left unanswered`);
      if (fetched.error === OFFSET_OUT_OF_RANGE) {
        this.#next = await startBehind(this.#cluster, wanted);
        return [];
      }
      this.#next = nextOf(fetched);
      return fetched.records;
    });
  }
}

/** Where to go on after a fetch; throws what the partition's answer was instead. */
export function nextOf(fetched: Fetched): number {
  if (fetched.error !== 0) throw new KafkaError(fetched.error, `fetch ${fetched.topic} ${fetched.partition}`);
  return fetched.next;
}

/**
 * What was not read has gone by retention: the partition begins later now. A position beyond the end belongs to another
 * topic of the same name, and nothing may be done from it.
 */
export async function startBehind(cluster: Cluster, wanted: FetchPartition): Promise<number> {
  const { topic, partition, from } = wanted;
  const start = await endOf(cluster, topic, partition, EARLIEST);
  if (start > from) {
    cluster.settings.onTrouble(
      `${topic} ${partition}: records from ${from} to ${start} are gone; reading on from there`,
    );
    return start;
  }
  throw new LogError(
    `${topic} ${partition}: position ${from} is beyond the end; was the topic deleted and made anew? ` +
      `Then its application's state topics must be, too`,
  );
}

/** Starts or committed ends of all partitions of a topic: one question to each broker that leads some. */
export async function endsOf(
  cluster: Cluster,
  topic: string,
  partitions: number,
  which: typeof EARLIEST | typeof LATEST,
): Promise<readonly number[]> {
  return await cluster.retry(`offsets of ${topic}`, async () => {
    const byLeader = new Map<number, number[]>();
    for (let partition = 0; partition < partitions; partition += 1) {
      const leader = await cluster.leader(topic, partition);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
    }
    const ends = Array.from({ length: partitions }, () => -1);
    const asked = [...byLeader].map(([leader, led]) => cluster.send(leader, listOffsets(topic, led, which)));
    for (const { partition, error, offset } of (await Promise.all(asked)).flat()) {
      if (error !== 0) throw new KafkaError(error, `offsets of ${topic} ${partition}`);
      ends[partition] = offset;
    }
    const lacking = ends.indexOf(-1);
    if (lacking >= 0) throw new Disconnected(`the offsets of ${topic} ${lacking} were left unanswered`);
    return ends;
  });
}

/** Start or committed end of a partition. */
export async function endOf(
  cluster: Cluster,
  topic: string,
  partition: number,
  which: typeof EARLIEST | typeof LATEST,
): Promise<number> {
  return await cluster.retry(`offsets of ${topic} ${partition}`, async () => {
    const leader = await cluster.leader(topic, partition);
    const [answer] = await cluster.send(leader, listOffsets(topic, [partition], which));
    if (!answer) throw new Disconnected(`the offsets of ${topic} ${partition} were left unanswered`);
    if (answer.error !== 0) throw new KafkaError(answer.error, `offsets of ${topic} ${partition}`);
    return answer.offset;
  });
}
