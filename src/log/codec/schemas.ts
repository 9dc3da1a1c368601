// Schemas
// The Avro schemas as they lie in `schemas/`, and what they are called: parsing canonical form and CRC-64-AVRO
// fingerprint (Avro specification, "Transforming into Parsing Canonical Form" and "Schema Fingerprints").
//
//   schemas/<name>.avsc                          what this version writes
//   schemas/history/<name>/<fingerprint>.avsc    what earlier versions wrote, and this one still reads
//   schemas/fingerprints.json                    pins the current ones; test/log/codec/schemas.test.ts says what a change needs
//
// A fingerprint is written everywhere as it is on the wire, so that a producer can take it from the file as it stands.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import avsc from "avsc";

export type Schema = string | SchemaObject | readonly Schema[];

export interface SchemaObject {
  readonly type: Schema;
  readonly name?: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly logicalType?: string;
  readonly fields?: readonly SchemaField[];
  readonly symbols?: readonly string[];
  readonly items?: Schema;
  readonly values?: Schema;
  readonly size?: number;
}

export interface SchemaField {
  readonly name: string;
  readonly type: Schema;
  readonly doc?: string;
  readonly default?: unknown;
}

export interface SchemaSet {
  readonly current: Schema;
  readonly earlier: readonly Schema[];
}

const FOLDER = new URL("../../../schemas/", import.meta.url);

/** The current schema of a topic (or of another thing that has a file) and the earlier ones. */
export function loadSchemas(name: string): SchemaSet {
  const history = new URL(`history/${name}/`, FOLDER);
  const files = existsSync(history) ? readdirSync(history).filter((file) => file.endsWith(".avsc")) : [];
  return {
    current: readSchema(new URL(`${name}.avsc`, FOLDER)),
    earlier: files.toSorted().map((file) => readSchema(new URL(file, history))),
  };
}

function readSchema(file: URL): Schema {
  return JSON.parse(readFileSync(file, "utf8")) as Schema;
}

/** Parsing canonical form: two schemas with the same one read and write the same bytes. Throws where it is no schema. */
export function canonicalForm(schema: Schema): string {
  return JSON.stringify(avsc.Type.forSchema(structuredClone(schema) as avsc.Schema).schema());
}

const EMPTY = 0xc15d213aa4d7a795n;
const CRC_TABLE = Array.from({ length: 256 }, (_, byte) => {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >> 1n) ^ (crc & 1n ? EMPTY : 0n);
  return crc;
});

/** CRC-64-AVRO (Rabin fingerprint) of a text, as an unsigned 64-bit integer. */
export function rabin(text: string): bigint {
  let crc = EMPTY;
  for (const byte of Buffer.from(text, "utf8")) crc = (crc >> 8n) ^ CRC_TABLE[Number((crc ^ BigInt(byte)) & 0xffn)]!;
  return crc;
}

/** The fingerprint as 16 hex digits, in the order in which its bytes are on the wire: the least significant first. */
export function fingerprint(schema: Schema): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(rabin(canonicalForm(schema)));
  return bytes.toString("hex");
}
