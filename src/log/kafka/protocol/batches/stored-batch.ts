// Stored batch
// Reads what anybody has written in Kafka's format of records (record-batch.ts has it), as views of the answer's bytes. What
// a batch's writer did to it is no error of ours: what cannot be read of it becomes one record that says why.

import { errorMessage } from "../../../../domain/error-message.ts";
import { LogError, type Headers, type LogRecord } from "../../../event-log.ts";
import { readInt64 } from "../bytes.ts";
import { decompress } from "./compression.ts";
import { ATTRIBUTES_AT, BATCH_OVERHEAD, LENGTH_AT, MAGIC, TRANSACTIONAL } from "./record-batch.ts";
import { Unreadable } from "./unreadable.ts";
import { VarintReader } from "../../../varint.ts";

const CONTROL = 0x20;
const APPEND_TIME = 0x08;
const COMPRESSION = 0x07;
const NO_HEADERS: Headers = Object.freeze({});

/** Of one batch: several times what clients put into one, and more than any topic takes of one record. */
export const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;

/** What may still be taken of a fetch's answer; small batches may unpack to much, and be of many records. */
export interface Room {
  records: number;
  bytes: number;
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
  /** Appends its records from `from` on, as many as there is room for; answers the offset to go on from. */
  decode(into: LogRecord[], topic: string, partition: number, from: number, room: Room): number;
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
  const lastOffset = firstOffset + bytes.readInt32BE(23);
  const control = (attributes & CONTROL) !== 0;
  return {
    firstOffset,
    lastOffset,
    producerId: readInt64(bytes, 43),
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control,
    aborts: control && isAbort(bytes),
    decode: (into, topic, partition, from, room) =>
      decodeRecords(bytes, { firstOffset, lastOffset, topic, partition, from }, room, into),
  };
}

/** A control batch has one record, whose key is version (2), type (2): 0 aborts, 1 commits. */
function isAbort(bytes: Buffer): boolean {
  if (bytes.readInt32BE(57) === 0) return false;
  const reader = new VarintReader(bytes, BATCH_OVERHEAD);
  reader.signed();
  reader.at += 1;
  reader.signed();
  reader.signed();
  return reader.signed() >= 4 && bytes.readInt16BE(reader.at + 2) === 0;
}

interface Place {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
}

/** Whatever the writer did to the batch, it is passed over: what cannot be read of it is one record that says why. */
function decodeRecords(bytes: Buffer, place: Place, room: Room, into: LogRecord[]): number {
  const before = into.length;
  try {
    return readRecords(bytes, place, room, into);
  } catch (error) {
    const { topic, partition, firstOffset, lastOffset, from } = place;
    const last = into.length > before ? into.at(-1) : undefined;
    // Every offset that the batch has was read: what it claims beyond is nothing.
    if (last?.offset === lastOffset) return lastOffset + 1;
    const stored = bytes.subarray(BATCH_OVERHEAD);
    const why = errorMessage(error);
    into.push({
      topic,
      partition,
      offset: last === undefined ? Math.max(from, firstOffset) : last.offset + 1,
      timestampMs: timeAt(bytes, 35),
      key: null,
      value: stored,
      headers: NO_HEADERS,
      unreadable: `the batch of offsets ${firstOffset} to ${lastOffset}, ${stored.length} bytes as stored, cannot be read: ${why}`,
    });
    return lastOffset + 1;
  }
}

function readRecords(bytes: Buffer, place: Place, room: Room, into: LogRecord[]): number {
  const { firstOffset, lastOffset, topic, partition, from } = place;
  const count = bytes.readInt32BE(57);
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  const codec = attributes & COMPRESSION;
  const body = codec === 0 ? bytes : decompress(codec, bytes.subarray(BATCH_OVERHEAD), MAX_UNPACKED_BYTES);
  if (codec !== 0) room.bytes -= body.length;
  const baseMs = timeAt(bytes, 27);
  const appendMs = (attributes & APPEND_TIME) === 0 ? null : timeAt(bytes, 35);
  const reader = new VarintReader(body, codec === 0 ? BATCH_OVERHEAD : 0);
  let next = firstOffset;
  for (let i = 0; i < count; i += 1) {
    const size = reader.signed();
    const end = reader.at + size;
    if (!(size > 0 && end <= body.length)) throw new Unreadable(`its record ${i} of ${count} ends outside of it`);
    reader.at += 1;
    const deltaMs = reader.signed();
    const offset = firstOffset + reader.signed();
    if (!(offset >= next && offset <= lastOffset)) throw new Unreadable(`its record ${i} is out of order`);
    next = offset + 1;
    if (offset >= from) {
      if (room.records <= 0) return offset;
      room.records -= 1;
      const key = readBytes(reader, end);
      const value = readBytes(reader, end);
      const headers = readHeaders(reader, end);
      into.push({ topic, partition, offset, timestampMs: appendMs ?? inRange(baseMs + deltaMs), key, value, headers });
    }
    reader.at = end;
  }
  return lastOffset + 1;
}

function readBytes(reader: VarintReader, end: number): Buffer | null {
  const length = reader.signed();
  if (length < 0) return null;
  const at = reader.at;
  if (!(at + length <= end)) throw new Unreadable("a record ends within a value");
  reader.at = at + length;
  return reader.bytes.subarray(at, at + length);
}

function readHeaders(reader: VarintReader, end: number): Headers {
  const count = reader.signed();
  if (count === 0) return NO_HEADERS;
  // A header takes two bytes at least.
  if (!(count > 0 && count * 2 <= end - reader.at)) throw new Unreadable(`a record claims ${count} headers`);
  const headers: [string, Buffer][] = [];
  for (let i = 0; i < count; i += 1) {
    const name = readBytes(reader, end)?.toString("utf8") ?? "";
    headers.push([name, readBytes(reader, end) ?? Buffer.alloc(0)]);
  }
  return Object.fromEntries(headers);
}

const LAST_MS = 8.64e15;

/** A time is the writer's word: what no calendar has is the nearest that one has. */
function timeAt(bytes: Buffer, at: number): number {
  return inRange(Number(bytes.readBigInt64BE(at)));
}

function inRange(ms: number): number {
  return ms > -1 ? Math.min(ms, LAST_MS) : -1;
}
