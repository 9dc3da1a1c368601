// Hanging transactions
// A broker may lose the markers of a transaction that its coordinator has ended: Kafka from 4.1 on skips them at partitions
// that have no leader at that moment (KAFKA-20734), as when a cluster's only replica restarts. Readers then stop before its
// records, and the producer's next commit would commit them too: whoever restored without them would do them twice.
//
// Invariants:
//   H1. When a claim resolves, no transaction of its transactional id is open in the changelog: not one that the
//       coordinator knows, and not one that it has forgotten.
//   H2. What hangs is ended as the coordinator had decided; where it no longer tells, it is aborted: its positions are in
//       it, and so its inputs come again.

import type { ClusterTopics } from "../catalogue.ts";
import type { Cluster } from "../client/cluster.ts";
import { KafkaError } from "../client/errors.ts";
import { describeProducers, describeTransaction, type OpenTransaction } from "../protocol/state-calls.ts";
import type { TopicPartitions } from "../protocol/transaction-calls.ts";

const UNSUPPORTED_VERSION = 35;
const CONCURRENT_TRANSACTIONS = 51;

export type TransactionOutcome = "commit" | "abort";

/** What the coordinator has decided of the last transaction, as far as it knows: asked before a claim, which ends it. */
export async function lastDecision(cluster: Cluster, transactionalId: string): Promise<TransactionOutcome> {
  const state = await unlessOlder(null, () =>
    cluster.retry(`state of ${transactionalId}`, async () =>
      cluster.send(await cluster.coordinator("transaction", transactionalId), describeTransaction(transactionalId)),
    ),
  );
  return state === "PrepareCommit" || state === "CompleteCommit" ? "commit" : "abort";
}

export interface HangingOf {
  readonly producerId: number;
  /** By its name on the cluster. */
  readonly changelog: string;
  readonly partition: number;
}

/**
 * Where the producer has left something open; nowhere when nothing hangs in the changelog: each cycle writes there, so that
 * a transaction that hangs anywhere is seen there.
 */
export async function findHanging(
  cluster: Cluster,
  catalogue: ClusterTopics,
  of: HangingOf,
): Promise<OpenTransaction[]> {
  const first = [{ topic: of.changelog, partitions: [of.partition] }];
  if ((await openIn(cluster, first, of.producerId)).length === 0) return [];
  const all = (await catalogue.all()).map(({ spec }) => ({
    topic: catalogue.physical(spec.name),
    partitions: Array.from({ length: spec.partitions }, (_, partition) => partition),
  }));
  return await openIn(cluster, all, of.producerId);
}

/** Until their markers have been written. */
export async function untilClosed(cluster: Cluster, hanging: readonly OpenTransaction[]): Promise<void> {
  await cluster.retry("end of what hangs", async () => {
    for (const { topic, partition, producerId } of hanging) {
      const open = await openIn(cluster, [{ topic, partitions: [partition] }], producerId);
      if (open.length > 0) throw new KafkaError(CONCURRENT_TRANSACTIONS, `${topic} ${partition}`);
    }
  });
}

async function openIn(
  cluster: Cluster,
  topics: readonly TopicPartitions[],
  producerId: number,
): Promise<OpenTransaction[]> {
  return await cluster.retry("open transactions", async () => {
    const byLeader = new Map<number, TopicPartitions[]>();
    for (const { topic, partitions } of topics)
      for (const partition of partitions) {
        const leader = await cluster.leader(topic, partition);
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), { topic, partitions: [partition] }]);
      }
    const asked = [...byLeader].map(([leader, of]) =>
      unlessOlder([], () => cluster.send(leader, describeProducers(merged(of)))),
    );
    return (await Promise.all(asked)).flat().filter((open) => open.producerId === producerId);
  });
}

function merged(of: readonly TopicPartitions[]): TopicPartitions[] {
  const topics = Map.groupBy(of, ({ topic }) => topic);
  return [...topics].map(([topic, some]) => ({ topic, partitions: some.flatMap(({ partitions }) => partitions) }));
}

/** A Kafka before 3.0 cannot be asked; it waits for the leaders. */
async function unlessOlder<T>(instead: T, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof KafkaError ? error.cause : error;
    if (cause instanceof KafkaError && cause.code === UNSUPPORTED_VERSION) return instead;
    throw error;
  }
}
