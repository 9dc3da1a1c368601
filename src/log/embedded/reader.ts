// Reader
// Reads a partition forward from an offset. Each call looks at the newest committed snapshot and keeps none open.

import type { LogRecord } from "../event-log.ts";
import { BatchCursor } from "./batch.ts";
import { readHead, type Topic } from "./catalogue.ts";
import type { Environment } from "./environment.ts";
import { batchesEnd, batchesStart, batchKey, offsetOf } from "./keys.ts";

export class Reader {
  readonly #environment: Environment;
  readonly #topic: Topic;
  readonly #partition: number;
  #position: number;
  /** A batch of which only a part was taken. */
  #open: BatchCursor | undefined;

  constructor(environment: Environment, topic: Topic, partition: number, position: number) {
    this.#environment = environment;
    this.#topic = topic;
    this.#partition = partition;
    this.#position = position;
  }

  /** Next offset to read. */
  get position(): number {
    return this.#position;
  }

  /** Up to `limit` records before `end`, appended to `into`. */
  take(limit: number, into: LogRecord[], end = Infinity): void {
    const enough = into.length + limit;
    this.#drain(enough, into, end);
    if (into.length >= enough || this.#position >= end) return;
    const { db } = this.#environment;
    const head = readHead(db, this.#topic.id, this.#partition);
    if (this.#position >= head.end) return;
    const range = { start: this.#floor(), end: batchesEnd(this.#topic.id, this.#partition) };
    for (const { key, value } of db.getRange(range)) {
      const cursor = new BatchCursor(value, offsetOf(key));
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

  /** The key of the batch in which the position lies: compaction may have put it into an earlier one. */
  #floor(): Buffer {
    const { id } = this.#topic;
    const from = batchKey(id, this.#partition, this.#position);
    const before = this.#environment.db.getKeys({
      start: from,
      end: batchesStart(id, this.#partition),
      reverse: true,
      limit: 1,
    });
    for (const key of before) return Buffer.from(key);
    return from;
  }
}
