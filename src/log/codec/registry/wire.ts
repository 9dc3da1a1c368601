// Wire
// Confluent's wire format beside Avro single-object encoding: two headers before the same Avro binary.
//
//   Confluent       00, the schema's id in a registry (a 32-bit integer, big-endian), Avro binary
//   single object   C3 01, the schema's CRC-64-AVRO fingerprint (8 bytes, little-endian), Avro binary
//
// Or the id is in the record's header `__value_schema_id`, as newer serializers of Confluent's put it (01 and the schema's
// GUID of 16 bytes, or 00 and its id), and the value is Avro binary alone.

import type { Headers } from "../../event-log.ts";

const MAGIC = 0x00;
const GUID_MAGIC = 0x01;
const GUID_BYTES = 17;
export const SCHEMA_ID_HEADER = "__value_schema_id";

/** How a registry knows a schema: by its id there, or by its GUID. */
export type SchemaKey = number | string;

/** What a value begins with or its header says; `body` is the Avro binary. */
export interface Framed {
  readonly key: SchemaKey;
  readonly body: Uint8Array;
}

/** Null where the record names no schema of a registry. The header counts first, as for Confluent's own readers. */
export function framedBy(headers: Headers, value: Uint8Array): Framed | null {
  const header = headers[SCHEMA_ID_HEADER];
  if (header !== undefined) {
    const key = header[0] === GUID_MAGIC && header.length === GUID_BYTES ? guidOf(header) : schemaIdOf(header);
    if (key !== null) return { key, body: value };
  }
  const id = schemaIdOf(value);
  return id === null ? null : { key: id, body: value.subarray(ID_BYTES) };
}

/** What to do about bytes that cannot be read without a registry, where the record's header names a schema of one; else empty. */
export function registryHint(headers: Headers): string {
  return headers[SCHEMA_ID_HEADER] === undefined
    ? ""
    : ` (its schema is named in the header ${SCHEMA_ID_HEADER}: set SCHEMA_REGISTRY_URL)`;
}

function guidOf(header: Uint8Array): string {
  const hex = Buffer.from(header.subarray(1)).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const ID_BYTES = 5;

/** The schema id that the bytes begin with; null where they are not in Confluent's wire format. No registry has a negative id. */
export function schemaIdOf(bytes: Uint8Array): number | null {
  if (bytes.length < ID_BYTES || bytes[0] !== MAGIC) return null;
  const id = (bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!;
  return id < 0 ? null : id;
}

export function isSingleObject(bytes: Uint8Array): boolean {
  return bytes[0] === 0xc3 && bytes[1] === 0x01;
}

/** Whether the bytes begin with this single-object header. */
export function beginsWith(bytes: Uint8Array, header: Uint8Array): boolean {
  if (bytes.length < header.length) return false;
  for (let i = 0; i < header.length; i += 1) if (bytes[i] !== header[i]) return false;
  return true;
}

/** Single-object bytes, with their header of that length, under a registry's id. */
export function toConfluent(id: number, bytes: Uint8Array, headerBytes: number): Buffer {
  const out = Buffer.allocUnsafe(ID_BYTES + bytes.length - headerBytes);
  out[0] = MAGIC;
  out.writeInt32BE(id, 1);
  out.set(bytes.subarray(headerBytes), ID_BYTES);
  return out;
}

/** Avro binary under a single-object header. */
export function singleObject(header: Uint8Array, body: Uint8Array): Buffer {
  return Buffer.concat([header, body]);
}
