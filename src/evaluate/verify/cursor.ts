// Cursor: one partition's rows, one at a time, decoded, with their bytes. Memory is one batch.

import { Undecodable, type Codec } from "../../log/codec/codec.ts";
import type { EventLog, LogRecord } from "../../log/event-log.ts";
import type { Findings, Place } from "./findings.ts";

export interface PlacedRow<T> extends Place {
  readonly bytes: Uint8Array;
  /** Null when its bytes are no record; that has been said. */
  readonly value: T | null;
}

export interface OffsetRange {
  readonly from: number;
  /** Exclusive; null: to the end as it is when the first row is read. */
  readonly to: number | null;
}

export class Cursor<T> {
  readonly #batches: AsyncIterator<readonly LogRecord[]>;
  readonly #codec: Codec<T>;
  readonly #findings: Findings;
  readonly #to: number;
  #batch: readonly LogRecord[] = [];
  #at = 0;
  #peeked: PlacedRow<T> | null | undefined;

  constructor(log: EventLog, place: Omit<Place, "offset">, range: OffsetRange, codec: Codec<T>, findings: Findings) {
    this.#batches = log.read(place.topic, place.partition, range.from)[Symbol.asyncIterator]();
    this.#codec = codec;
    this.#findings = findings;
    this.#to = range.to ?? Infinity;
  }

  /** The next row without taking it; null at the end. */
  async peek(): Promise<PlacedRow<T> | null> {
    if (this.#peeked === undefined) this.#peeked = await this.#next();
    return this.#peeked;
  }

  async take(): Promise<PlacedRow<T> | null> {
    const row = await this.peek();
    if (row !== null) this.#peeked = undefined;
    return row;
  }

  async #next(): Promise<PlacedRow<T> | null> {
    for (;;) {
      const record = this.#batch[this.#at];
      if (record !== undefined) {
        this.#at += 1;
        if (record.offset >= this.#to) return null;
        if (record.value !== null) return this.#row(record, record.value);
        continue;
      }
      const next = await this.#batches.next();
      if (next.done === true) return null;
      this.#batch = next.value;
      this.#at = 0;
    }
  }

  #row(record: LogRecord, bytes: Uint8Array): PlacedRow<T> {
    const { topic, partition, offset } = record;
    const place = { topic, partition, offset };
    try {
      return { ...place, bytes, value: this.#codec.decode(bytes) };
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      this.#findings.violation("undecodable", place, error.message);
      return { ...place, bytes, value: null };
    }
  }
}

/** Takes all rows up to that cycle. */
export async function skipTo(cursor: Cursor<{ readonly cycle: number }>, cycle: number): Promise<void> {
  for (;;) {
    const row = await cursor.peek();
    if (row === null || (row.value !== null && row.value.cycle > cycle)) return;
    await cursor.take();
  }
}
