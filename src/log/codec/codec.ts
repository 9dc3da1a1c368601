// Codec
// Values of the domain ↔ record values, in Avro's single-object encoding. An older writer's bytes are resolved to the current
// schema. What a value means (lengths, ranges, finite numbers) is its processor's business.
//
// Invariants:
//   K1. decode(encode(value)) equals value.
//   K2. Bytes that cannot be read throw `Undecodable`; nothing else, and in time linear in their size.
//   K3. A value that breaks the schema throws `Unencodable`, which names the field.

import { inspect } from "node:util";
import avsc from "avsc";
import type { BudgetStatus, Grant, PacingCommand, ReleaseRecord, ShardReport } from "../../domain/campaign/control.ts";
import type { DeadLetter } from "../../domain/session/dead-letter.ts";
import type { Decision, Settlement } from "../../domain/decision/decision.ts";
import type { Erasure } from "../../domain/session/erasure.ts";
import type { Outcome, Profile, Session } from "../../domain/session/session.ts";
import type { TrainingRow } from "../../domain/decision/training-row.ts";
import { errorMessage } from "../../domain/error-message.ts";
import type { Partitioning } from "../partitioner.ts";
import { avroType } from "./avro-types.ts";
import { fingerprint, loadSchemas, type Schema } from "./schemas.ts";

export interface Codec<T> {
  /** For messages: the topic's name. */
  readonly name: string;
  /** Of the schema it writes; 16 hex digits, as on the wire. */
  readonly fingerprint: string;
  encode(value: T): Buffer;
  decode(bytes: Uint8Array): T;
}

/** What is on each topic. `state` and `treasury-state` belong to their processors, which define them by `schemaCodec`. */
export interface TopicValues {
  sessions: Session;
  outcomes: Outcome;
  profiles: Profile;
  erasures: Erasure;
  decisions: Decision;
  settlements: Settlement;
  "training-log": TrainingRow;
  "dead-letters": DeadLetter;
  "budget-pacing": PacingCommand;
  "budget-status": BudgetStatus;
  grants: Grant;
  "shard-reports": ShardReport;
  releases: ReleaseRecord;
  partitioning: Partitioning;
}

/** The bytes are no record of this topic; the message says what is wrong with them. */
export class Undecodable extends Error {
  override name = "Undecodable";
}

/** The value breaks the schema; the message names the field. */
export class Unencodable extends Error {
  override name = "Unencodable";
}

const MARKER_0 = 0xc3;
const MARKER_1 = 0x01;
const HEADER_BYTES = 10;
const CONFLUENT_MAGIC = 0x00;
const CONFLUENT_HEADER_BYTES = 5;
const SCRATCH_BYTES = 64 * 1024;

const codecs = new Map<string, Codec<unknown>>();

/** The codec of a topic; built once. */
export function codecFor<N extends keyof TopicValues>(topic: N): Codec<TopicValues[N]> {
  return schemaCodec<TopicValues[N]>(topic);
}

/** The codec of `schemas/<name>.avsc` and its history. The caller says what type of value the schema describes. */
export function schemaCodec<T>(name: string): Codec<T> {
  let codec = codecs.get(name);
  if (!codec) {
    const { current, earlier } = loadSchemas(name);
    codec = defineCodec(name, current, earlier);
    codecs.set(name, codec);
  }
  return codec as Codec<T>;
}

/** For who reads what others wrote and goes on without it: null where the bytes are no record of the topic. */
export function decodedOrNull<T>(codec: Codec<T>, bytes: Uint8Array): T | null {
  try {
    return codec.decode(bytes);
  } catch (error) {
    if (error instanceof Undecodable) return null;
    throw error;
  }
}

/** A codec of a schema that has no file, or that is given with its earlier versions. */
export function defineCodec<T>(name: string, schema: Schema, earlier: readonly Schema[] = []): Codec<T> {
  const type = avroType(schema);
  const print = fingerprint(schema);
  const header = headerOf(print);
  const low = header.readUInt32LE(2);
  const high = header.readUInt32LE(6);
  const readers = resolvers(name, type, earlier);
  let scratch: Buffer = Buffer.alloc(0);

  const decodeOlder = (bytes: Buffer): T => {
    const found = checkHeader(name, bytes);
    const resolver = readers.get(found);
    if (!resolver)
      throw new Undecodable(`${name}: unknown schema fingerprint ${found}; a newer writer, or another topic`);
    return decodeBody<T>(name, type, bytes, resolver);
  };

  return {
    name,
    fingerprint: print,
    encode(value) {
      if (scratch.length === 0) scratch = withHeader(header, SCRATCH_BYTES);
      let end = encodeBody(name, type, value, scratch);
      if (end < 0) {
        const large = withHeader(header, scratch.length - end);
        end = encodeBody(name, type, value, large);
        return large.subarray(0, end);
      }
      const out = Buffer.allocUnsafe(end);
      scratch.copy(out, 0, 0, end);
      return out;
    },
    decode(bytes) {
      const buffer = asBuffer(bytes);
      const current =
        buffer.length >= HEADER_BYTES &&
        buffer[0] === MARKER_0 &&
        buffer[1] === MARKER_1 &&
        buffer.readUInt32LE(2) === low &&
        buffer.readUInt32LE(6) === high;
      return current ? decodeBody<T>(name, type, buffer, undefined) : decodeOlder(buffer);
    },
  };
}

/** The fingerprint that the bytes carry, 16 hex digits; throws `Undecodable` when they carry none. */
function checkHeader(name: string, bytes: Buffer): string {
  if (bytes[0] === CONFLUENT_MAGIC && bytes.length >= CONFLUENT_HEADER_BYTES)
    throw new Undecodable(
      `${name}: in Confluent's wire format, schema id ${bytes.readUInt32BE(1)}: no SCHEMA_REGISTRY_URL is set, and ` +
        "the schema is in a registry",
    );
  if (bytes.length < HEADER_BYTES || bytes[0] !== MARKER_0 || bytes[1] !== MARKER_1) {
    const start = bytes.subarray(0, 4).toString("hex");
    throw new Undecodable(
      `${name}: not Avro single-object encoded: ${bytes.length} bytes, beginning ${start || "nowhere"}`,
    );
  }
  return bytes.subarray(2, HEADER_BYTES).toString("hex");
}

/** What single-object bytes begin with: C3 01, then the schema's fingerprint, its CRC-64-AVRO little-endian. */
export function headerOf(print: string): Buffer {
  return Buffer.from([MARKER_0, MARKER_1, ...Buffer.from(print, "hex")]);
}

function withHeader(header: Buffer, length: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(length);
  header.copy(buffer);
  return buffer;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

type Resolver = ReturnType<avsc.Type["createResolver"]>;

function resolvers(name: string, reader: avsc.Type, earlier: readonly Schema[]): ReadonlyMap<string, Resolver> {
  return new Map(
    earlier.map((schema) => {
      const print = fingerprint(schema);
      try {
        return [print, reader.createResolver(avroType(schema))];
      } catch (error) {
        throw new Error(`${name}: the current schema cannot read ${print}: ${errorMessage(error)}`, { cause: error });
      }
    }),
  );
}

/** Where the encoding ends, or, negative, how many bytes the buffer was short. */
function encodeBody(name: string, type: avsc.Type, value: unknown, buffer: Buffer): number {
  try {
    return type.encode(value, buffer, HEADER_BYTES);
  } catch (error) {
    throw new Unencodable(describeInvalid(name, type, value) ?? `${name}: ${errorMessage(error)}`, { cause: error });
  }
}

function decodeBody<T>(name: string, type: avsc.Type, bytes: Buffer, resolver: Resolver | undefined): T {
  let read: { readonly value: T; readonly offset: number };
  try {
    read = type.decode(bytes, HEADER_BYTES, resolver);
  } catch (error) {
    throw new Undecodable(`${name}: ${errorMessage(error)}`, { cause: error });
  }
  if (read.offset < 0) throw new Undecodable(`${name}: truncated after ${bytes.length} bytes`);
  if (read.offset !== bytes.length)
    throw new Undecodable(`${name}: ${bytes.length - read.offset} bytes more than its schema has`);
  return read.value;
}

/** The first field that breaks the schema. */
function describeInvalid(name: string, type: avsc.Type, value: unknown): string | undefined {
  let text: string | undefined;
  type.isValid(value, {
    errorHook: (path, found, expected) => {
      text ??= `${name}: ${path.length > 0 ? `${path.join(".")}: ` : ""}expected ${nameOf(expected)}, got ${show(found)}`;
    },
  });
  return text;
}

function nameOf(type: avsc.Type): string {
  if (type.typeName.startsWith("logical:minor-units")) return "a bigint of minor units";
  if (type instanceof avsc.types.UnwrappedUnionType) return type.types.map(nameOf).join(" or ");
  return type.name ?? type.typeName;
}

function show(value: unknown): string {
  const text = inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 60 });
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
