// Reader
// Reads a partition forward from an offset, inside a read of the environment; between two calls it holds no state of the
// folder's.

import { AssertionFailed } from "../../domain/assert.ts";
import { LogError, type LogRecord } from "../event-log.ts";
import { BatchCursor } from "./batch.ts";
import { DAMAGED } from "./sqlite/sqlite-errors.ts";
import type { Tables, StoredTopic } from "./sqlite/tables.ts";

export class BatchReader {
  readonly #tables: Tables;
  readonly #topic: StoredTopic;
  readonly #partition: number;
  #position: number;
  /** A batch of which only a part was taken. */
  #open: BatchCursor | undefined;

  constructor(tables: Tables, topic: StoredTopic, partition: number, position: number) {
    this.#tables = tables;
    this.#topic = topic;
    this.#partition = partition;
    this.#position = position;
  }

  /** Next offset to read. */
  get position(): number {
    return this.#position;
  }

  /** Inside a read: up to `limit` records before `end`, appended to `into`. */
  take(limit: number, into: LogRecord[], end = Infinity): void {
    try {
      this.#take(limit, into, end);
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof AssertionFailed)) throw error;
      const place = `${this.#topic.spec.name}-${this.#partition} at offset ${this.#position}`;
      throw new LogError(`${place}: these bytes are no batch of records: the file is damaged. ${DAMAGED}`, {
        cause: error,
      });
    }
  }

  #take(limit: number, into: LogRecord[], end: number): void {
    const enough = into.length + limit;
    this.#drain(enough, into, end);
    if (into.length >= enough || this.#position >= end) return;
    const { id } = this.#topic;
    if (this.#position >= this.#tables.head(id, this.#partition).end) return;
    const from = this.#tables.batchOf(id, this.#partition, this.#position);
    for (const { offset, bytes } of this.#tables.batches(id, this.#partition, from)) {
      const cursor = new BatchCursor(bytes, offset);
      if (cursor.last < this.#position) continue;
      cursor.skipTo(this.#position);
      this.#open = cursor;
      this.#drain(enough, into, end);
      if (into.length >= enough || this.#position >= end) return;
    }
  }

  #drain(enough: number, into: LogRecord[], end: number): void {
    const cursor = this.#open;
    if (!cursor) return;
    while (!cursor.done && into.length < enough && this.#position < end) {
      const record = cursor.next(this.#topic.spec.name, this.#partition);
      if (record.offset >= end) {
        this.#open = undefined;
        return;
      }
      into.push(record);
      this.#position = record.offset + 1;
    }
    if (cursor.done) this.#open = undefined;
  }
}
