// Task log
// A claimed partition: its transactions, its inputs and its changelog. Whoever holds it may have lost the partition
// without knowing; then the broker refuses its next commit, or the membership tells it first, whichever comes sooner.

import {
  Fenced,
  OutcomeUnknown,
  UnknownTopic,
  type Committed,
  type LogRecord,
  type OutRecord,
  type Positions,
  type TaskKind,
  type TaskLog,
} from "../../event-log.ts";
import type { Appended } from "../writing/idempotent-producer.ts";
import { checkRecords, groupRecords } from "../writing/batches.ts";
import type { KeylessCounter } from "../../partitioner.ts";
import type { ClusterTopics } from "../catalogue.ts";
import type { Cluster } from "../client/cluster.ts";
import { InputBuffers } from "../reading/input-buffers.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import { PartitionReader } from "../reading/partition-reader.ts";
import type { Reading } from "../reading/reading.ts";
import { TransactionalProducer } from "./transactional-producer.ts";
import type { ReadYourWrites } from "../reading/read-your-writes.ts";

const RESTORE_WAIT_MS = 20;

/** What all tasks of a log share. */
export interface TaskContext {
  readonly cluster: Cluster;
  readonly catalogue: ClusterTopics;
  readonly readYourWrites: ReadYourWrites;
  readonly reading: Reading;
  readonly now: () => number;
}

export interface ClaimOf {
  readonly kind: TaskKind;
  readonly group: string;
  readonly partition: number;
  /** Told once, when the broker says that another owner is there. */
  fenced(): void;
}

export async function claimKafkaTask(context: TaskContext, of: ClaimOf): Promise<KafkaTaskLog> {
  const { cluster, catalogue } = context;
  const pools = { commit: cluster.pool(), fetch: cluster.pool() };
  try {
    const changelog = catalogue.physical(of.kind.changelog);
    const transactions = await TransactionalProducer.claim(cluster, pools.commit, {
      transactionalId: `${of.group}-${of.partition}`,
      catalogue,
      changelog,
      partition: of.partition,
    });
    const changelogEnd = await context.reading.end(changelog, of.partition);
    return new KafkaTaskLog(context, of, pools, transactions, changelogEnd);
  } catch (error) {
    for (const pool of Object.values(pools)) cluster.closePool(pool);
    throw error;
  }
}

export class KafkaTaskLog implements TaskLog {
  readonly partition: number;
  readonly #context: TaskContext;
  readonly #of: ClaimOf;
  readonly #pools: { readonly commit: ConnectionPool; readonly fetch: ConnectionPool };
  readonly #producer: TransactionalProducer;
  readonly #keyless: KeylessCounter = { next: 0 };
  #inputs: InputBuffers | null = null;
  /** Why it does nothing more. */
  #over: Error | null = null;
  #changelogEnd: number;
  /** Where the restored changelog ends; null once a commit has gone by, and without a restore. */
  #restoredTo: number | null = null;
  #reached: Positions | null = null;

  constructor(
    context: TaskContext,
    of: ClaimOf,
    pools: { readonly commit: ConnectionPool; readonly fetch: ConnectionPool },
    transactions: TransactionalProducer,
    changelogEnd: number,
  ) {
    this.partition = of.partition;
    this.#context = context;
    this.#of = of;
    this.#pools = pools;
    this.#producer = transactions;
    this.#changelogEnd = changelogEnd;
  }

  /** As this process knows them, which is sooner than the group's; null before there are any. */
  get reached(): Positions | null {
    return this.#reached === null ? null : this.#told(this.#reached);
  }

  /** For people and tools, who count offsets. */
  #told(positions: Positions): Positions {
    const told = Object.entries(positions).map(([name, at]) => [name, this.#inputs?.told(name, at) ?? at] as const);
    return Object.fromEntries(told);
  }

  async *restore(from: number): AsyncGenerator<readonly LogRecord[]> {
    this.#check();
    const { cluster, catalogue, reading } = this.#context;
    const name = this.#of.kind.changelog;
    const topic = catalogue.physical(name);
    const end = await reading.end(topic, this.partition);
    const reader = new PartitionReader(cluster, this.#pools.fetch, { topic, name, partition: this.partition, from });
    while (reader.next < end) {
      this.#check();
      const records = await this.#guarded(() => reader.read(RESTORE_WAIT_MS));
      const before = records.filter((record) => record.offset < end);
      if (before.length > 0) yield before;
    }
    this.#restoredTo = reader.next;
  }

  async seek(positions: Positions): Promise<void> {
    this.#check();
    this.#checkInputs(positions);
    const names = this.#of.kind.inputs.map((name) => ({ name, topic: this.#context.catalogue.physical(name) }));
    this.#inputs = await InputBuffers.open(this.#context, this.#pools.fetch, this.partition, names, positions);
    // What a former owner has not told the group any more.
    if (Object.keys(positions).length > 0) this.#reached = positions;
  }

  async poll(limits: { readonly maxRecords: number; readonly maxWaitMs: number }): Promise<readonly LogRecord[]> {
    this.#check();
    if (this.#inputs === null) await this.seek({});
    const inputs = this.#inputs;
    if (inputs === null) return [];
    return await this.#guarded(() => inputs.poll(limits.maxRecords, limits.maxWaitMs, () => this.#check()));
  }

  async commit(records: readonly OutRecord[], positions: Positions): Promise<Committed> {
    this.#check();
    this.#checkInputs(positions);
    const { catalogue, readYourWrites, now } = this.#context;
    await checkRecords(catalogue, records);
    const groups = groupRecords(catalogue, records, now(), this.#keyless);
    const appended = await this.#guarded(() => this.#producer.commit(groups, (to) => this.#checkRestored(to)));
    this.#reached = { ...this.#reached, ...positions };
    const changelog = catalogue.physical(this.#of.kind.changelog);
    for (const { topic, partition, end } of appended) {
      if (end === null) continue;
      readYourWrites.committed(topic, partition, end);
      if (topic === changelog && partition === this.partition) this.#changelogEnd = end;
    }
    return { changelogEnd: this.#changelogEnd };
  }

  /**
   * A leader that was frozen and has not heard yet that another leads tells an end that is too early. Only the true one
   * takes records: so where the first go in the changelog shows what is before them, and a restore has to have seen it.
   */
  async #checkRestored(appended: readonly Appended[]): Promise<void> {
    const name = this.#of.kind.changelog;
    const of = { topic: this.#context.catalogue.physical(name), name, partition: this.partition };
    const first = appended.find((to) => to.topic === of.topic && to.partition === of.partition)?.first ?? null;
    const restoredTo = this.#restoredTo;
    if (first === null || restoredTo === null) return;
    // What lies between may be the end of a transaction, which is no record.
    const reader = new PartitionReader(this.#context.cluster, this.#pools.fetch, { ...of, from: restoredTo });
    while (reader.next < first)
      if ((await reader.read(RESTORE_WAIT_MS)).length > 0)
        throw new OutcomeUnknown(`${of.topic} ${of.partition}: records from ${restoredTo} on have not been restored`);
    this.#restoredTo = null;
  }

  async release(): Promise<void> {
    this.end(new Fenced(`${this.#of.group}-${this.partition} was given back`));
  }

  /** From now on every call throws `why`; what is under way ends soon. */
  end(why: Error): void {
    if (this.#over !== null) return;
    this.#over = why;
    for (const pool of Object.values(this.#pools)) this.#context.cluster.closePool(pool);
  }

  #check(): void {
    if (this.#over !== null) throw this.#over;
    this.#context.cluster.checkOpen();
  }

  /** What fails because the task was ended meanwhile fails for that reason. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.#over !== null) throw this.#over;
      if (error instanceof Fenced) {
        this.end(error);
        this.#of.fenced();
      }
      throw error;
    }
  }

  #checkInputs(positions: Positions): void {
    const { kind } = this.#of;
    for (const topic of Object.keys(positions))
      if (!kind.inputs.includes(topic)) throw new UnknownTopic(`${topic} is not an input of ${kind.kind}`);
  }
}
