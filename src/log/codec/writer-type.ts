// Writer type: the avsc type of another client's schema, to be read and resolved to ours (resolution.ts). Nothing is written in it.

import avsc from "avsc";
import { bounded } from "./avro-types.ts";
import type { Schema } from "./schemas.ts";

/**
 * With invariant A1 of avro-types.ts, with each value of a union under its branch's name, and with every long as a bigint: one
 * that we do not need may be any. Throws on what is no Avro schema.
 */
export function writerType(schema: Schema): avsc.Type {
  return avsc.Type.forSchema(structuredClone(schema) as avsc.Schema, {
    wrapUnions: true,
    omitRecordMethods: true,
    typeHook: (part: unknown, options: unknown) => {
      const type = typeof part === "object" && part !== null && "type" in part ? part.type : part;
      if (type !== "long") return bounded(part, type, options);
      return LONGS[part instanceof Object && "logicalType" in part ? String(part.logicalType) : ""] ?? LONG;
    },
  });
}

/** How many of a writer's long are one millisecond, where it is marked as a time in another unit; 1 otherwise. */
export function unitOf(writer: avsc.Type): bigint {
  return writer === LONGS["timestamp-micros"] ? 1_000n : writer === LONGS["timestamp-nanos"] ? 1_000_000n : 1n;
}

function exactLong(): avsc.Type {
  return avsc.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    // For defaults, which avsc keeps as bytes.
    toBuffer: (value: bigint) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(value);
      return bytes;
    },
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (value: unknown) => typeof value === "bigint",
    compare: () => 0,
  });
}

const LONG = exactLong();
const LONGS: Readonly<Record<string, avsc.Type>> = { "timestamp-micros": exactLong(), "timestamp-nanos": exactLong() };
