// Record batch
// Kafka's format of stored records (magic 2): written in one pass into one buffer, read as views of the answer's bytes.
//
//   first offset (8)  length (4)  leader epoch (4)  magic (1)  CRC-32C (4)  attributes (2)  last delta (4)
//   first time (8)  newest time (8)  producer id (8)  epoch (2)  first sequence (4)  count (4)   then the records

import { assert } from "../../../domain/assert.ts";
import { LogError, type Headers, type LogRecord, type OutRecord } from "../../event-log.ts";
import { readInt64, writeInt64 } from "./bytes.ts";
import { decompress } from "./compression.ts";
import { crc32c } from "./crc32c.ts";
import { VarintReader, varintSize, writeVarint } from "./varint.ts";

/** Bytes of a batch before its first record. */
export const BATCH_OVERHEAD = 61;
const LENGTH_AT = 8;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const MAGIC = 2;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const APPEND_TIME = 0x08;
const COMPRESSION = 0x07;
const NO_HEADERS: Headers = Object.freeze({});
const NONE: readonly [string, Uint8Array][] = [];

export interface BatchOwner {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly transactional: boolean;
}

/** A batch's record, with its time stamp settled. */
export type BatchRecord = Pick<OutRecord, "key" | "value" | "headers"> & { readonly timestampMs: number };

/** An upper bound of what the record takes in a batch. */
export function recordBytesMost(record: Pick<OutRecord, "key" | "value" | "headers">): number {
  let bytes = 40 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  if (record.headers === undefined) return bytes;
  for (const [name, value] of Object.entries(record.headers)) bytes += 10 + Buffer.byteLength(name) + value.length;
  return bytes;
}

export function encodeBatch(records: readonly BatchRecord[], owner: BatchOwner): Buffer {
  const [first] = records;
  assert(first !== undefined, "a batch has records");
  const baseMs = first.timestampMs;
  const most = records.reduce((sum, record) => sum + recordBytesMost(record), BATCH_OVERHEAD);
  const out = Buffer.allocUnsafe(most);
  let newestMs = baseMs;
  let at = BATCH_OVERHEAD;
  for (const [index, record] of records.entries()) {
    newestMs = Math.max(newestMs, record.timestampMs);
    at = writeRecord(out, at, record, record.timestampMs - baseMs, index);
  }
  writeInt64(out, 0, 0);
  out.writeInt32BE(at - LENGTH_AT - 4, LENGTH_AT);
  out.writeInt32BE(-1, 12);
  out.writeInt8(MAGIC, 16);
  out.writeInt16BE(owner.transactional ? TRANSACTIONAL : 0, ATTRIBUTES_AT);
  out.writeInt32BE(records.length - 1, 23);
  writeInt64(out, baseMs, 27);
  writeInt64(out, newestMs, 35);
  writeInt64(out, owner.producerId, 43);
  out.writeInt16BE(owner.producerEpoch, 51);
  out.writeInt32BE(owner.firstSequence, 53);
  out.writeInt32BE(records.length, 57);
  out.writeUInt32BE(crc32c(out, ATTRIBUTES_AT, at), CRC_AT);
  return out.subarray(0, at);
}

function writeRecord(out: Buffer, start: number, record: BatchRecord, deltaMs: number, index: number): number {
  const { key, value } = record;
  const headers = record.headers === undefined ? NONE : Object.entries(record.headers);
  let size = 1 + varintSize(deltaMs) + varintSize(index) + varintSize(headers.length);
  size += varintSize(key?.length ?? -1) + (key?.length ?? 0) + varintSize(value?.length ?? -1) + (value?.length ?? 0);
  for (const [name, bytes] of headers) {
    const length = Buffer.byteLength(name);
    size += varintSize(length) + length + varintSize(bytes.length) + bytes.length;
  }
  let at = writeVarint(out, size, start);
  out[at] = 0;
  at = writeVarint(out, deltaMs, at + 1);
  at = writeVarint(out, index, at);
  at = writeBytes(out, key, at);
  at = writeBytes(out, value, at);
  at = writeVarint(out, headers.length, at);
  for (const [name, bytes] of headers) {
    at = writeVarint(out, Buffer.byteLength(name), at);
    at += out.write(name, at, "utf8");
    at = writeBytes(out, bytes, at);
  }
  return at;
}

function writeBytes(out: Buffer, bytes: Uint8Array | null, start: number): number {
  const at = writeVarint(out, bytes?.length ?? -1, start);
  if (bytes === null) return at;
  out.set(bytes, at);
  return at + bytes.length;
}

/** A stored batch as far as its header says. */
export interface StoredBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly producerId: number;
  readonly transactional: boolean;
  readonly control: boolean;
  /** Of a control batch. */
  readonly aborts: boolean;
  /** Appends its records from `from` on. */
  decode(into: LogRecord[], topic: string, partition: number, from: number): void;
}

/** The whole batches of a fetch's answer; the last may be cut off and is left out. */
export function* storedBatches(bytes: Buffer): Generator<StoredBatch> {
  let at = 0;
  while (bytes.length - at >= BATCH_OVERHEAD) {
    const end = at + LENGTH_AT + 4 + bytes.readInt32BE(at + LENGTH_AT);
    if (end > bytes.length) return;
    yield storedBatch(bytes.subarray(at, end));
    at = end;
  }
}

function storedBatch(bytes: Buffer): StoredBatch {
  const magic = bytes.readInt8(16);
  if (magic !== MAGIC) throw new LogError(`the broker keeps records in format ${magic}; only ${MAGIC} can be read`);
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  const firstOffset = readInt64(bytes, 0);
  const control = (attributes & CONTROL) !== 0;
  return {
    firstOffset,
    lastOffset: firstOffset + bytes.readInt32BE(23),
    producerId: readInt64(bytes, 43),
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control,
    aborts: control && isAbort(bytes),
    decode: (into, topic, partition, from) =>
      decodeRecords(bytes, attributes, { firstOffset, topic, partition, from }, into),
  };
}

/** A control batch has one record, whose key is version (2), type (2): 0 aborts, 1 commits. */
function isAbort(bytes: Buffer): boolean {
  if (bytes.readInt32BE(57) === 0) return false;
  const reader = new VarintReader(bytes, BATCH_OVERHEAD);
  reader.next();
  reader.at += 1;
  reader.next();
  reader.next();
  return reader.next() >= 4 && bytes.readInt16BE(reader.at + 2) === 0;
}

interface Place {
  readonly firstOffset: number;
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
}

function decodeRecords(bytes: Buffer, attributes: number, place: Place, into: LogRecord[]): void {
  const count = bytes.readInt32BE(57);
  const codec = attributes & COMPRESSION;
  const body = codec === 0 ? bytes : decompress(codec, bytes.subarray(BATCH_OVERHEAD));
  const baseMs = readInt64(bytes, 27);
  const appendMs = (attributes & APPEND_TIME) === 0 ? null : readInt64(bytes, 35);
  const reader = new VarintReader(body, codec === 0 ? BATCH_OVERHEAD : 0);
  for (let i = 0; i < count; i += 1) {
    const size = reader.next();
    const end = reader.at + size;
    reader.at += 1;
    const deltaMs = reader.next();
    const offset = place.firstOffset + reader.next();
    if (offset >= place.from) {
      const key = readBytes(reader);
      const value = readBytes(reader);
      into.push({
        topic: place.topic,
        partition: place.partition,
        offset,
        timestampMs: appendMs ?? baseMs + deltaMs,
        key,
        value,
        headers: readHeaders(reader),
      });
    }
    reader.at = end;
  }
}

function readBytes(reader: VarintReader): Buffer | null {
  const length = reader.next();
  if (length < 0) return null;
  const at = reader.at;
  if (at + length > reader.bytes.length) throw new RangeError("a record ends within a value");
  reader.at = at + length;
  return reader.bytes.subarray(at, at + length);
}

function readHeaders(reader: VarintReader): Headers {
  const count = reader.next();
  if (count === 0) return NO_HEADERS;
  const headers: [string, Buffer][] = [];
  for (let i = 0; i < count; i += 1) {
    const name = readBytes(reader)?.toString("utf8") ?? "";
    headers.push([name, readBytes(reader) ?? Buffer.alloc(0)]);
  }
  return Object.fromEntries(headers);
}
