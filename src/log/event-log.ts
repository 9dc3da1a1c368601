// EventLog
// The port through which every room reaches its topics, so that none depends on a broker. It speaks of records, positions
// and tasks; an adapter (embedded, simulated, kafka) keeps the bytes. test/log/conformance.ts tests every adapter against it.
//
// Invariants:
//   E1. A partition is an ordered, append-only sequence; offsets rise, gaps are allowed (Kafka has them).
//   E2. A transaction's records and positions become readable together or not at all; readers see only committed ones,
//       in offset order.
//   E3. A task has one owner. `claim` fences the former owner: after it returns, nothing the former owner still tries
//       can become readable, and its commit fails with `Fenced`.
//   E4. Committed is durable: it survives SIGKILL of every process.
//   E5. On compacted topics the last record of each key is kept; a tombstone for a day at least, then the key is gone.
//       Others may vanish.

import type { Partitioner } from "./partitioner.ts";

export type Cleanup = "delete" | "compact";

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly cleanup: Cleanup;
  /** For `delete`: how long records are kept at least; null keeps them for ever. */
  readonly retentionMs: number | null;
  /** Largest encoded value; a larger one, or a key or headers beyond bounds.ts, is refused at `send` and `commit` with `RecordTooLarge`. */
  readonly maxRecordBytes: number;
  /** Only tasks write it: where the log has a clock of its own, it refuses records of a writer whose clock is far ahead. */
  readonly clockBound?: true;
}

export type Headers = Readonly<Record<string, Uint8Array>>;

export interface OutRecord {
  readonly topic: string;
  /** Left out: where the log's partitioner puts the key. */
  readonly partition?: number;
  readonly key: Uint8Array | null;
  /** Null is a tombstone on a compacted topic. */
  readonly value: Uint8Array | null;
  readonly headers?: Headers;
  /** Left out: the log's clock at append. */
  readonly timestampMs?: number;
}

export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Headers;
  /**
   * Why its content could not be read, where another's client wrote it in a way that nobody should unpack; then `value` is
   * what is stored, at most the batch that it came in.
   */
  readonly unreadable?: string;
  /** A newer version of this program wrote it and says that this one would misread it (formats.ts): tasks hold at it. */
  readonly newer?: NewerFormat;
}

/** Offsets of a partition that can be read: start ≤ offset < end. */
export interface PartitionRange {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

/** A partition, and the next offset to read of it. */
export interface ReadPlace {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
}

/** Next offset to read of each input topic of a task's partition. */
export type Positions = Readonly<Record<string, number>>;

export interface TaskPositions {
  readonly partition: number;
  readonly positions: Positions;
}

/** A kind of task: one task a partition; all `inputs` and the changelog have the same partition count. */
export interface TaskKind {
  readonly application: string;
  readonly kind: string;
  readonly inputs: readonly string[];
  readonly changelog: string;
}

/** Who has a partition's task now, for people. */
export interface PartitionOwner {
  readonly partition: number;
  readonly owner: string;
}

/** Of what a log is made, and how that is, for people. */
export type LogState =
  | {
      readonly kind: "brokers";
      /** Those that are there, with how many partitions of the log's topics each leads. */
      readonly brokers: readonly { readonly id: number; readonly address: string; readonly leads: number }[];
      /** Partitions of the log's topics that nobody leads: they can be neither read nor written. */
      readonly leaderless: number;
    }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly bytes: number;
      /** Of what is written and not in the file yet. */
      readonly walBytes: number;
    }
  | { readonly kind: "memory" };

export interface EventLog {
  /** How keys are placed, of its own records and of everybody's (placement.ts). */
  readonly partitioner: Partitioner;
  /** Creates what is missing; throws `TopicMismatch` when one exists with another partition count. */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>;
  topics(): Promise<readonly TopicSpec[]>;
  ranges(topic: string): Promise<readonly PartitionRange[]>;
  /** Appends outside of any task (producers, tools): atomically per call on embedded, idempotently on Kafka. */
  send(records: readonly OutRecord[]): Promise<void>;
  /**
   * Committed records from `from` (inclusive) in offset order, in batches. Ends at the end as it was when called, or,
   * with `follow`, goes on until `signal` aborts.
   */
  read(
    topic: string,
    partition: number,
    from: number,
    options?: { readonly follow?: boolean; readonly signal?: AbortSignal; readonly maxRecords?: number },
  ): AsyncIterable<readonly LogRecord[]>;
  /**
   * Committed records of several partitions as they come, those of each in offset order, a batch from any of them; nothing is
   * fetched before the batch before it has been taken. Goes on until `signal` aborts; throws when a partition cannot be read.
   */
  follow(places: readonly ReadPlace[], signal: AbortSignal): AsyncIterable<readonly LogRecord[]>;
  /**
   * Takes part in the work of a kind: the log assigns partitions and may take them away again. The embedded log
   * assigns all partitions to the one process that runs the kind, and throws `AlreadyRunning` for a second.
   */
  join(kind: TaskKind, member: Member): Promise<Membership>;
  /** Where the tasks of a kind have committed to, for people and tools; may lag. A task never starts from it (law C1). */
  committed(kind: TaskKind): Promise<readonly TaskPositions[]>;
  /** Who has the partitions of a kind, as the log has it: a process that has died is an owner until the log knows. */
  owners(kind: TaskKind): Promise<readonly PartitionOwner[]>;
  state(): Promise<LogState>;
  close(): Promise<void>;
}

/** Called by the log, one call at a time. */
export interface Member {
  /** The partition is this member's now; nothing of it has been read. */
  assigned(partition: number, claim: () => Promise<TaskLog>): void;
  /** The partition is being taken away: finish or abort the cycle in flight before this resolves. */
  revoked(partition: number): Promise<void>;
  /** The membership has ended for good, for a reason that no patience helps: whoever has no partition would never know. */
  failed?(error: unknown): void;
}

export interface Membership {
  readonly partitions: readonly number[];
  /** Gives all partitions back (each is `revoked` first) and leaves. */
  leave(): Promise<void>;
}

/**
 * A claimed task's log. Calls come one after another (law C4). Order at a start (law C2): claim → restore → seek → poll.
 * Every method throws `Fenced` once another owner has claimed the partition.
 */
export interface TaskLog {
  readonly partition: number;
  /** The committed changelog of this partition from `from` to its end. */
  restore(from: number): AsyncIterable<readonly LogRecord[]>;
  /**
   * Sets where each input is read from; an input that is not named starts at its beginning, and one whose position has
   * gone by retention at what is left. A position beyond the end is of another log: Kafka's `poll` refuses it.
   */
  seek(positions: Positions): Promise<void>;
  /**
   * Up to `maxRecords` records of all inputs, at once when there are any, otherwise after at most `maxWaitMs` (then
   * possibly none), input after input in the order of TaskKind.inputs, each in offset order. Does not wait for a fuller batch.
   */
  poll(limits: { readonly maxRecords: number; readonly maxWaitMs: number }): Promise<readonly LogRecord[]>;
  /**
   * One transaction: the records and the positions, together. When it resolves it is committed. Throws `Fenced`,
   * or `OutcomeUnknown` when nobody can say whether it committed: then the task must be closed dirty and restored.
   */
  commit(records: readonly OutRecord[], positions: Positions): Promise<Committed>;
  /** Gives ownership back, so that another process may claim without waiting. */
  release(): Promise<void>;
}

export interface Committed {
  /** The changelog's position after this commit: restore from here gives only what came later. */
  readonly changelogEnd: number;
}

export class LogError extends Error {
  override name = "LogError";
}
/** Another owner has claimed the task: stop it, do not retry. */
export class Fenced extends LogError {
  override name = "Fenced";
}
/** The commit may or may not have happened: what is not known is not retriable. */
export class OutcomeUnknown extends LogError {
  override name = "OutcomeUnknown";
}
export class AlreadyRunning extends LogError {
  override name = "AlreadyRunning";
}
export class TopicMismatch extends LogError {
  override name = "TopicMismatch";
}
export class UnknownTopic extends LogError {
  override name = "UnknownTopic";
}
export class RecordTooLarge extends LogError {
  override name = "RecordTooLarge";
}
/** A record of ours that only a newer version understands: nothing of it may be guessed, and nothing is lost by waiting. */
export class NewerFormat extends LogError {
  override name = "NewerFormat";
  readonly needs: number;

  constructor(message: string, needs = 0) {
    super(message);
    this.needs = needs;
  }
}
/** The log cannot be reached or cannot write now (disk full, broker away): nothing happened; try again later. */
export class LogUnavailable extends LogError {
  override name = "LogUnavailable";
}
