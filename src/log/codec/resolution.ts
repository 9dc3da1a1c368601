// Resolution
// Reads what another client wrote in a schema of its own as a value of ours: Avro's schema resolution (specification 1.12,
// "Schema Resolution"), done value by value. avsc's own resolvers compare whole schemas: one symbol or branch that only the
// writer's schema has would refuse every record, also those that do not use it.
//
// Invariant: only a value that is there can fail, and the message names its field.

import type avsc from "avsc";
import { must } from "../../domain/assert.ts";
import { kindOf } from "./avro-types.ts";
import type { Schema } from "./schemas.ts";
import { unitOf, writerType } from "./writer-type.ts";

/** The message names the field and what cannot be read there as what. */
export class Unresolvable extends Error {
  override name = "Unresolvable";
}

/** Reads Avro binary of the writer's schema, from an offset on, as a value of the reader's; throws on any that is none. */
export function foreignReader(schema: Schema, reader: avsc.Type): (bytes: Buffer, from: number) => unknown {
  const writer = writerType(schema);
  return (bytes, from) => {
    const { value, offset } = writer.decode(bytes, from) as { readonly value: unknown; readonly offset: number };
    if (offset < 0) throw new Unresolvable(`it ends early, after ${bytes.length - from} bytes`);
    if (offset !== bytes.length) throw new Unresolvable(`${bytes.length - offset} bytes more than its schema has`);
    return resolved(writer, reader, value, "");
  };
}

type RecordType = avsc.types.RecordType;

/** `path` names the field in messages. */
function resolved(writer: avsc.Type, reader: avsc.Type, value: unknown, path: string): unknown {
  if (isUnion(writer)) {
    const [branch, inner] = branchOf(writer, value);
    return resolved(branch, reader, inner, path);
  }
  if (isUnion(reader)) {
    const branch = reader.types.find((each) => fits(writer, each)) ?? refuse(writer, reader, path);
    const found = resolved(writer, branch, value, path);
    const hasKind = reader.types.filter(({ typeName }) => typeName === "record").length > 1;
    return hasKind && value !== null ? { kind: kindOf(branch.name ?? ""), ...(found as object) } : found;
  }
  if (!fits(writer, reader)) refuse(writer, reader, path);
  switch (baseOf(reader)) {
    case "record":
      return recordOf(writer as RecordType, reader as RecordType, value as Readonly<Record<string, unknown>>, path);
    case "array": {
      const [from, to] = [writer, reader] as [avsc.types.ArrayType, avsc.types.ArrayType];
      return (value as unknown[]).map((item, at) => resolved(from.itemsType, to.itemsType, item, below(path, `${at}`)));
    }
    case "map": {
      const [from, to] = [writer, reader].map(
        (type) => (type as unknown as { readonly valuesType: avsc.Type }).valuesType,
      );
      const entries = Object.entries(value as object).map(([key, item]) => [
        key,
        resolved(must(from, "values"), must(to, "values"), item, below(path, key)),
      ]);
      return Object.fromEntries(entries);
    }
    case "enum":
      return symbolOf(reader as avsc.types.EnumType, String(value), path);
    default:
      return plainOf(writer, reader, value, path);
  }
}

/** Fields go by name or alias, in any order; what we do not have is passed over, what the writer has not takes our default. */
function recordOf(
  writer: RecordType,
  reader: RecordType,
  value: Readonly<Record<string, unknown>>,
  path: string,
): unknown {
  const written = new Map(writer.fields.map((field) => [field.name, field]));
  const entries = reader.fields.map((field) => {
    const at = below(path, field.name);
    const theirs = [field.name, ...field.aliases].map((name) => written.get(name)).find((found) => found !== undefined);
    if (theirs !== undefined) return [field.name, resolved(theirs.type, field.type, value[theirs.name], at)] as const;
    const missing = field.defaultValue() as unknown;
    if (missing === undefined) throw new Unresolvable(`${at}: the writer's schema has no such field`);
    return [field.name, missing] as const;
  });
  return Object.fromEntries(entries);
}

function symbolOf(reader: avsc.types.EnumType, symbol: string, path: string): string {
  if (reader.symbols.includes(symbol)) return symbol;
  const instead = (reader as { readonly default?: string }).default;
  if (instead !== undefined) return instead;
  throw new Unresolvable(`${path}: ${JSON.stringify(symbol)} is none of ${reader.symbols.join(", ")}`);
}

/** Numbers are promoted; a long that is marked as micro- or nanoseconds becomes milliseconds where we read a long. */
function plainOf(writer: avsc.Type, reader: avsc.Type, value: unknown, path: string): unknown {
  switch (reader.typeName) {
    case "logical:minor-units":
      return BigInt(value as number | bigint);
    case "long": {
      const unit = unitOf(writer);
      const exact = unit === 1n ? value : floor(BigInt(value as number | bigint), unit);
      if (Number.isSafeInteger(Number(exact))) return Number(exact);
      throw new Unresolvable(`${path}: ${String(exact)} is beyond ±2^53`);
    }
    case "float":
    case "double":
      return Number(value);
    case "string":
      return Buffer.isBuffer(value) ? value.toString("utf8") : value;
    case "bytes":
      return typeof value === "string" ? Buffer.from(value) : value;
    default:
      return value;
  }
}

function floor(value: bigint, unit: bigint): bigint {
  const quotient = value / unit;
  return value % unit < 0n ? quotient - 1n : quotient;
}

/** Which types we read as which others: wider numbers, and strings and bytes for each other. */
const PROMOTED: Readonly<Record<string, readonly string[]>> = {
  int: ["long", "float", "double"],
  long: ["float", "double"],
  float: ["double"],
  string: ["bytes"],
  bytes: ["string"],
};

/** Whether the types match, as far as can be said without their parts: names without namespaces, or by an alias of ours. */
function fits(writer: avsc.Type, reader: avsc.Type): boolean {
  const [from, to] = [baseOf(writer), baseOf(reader)];
  if (from !== to) return PROMOTED[from]?.includes(to) ?? false;
  if (writer.name === undefined || reader.name === undefined) return true;
  const sizes = [writer, reader].map((type) => (type as { readonly size?: number }).size);
  return (
    sizes[0] === sizes[1] && [reader.name, ...(reader.aliases ?? [])].some((name) => bare(name) === bare(writer.name))
  );
}

function baseOf({ typeName }: avsc.Type): string {
  if (typeName === "abstract:long" || typeName === "logical:minor-units") return "long";
  return typeName === "error" ? "record" : typeName;
}

function bare(name: string | undefined): string | undefined {
  return name?.slice(name.lastIndexOf(".") + 1);
}

type UnionType = avsc.types.WrappedUnionType | avsc.types.UnwrappedUnionType;

function isUnion(type: avsc.Type): type is UnionType {
  return "types" in type;
}

/** A value of the writer's union is null, or one entry under the name of its branch. */
function branchOf(union: UnionType, value: unknown): readonly [branch: avsc.Type, value: unknown] {
  const entries: readonly [string, unknown][] = value === null ? [["null", null]] : Object.entries(value as object);
  const [name, inner] = entries[0] ?? ["", null];
  const branch = union.types.find(({ branchName }) => branchName === name);
  if (branch === undefined) throw new Unresolvable(`no branch ${name}`);
  return [branch, inner];
}

function refuse(writer: avsc.Type, reader: avsc.Type, path: string): never {
  const field = path === "" ? "" : `${path}: `;
  const isOnlyNamed = reader.name !== undefined && baseOf(writer) === baseOf(reader);
  const advice = isOnlyNamed ? ` (give it that name, in any namespace)` : "";
  throw new Unresolvable(`${field}${named(writer)} cannot be read as ${named(reader)}${advice}`);
}

function named(type: avsc.Type): string {
  if (isUnion(type)) return type.types.map(named).join(" or ");
  return type.name === undefined ? baseOf(type) : `the ${baseOf(type)} ${bare(type.name)}`;
}

function below(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
