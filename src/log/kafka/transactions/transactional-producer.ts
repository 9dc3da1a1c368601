// Transactional producer
// A task's transactional producer. It is claimed once, which fences whoever had it; then it runs one transaction at a time.
//
// Invariants:
//   T0. When a claim has resolved, nothing that a former owner has begun is open in the changelog (hanging.ts).
//   T1. It is never initialised a second time: a producer that has lost its place must not take it back by itself.
//   T2. Once the end was asked for with `commit`, it is only ever asked for again, by the same producer: the coordinator does
//       it once. Unless it says that another owner is there, what it does not answer is unknown.
//   T3. After any trouble that leaves a transaction open it is `broken`, and every call throws `OutcomeUnknown`.

import { OutcomeUnknown } from "../../event-log.ts";
import { IdempotentProducer, type Appended } from "../writing/idempotent-producer.ts";
import type { PartitionGroup } from "../writing/batches.ts";
import type { ClusterTopics } from "../catalogue.ts";
import type { Cluster } from "../client/cluster.ts";
import { commitError, portError } from "../client/errors.ts";
import { findHanging, lastDecision, untilClosed, type TransactionOutcome, type HangingOf } from "./hanging.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import type { Call } from "../protocol/calls.ts";
import type { OpenTransaction } from "../protocol/state-calls.ts";
import {
  addPartitions,
  endTransaction,
  initProducerId,
  type TopicPartitions,
  type Transaction,
} from "../protocol/transaction-calls.ts";

export interface ClaimedBy extends Omit<HangingOf, "producerId"> {
  readonly transactionalId: string;
  readonly catalogue: ClusterTopics;
}

export class TransactionalProducer {
  readonly #cluster: Cluster;
  readonly #pool: ConnectionPool;
  readonly #identity: Transaction;
  readonly #changelog: TopicPartitions;
  readonly #producer: IdempotentProducer;
  #broken = false;

  private constructor(cluster: Cluster, pool: ConnectionPool, identity: Transaction, changelog: TopicPartitions) {
    this.#cluster = cluster;
    this.#pool = pool;
    this.#identity = identity;
    this.#changelog = changelog;
    this.#producer = new IdempotentProducer(cluster, pool, identity, identity.transactionalId);
  }

  /** When it resolves, all that the former owner left open has ended, and it can commit nothing more. */
  static async claim(
    cluster: Cluster,
    pool: ConnectionPool,
    { transactionalId, ...of }: ClaimedBy,
  ): Promise<TransactionalProducer> {
    const decision = await lastDecision(cluster, transactionalId);
    const identity = await cluster.retry(`claim ${transactionalId}`, async () => {
      const node = await cluster.coordinator("transaction", transactionalId);
      return await pool.send(node, initProducerId(transactionalId, cluster.settings.transactionTimeoutMs));
    });
    const changelog = { topic: of.changelog, partitions: [of.partition] };
    const transactions = new TransactionalProducer(cluster, pool, { ...identity, transactionalId }, changelog);
    const hanging = await findHanging(cluster, of.catalogue, { ...of, producerId: identity.producerId });
    if (hanging.length > 0) await transactions.#endHanging(hanging, decision);
    return transactions;
  }

  /** By a transaction of our own that has nothing in it: its markers end what is open before them. */
  async #endHanging(hanging: readonly OpenTransaction[], decision: TransactionOutcome): Promise<void> {
    const places = hanging.map(({ topic, partition, firstOffset }) => `${topic} ${partition} from ${firstOffset}`);
    this.#cluster.settings.onTrouble(
      `${this.#identity.transactionalId}: the broker has lost the end of a transaction; ${decision} it in ${places.join(", ")}`,
    );
    await this.#ask("add partitions", addPartitions(this.#identity, topicsOf(hanging)));
    await this.#ask("end what hangs", endTransaction(this.#identity, decision === "commit"));
    await untilClosed(this.#cluster, hanging);
  }

  /** `check` sees where the records have gone, before anything is decided; what it rejects with aborts. */
  async commit(
    groups: readonly PartitionGroup[],
    check: (appended: readonly Appended[]) => Promise<void>,
  ): Promise<readonly Appended[]> {
    if (this.#broken) throw new OutcomeUnknown(`${this.#identity.transactionalId}: a transaction was left open`);
    const appended = await this.#write(groups, check);
    await this.#end();
    return appended;
  }

  /** Everything but the end; when it fails, nothing of it is ever committed. */
  async #write(
    groups: readonly PartitionGroup[],
    check: (appended: readonly Appended[]) => Promise<void>,
  ): Promise<readonly Appended[]> {
    try {
      // A coordinator knows no transaction with nothing in it, and would refuse to end it.
      const topics = groups.length > 0 ? topicsOf(groups) : [this.#changelog];
      await this.#ask("add partitions", addPartitions(this.#identity, topics));
      const appended = await this.#producer.append(groups);
      await check(appended);
      return appended;
    } catch (error) {
      throw await this.#abort(portError(error));
    }
  }

  /** Sequence numbers have been used up: whether or not the abort gets through, a new claim must come. */
  async #abort(trouble: Error): Promise<Error> {
    this.#broken = true;
    try {
      await this.#send(endTransaction(this.#identity, false));
    } catch {
      // The next claim ends it, or the transaction's time-out.
    }
    return trouble;
  }

  async #end(): Promise<void> {
    try {
      await this.#ask("commit", endTransaction(this.#identity, true));
    } catch (error) {
      this.#broken = true;
      throw commitError(error);
    }
  }

  async #ask(what: string, call: Call<void>): Promise<void> {
    await this.#cluster.retry(what, () => this.#send(call));
  }

  async #send(call: Call<void>): Promise<void> {
    const node = await this.#cluster.coordinator("transaction", this.#identity.transactionalId);
    await this.#pool.send(node, call);
  }
}

function topicsOf(groups: readonly Pick<PartitionGroup, "topic" | "partition">[]): TopicPartitions[] {
  const topics = Map.groupBy(groups, ({ topic }) => topic);
  return [...topics].map(([topic, of]) => ({ topic, partitions: of.map(({ partition }) => partition) }));
}
