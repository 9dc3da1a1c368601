// Tables
// What the log keeps, as SQL: the one file that knows the layout. Its methods run inside a transaction that whoever calls
// them has begun (environment.ts).
//
//   topic   a topic's id and settings
//   head    where a partition begins and ends, and how much compaction has to do there
//   owner   who runs a kind of task
//   task    a claimed partition: its epoch and positions
//   batch   records (batch.ts), found by the offset of the first one

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { must } from "../../../domain/assert.ts";
import type { Positions, TopicSpec } from "../../event-log.ts";
import type { ProcessIdentity } from "../liveness.ts";

export const LAYOUT = `
  CREATE TABLE topic (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, spec TEXT NOT NULL) STRICT;
  CREATE TABLE head (
    topic INTEGER, partition INTEGER, start INTEGER NOT NULL, end INTEGER NOT NULL,
    clean_bytes INTEGER NOT NULL, dirty_bytes INTEGER NOT NULL, cleaned_to INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)) STRICT, WITHOUT ROWID;
  CREATE TABLE owner (kind TEXT PRIMARY KEY, owner TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE task (
    kind TEXT, partition INTEGER, epoch INTEGER NOT NULL, positions TEXT NOT NULL,
    PRIMARY KEY (kind, partition)) STRICT, WITHOUT ROWID;
  -- With a rowid, so that batches lie one behind the other in the order of their commits: an index that held them would be
  -- twice the size and half as fast.
  CREATE TABLE batch (
    topic INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (topic, partition, offset)) STRICT;
`;

export interface StoredTopic {
  readonly id: number;
  readonly spec: TopicSpec;
}

/** Offsets and sizes of a partition. */
export interface PartitionHead {
  readonly start: number;
  readonly end: number;
  /** Bytes before and after `cleanedTo`: what the last compaction left, and what came since. */
  readonly cleanBytes: number;
  readonly dirtyBytes: number;
  readonly cleanedTo: number;
}

export interface Owner extends ProcessIdentity {
  /** Of the membership. */
  readonly token: string;
  readonly sinceMs: number;
}

export interface TaskEntry {
  readonly epoch: number;
  readonly positions: Positions;
}

export interface BatchRow {
  /** Of its first record. */
  readonly offset: number;
  readonly bytes: Buffer;
}

const EMPTY_HEAD: PartitionHead = { start: 0, end: 0, cleanBytes: 0, dirtyBytes: 0, cleanedTo: 0 };
const NO_TASK: TaskEntry = { epoch: 0, positions: {} };

export class Tables {
  readonly #topics: StatementSync;
  readonly #putTopic: StatementSync;
  readonly #head: StatementSync;
  readonly #putHead: StatementSync;
  readonly #owner: StatementSync;
  readonly #putOwner: StatementSync;
  readonly #removeOwner: StatementSync;
  readonly #task: StatementSync;
  readonly #putTask: StatementSync;
  readonly #addBatch: StatementSync;
  readonly #removeBatch: StatementSync;
  readonly #batchesFrom: StatementSync;
  readonly #batchBefore: StatementSync;
  #addedBytes = 0;

  constructor(db: DatabaseSync) {
    this.#topics = db.prepare("SELECT id, spec FROM topic");
    this.#putTopic = db.prepare("INSERT OR REPLACE INTO topic (id, name, spec) VALUES (?, ?, ?)");
    this.#head = db.prepare(
      "SELECT start, end, clean_bytes AS cleanBytes, dirty_bytes AS dirtyBytes, cleaned_to AS cleanedTo " +
        "FROM head WHERE topic = ? AND partition = ?",
    );
    this.#putHead = db.prepare("INSERT OR REPLACE INTO head VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#owner = db.prepare("SELECT owner FROM owner WHERE kind = ?");
    this.#putOwner = db.prepare("INSERT OR REPLACE INTO owner VALUES (?, ?)");
    this.#removeOwner = db.prepare("DELETE FROM owner WHERE kind = ?");
    this.#task = db.prepare("SELECT epoch, positions FROM task WHERE kind = ? AND partition = ?");
    this.#putTask = db.prepare("INSERT OR REPLACE INTO task VALUES (?, ?, ?, ?)");
    this.#addBatch = db.prepare("INSERT INTO batch (topic, partition, offset, bytes) VALUES (?, ?, ?, ?)");
    this.#removeBatch = db.prepare("DELETE FROM batch WHERE topic = ? AND partition = ? AND offset = ?");
    this.#batchesFrom = db.prepare(
      "SELECT offset, bytes FROM batch WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset",
    );
    this.#batchBefore = db.prepare(
      "SELECT offset FROM batch WHERE topic = ? AND partition = ? AND offset <= ? ORDER BY offset DESC LIMIT 1",
    );
  }

  topics(): StoredTopic[] {
    return this.#topics.all().map((row) => ({ id: Number(row["id"]), spec: parseJson<TopicSpec>(row["spec"]) }));
  }

  putTopic({ id, spec }: StoredTopic): void {
    this.#putTopic.run(id, spec.name, JSON.stringify(spec));
  }

  head(topicId: number, partition: number): PartitionHead {
    return (this.#head.get(topicId, partition) as PartitionHead | undefined) ?? EMPTY_HEAD;
  }

  putHead(topicId: number, partition: number, head: PartitionHead): void {
    const { start, end, cleanBytes, dirtyBytes, cleanedTo } = head;
    this.#putHead.run(topicId, partition, start, end, cleanBytes, dirtyBytes, cleanedTo);
  }

  owner(kind: string): Owner | undefined {
    const row = this.#owner.get(kind);
    return row && parseJson<Owner>(row["owner"]);
  }

  putOwner(kind: string, owner: Owner): void {
    this.#putOwner.run(kind, JSON.stringify(owner));
  }

  removeOwner(kind: string): void {
    this.#removeOwner.run(kind);
  }

  task(kind: string, partition: number): TaskEntry {
    const row = this.#task.get(kind, partition);
    return row ? { epoch: Number(row["epoch"]), positions: parseJson<Positions>(row["positions"]) } : NO_TASK;
  }

  putTask(kind: string, partition: number, { epoch, positions }: TaskEntry): void {
    this.#putTask.run(kind, partition, epoch, JSON.stringify(positions));
  }

  addBatch(topicId: number, partition: number, offset: number, bytes: Uint8Array): void {
    this.#addedBytes += bytes.length;
    this.#addBatch.run(topicId, partition, offset, bytes);
  }

  /** Bytes of the batches that were added since it was asked last. */
  takeAddedBytes(): number {
    const bytes = this.#addedBytes;
    this.#addedBytes = 0;
    return bytes;
  }

  removeBatch(topicId: number, partition: number, offset: number): void {
    this.#removeBatch.run(topicId, partition, offset);
  }

  /** Batches that begin at `from` or later, in order, read one by one. */
  *batches(topicId: number, partition: number, from: number): Generator<BatchRow> {
    for (const row of this.#batchesFrom.iterate(topicId, partition, from)) {
      const bytes = row["bytes"] as Uint8Array;
      const { buffer, byteOffset, byteLength } = bytes;
      yield { offset: Number(row["offset"]), bytes: Buffer.from(buffer, byteOffset, byteLength) };
    }
  }

  /** Where the batch begins in which `offset` would lie: compaction may have put it into an earlier one. */
  batchOf(topicId: number, partition: number, offset: number): number {
    const row = this.#batchBefore.get(topicId, partition, offset);
    return row ? Number(row["offset"]) : offset;
  }
}

/** Settings, owners and positions are the folder's own small texts. */
function parseJson<T>(text: unknown): T {
  return JSON.parse(must(typeof text === "string" ? text : undefined, "text in a table")) as T;
}
