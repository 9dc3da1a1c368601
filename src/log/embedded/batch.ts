// Batch
// Records of one partition that were committed together (or that compaction has put together) are kept as one value:
// one write and one read for hundreds of records. The batch's first offset is in its key, so that a batch can be
// encoded before its place is known.
//
//   format (1) 0 (3)  count (4)  last delta (4)  newest time stamp (8)   then, for each record:
//   offset delta (4)  time stamp (8)  key length or −1 (4)  value length or −1 (4)  header count (2)  key  value
//   and for each header: name length (2)  value length (4)  name  value

import { assert, must } from "../../domain/assert.ts";
import type { Headers, LogRecord } from "../event-log.ts";

const FORMAT = 1;
const BATCH_HEADER = 20;
const RECORD_HEADER = 22;
const NO_HEADERS: Headers = Object.freeze({});
const NONE: readonly [string, Uint8Array][] = [];

/** A batch is cut when it has this many bytes; a larger record is a batch of its own. */
export const BATCH_BYTES = 64 * 1024;

export interface PackedRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: Headers;
  readonly timestampMs: number;
  /** From the batch's first record. */
  readonly delta: number;
}

export interface EncodedBatch {
  readonly bytes: Buffer;
  readonly count: number;
}

export function encodeBatch(records: readonly PackedRecord[]): Buffer {
  const last = must(records.at(-1), "a batch's last record");
  const out = Buffer.allocUnsafeSlow(records.reduce((sum, record) => sum + recordBytes(record), BATCH_HEADER));
  let newest = -Infinity;
  let at = BATCH_HEADER;
  for (const record of records) {
    newest = Math.max(newest, record.timestampMs);
    at = writeRecord(out, at, record);
  }
  assert(at === out.length, "a batch has the size that was computed");
  out.writeUInt32LE(FORMAT, 0);
  out.writeUInt32LE(records.length, 4);
  out.writeUInt32LE(last.delta, 8);
  out.writeDoubleLE(newest, 12);
  return out;
}

export function recordBytes(record: Omit<PackedRecord, "delta" | "timestampMs">): number {
  let bytes = RECORD_HEADER + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  if (record.headers === undefined) return bytes;
  for (const [name, value] of Object.entries(record.headers)) bytes += 6 + Buffer.byteLength(name) + value.length;
  return bytes;
}

function writeRecord(out: Buffer, start: number, record: PackedRecord): number {
  const headers = record.headers === undefined ? NONE : Object.entries(record.headers);
  out.writeUInt32LE(record.delta, start);
  out.writeDoubleLE(record.timestampMs, start + 4);
  out.writeInt32LE(record.key?.length ?? -1, start + 12);
  out.writeInt32LE(record.value?.length ?? -1, start + 16);
  out.writeUInt16LE(headers.length, start + 20);
  let at = writeBytes(out, start + RECORD_HEADER, record.key);
  at = writeBytes(out, at, record.value);
  for (const [name, value] of headers) {
    const length = Buffer.byteLength(name);
    out.writeUInt16LE(length, at);
    out.writeUInt32LE(value.length, at + 2);
    out.write(name, at + 6, "utf8");
    at = writeBytes(out, at + 6 + length, value);
  }
  return at;
}

function writeBytes(out: Buffer, at: number, bytes: Uint8Array | null): number {
  if (bytes === null) return at;
  out.set(bytes, at);
  return at + bytes.length;
}

/** Reads a batch record by record; what it returns are views of the batch's bytes. */
export class BatchCursor {
  readonly #bytes: Buffer;
  readonly #first: number;
  readonly count: number;
  readonly newestMs: number;
  /** Offset of the last record. */
  readonly last: number;
  #at = BATCH_HEADER;
  #left: number;

  constructor(bytes: Buffer, first: number) {
    assert(bytes.readUInt32LE(0) === FORMAT, `batch format ${bytes.readUInt32LE(0)} is not ${FORMAT}`);
    this.#bytes = bytes;
    this.#first = first;
    this.count = bytes.readUInt32LE(4);
    this.last = first + bytes.readUInt32LE(8);
    this.newestMs = bytes.readDoubleLE(12);
    this.#left = this.count;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  /** Passes over the records before an offset. */
  skipTo(offset: number): void {
    while (this.#left > 0 && this.#first + this.#bytes.readUInt32LE(this.#at) < offset) {
      this.#at = this.#end();
      this.#left -= 1;
    }
  }

  /** Throws `RangeError` where the bytes end within the record. */
  next(topic: string, partition: number): LogRecord {
    const bytes = this.#bytes;
    const at = this.#at;
    const end = this.#end();
    if (end > bytes.length) throw new RangeError(`a batch of ${bytes.length} bytes ends within a record`);
    const keyAt = at + RECORD_HEADER;
    const keyLength = bytes.readInt32LE(at + 12);
    const valueAt = keyAt + Math.max(keyLength, 0);
    const valueLength = bytes.readInt32LE(at + 16);
    const headerCount = bytes.readUInt16LE(at + 20);
    const record: LogRecord = {
      topic,
      partition,
      offset: this.#first + bytes.readUInt32LE(at),
      timestampMs: bytes.readDoubleLE(at + 4),
      key: keyLength < 0 ? null : bytes.subarray(keyAt, valueAt),
      value: valueLength < 0 ? null : bytes.subarray(valueAt, valueAt + valueLength),
      headers: headerCount === 0 ? NO_HEADERS : readHeaders(bytes, valueAt + Math.max(valueLength, 0), headerCount),
    };
    this.#at = end;
    this.#left -= 1;
    return record;
  }

  /** Where the record at hand ends. */
  #end(): number {
    const bytes = this.#bytes;
    const lengths = Math.max(bytes.readInt32LE(this.#at + 12), 0) + Math.max(bytes.readInt32LE(this.#at + 16), 0);
    let end = this.#at + RECORD_HEADER + lengths;
    for (let left = bytes.readUInt16LE(this.#at + 20); left > 0; left -= 1)
      end += 6 + bytes.readUInt16LE(end) + bytes.readUInt32LE(end + 2);
    return end;
  }
}

function readHeaders(bytes: Buffer, start: number, count: number): Headers {
  const headers: [string, Buffer][] = [];
  let at = start;
  for (let left = count; left > 0; left -= 1) {
    const nameEnd = at + 6 + bytes.readUInt16LE(at);
    const valueEnd = nameEnd + bytes.readUInt32LE(at + 2);
    headers.push([bytes.toString("utf8", at + 6, nameEnd), bytes.subarray(nameEnd, valueEnd)]);
    at = valueEnd;
  }
  return Object.fromEntries(headers);
}
