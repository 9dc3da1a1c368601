// Record batch
// Kafka's format of stored records (magic 2), written in one pass into one buffer; stored-batch.ts reads it.
//
//   first offset (8)  length (4)  leader epoch (4)  magic (1)  CRC-32C (4)  attributes (2)  last delta (4)
//   first time (8)  newest time (8)  producer id (8)  epoch (2)  first sequence (4)  count (4)   then the records

import { assert } from "../../../../domain/assert.ts";
import type { OutRecord } from "../../../event-log.ts";
import { writeInt64 } from "../bytes.ts";
import { crc32c } from "./crc32c.ts";
import { signedVarintSize, writeSignedVarint } from "../../../varint.ts";

/** Bytes of a batch before its first record. */
export const BATCH_OVERHEAD = 61;
export const LENGTH_AT = 8;
const CRC_AT = 17;
export const ATTRIBUTES_AT = 21;
export const MAGIC = 2;
export const TRANSACTIONAL = 0x10;
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

export function encodeRecordBatch(records: readonly BatchRecord[], owner: BatchOwner): Buffer {
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
  let size = 1 + signedVarintSize(deltaMs) + signedVarintSize(index) + signedVarintSize(headers.length);
  size +=
    signedVarintSize(key?.length ?? -1) +
    (key?.length ?? 0) +
    signedVarintSize(value?.length ?? -1) +
    (value?.length ?? 0);
  for (const [name, bytes] of headers) {
    const length = Buffer.byteLength(name);
    size += signedVarintSize(length) + length + signedVarintSize(bytes.length) + bytes.length;
  }
  let at = writeSignedVarint(out, size, start);
  out[at] = 0;
  at = writeSignedVarint(out, deltaMs, at + 1);
  at = writeSignedVarint(out, index, at);
  at = writeBytes(out, key, at);
  at = writeBytes(out, value, at);
  at = writeSignedVarint(out, headers.length, at);
  for (const [name, bytes] of headers) {
    at = writeSignedVarint(out, Buffer.byteLength(name), at);
    at += out.write(name, at, "utf8");
    at = writeBytes(out, bytes, at);
  }
  return at;
}

function writeBytes(out: Buffer, bytes: Uint8Array | null, start: number): number {
  const at = writeSignedVarint(out, bytes?.length ?? -1, start);
  if (bytes === null) return at;
  out.set(bytes, at);
  return at + bytes.length;
}
