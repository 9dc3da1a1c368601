// Avro types
// avsc's types, made fit for bytes from strangers and for the domain's values. It is the one file that knows avsc's insides:
// avsc is pinned to an exact version, and test/log/codec/hostile-bytes.test.ts holds it to the invariants.
//
// Invariants:
//   A1. Work and memory of a decode are bounded by the record's size, whatever lengths it claims.
//   A2. Values are plain: object literals, bigint for minor units, any Uint8Array for bytes; no wrappers.
//   A3. A union of several records is a value with `kind`: the record's name in snake case, then the record's fields.

import avsc from "avsc";
import type { Schema, SchemaObject } from "./schemas.ts";

/** avsc's cursor over a buffer. Reading past the end yields nothing and is found out at the end. */
interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  writeLong(value: number): void;
  readString(): string;
  writeBytes(bytes: Buffer): void;
  writeFixed(bytes: Buffer, length: number): void;
}
type Path = string[];
type Hook = (value: unknown, type: avsc.Type) => void;
interface Inner {
  _read(tap: Tap): unknown;
  _write(tap: Tap, value: unknown): void;
  _check(value: unknown, flags: number | undefined, hook: Hook | undefined, path: Path | undefined): boolean;
  createResolver(writer: avsc.Type, options: unknown): Inner;
}

/** avsc keeps these methods out of its declarations. */
function inner(type: unknown): Inner {
  return type as Inner;
}

/** An Avro type for a schema, with the invariants above. */
export function avroType(schema: Schema): avsc.Type {
  return avsc.Type.forSchema(structuredClone(schema) as avsc.Schema, {
    logicalTypes: { "minor-units": MinorUnits },
    assertLogicalTypes: true,
    omitRecordMethods: true,
    typeHook: hook,
  });
}

function hook(schema: unknown, options: unknown): avsc.Type | undefined {
  if (Array.isArray(schema)) {
    if (schema.filter(isRecord).length > 1) return new KindUnion(schema, options);
    return schema.length === 2 && schema.includes("null") ? new Optional(schema, options) : undefined;
  }
  return bounded(schema, typeof schema === "string" ? schema : isTyped(schema) ? schema.type : undefined, options);
}

/** A type of the schema with invariant A1; undefined where avsc's own has it. */
export function bounded(schema: unknown, type: unknown, options: unknown): avsc.Type | undefined {
  switch (type) {
    case "int":
      return INT;
    case "bytes":
      return BYTES;
    case "fixed":
      return new Fixed(asSchema(schema), options);
    case "array":
      return new BoundedArray(asSchema(schema), options);
    case "map":
      return new BoundedMap(asSchema(schema), options);
    case "record":
      return new PlainRecord(asSchema(schema), options);
    default:
      return undefined;
  }
}

function isTyped(schema: unknown): schema is SchemaObject {
  return typeof schema === "object" && schema !== null && "type" in schema && !("logicalType" in schema);
}

function isRecord(schema: unknown): boolean {
  return isTyped(schema) && schema.type === "record";
}

function asSchema(schema: unknown): avsc.Schema {
  return schema as avsc.Schema;
}

class HostileLength extends Error {}

/** A block of n items takes at least n bytes: no item of ours has none. */
function boundedCount(tap: Tap): number {
  let count = tap.readLong();
  if (count < 0) {
    count = -count;
    tap.readLong();
  }
  if (!(count <= tap.buf.length - tap.pos)) throw new HostileLength(`a block of ${count} items in what is left of it`);
  return count;
}

class BoundedArray extends avsc.types.ArrayType {
  /** `this` is the type, or avsc's resolver of an older writer's. */
  _read(this: { readonly itemsType: unknown }, tap: Tap): unknown[] {
    const items = inner(this.itemsType);
    const values: unknown[] = [];
    for (let count = boundedCount(tap); count > 0; count = boundedCount(tap)) {
      for (; count > 0; count -= 1) values.push(items._read(tap));
    }
    return values;
  }
}

class BoundedMap extends avsc.types.MapType {
  _read(this: { readonly valuesType: unknown }, tap: Tap): Record<string, unknown> {
    const values = inner(this.valuesType);
    const map: Record<string, unknown> = {};
    for (let count = boundedCount(tap); count > 0; count = boundedCount(tap)) {
      for (; count > 0; count -= 1) {
        const key = tap.readString();
        const value = values._read(tap);
        if (key === "__proto__") Object.defineProperty(map, key, { value, ...OWN });
        else map[key] = value;
      }
    }
    return map;
  }
}

const OWN = { enumerable: true, writable: true, configurable: true } as const;

/** avsc makes a constructor for each record type, which is what makes it fast; here its instances are plain objects. */
class PlainRecord extends avsc.types.RecordType {
  _createConstructor(...options: unknown[]): { prototype: unknown } {
    const Record = recordMethods._createConstructor.apply(this, options);
    Record.prototype = Object.prototype;
    return Record;
  }
}

const recordMethods = avsc.types.RecordType.prototype as unknown as {
  _createConstructor(...options: unknown[]): { prototype: unknown };
};

class BoundedInt extends avsc.types.IntType {
  _read(tap: Tap): number {
    const value = tap.readLong();
    if (value !== (value | 0)) throw new Error(`${value} is not a 32-bit integer`);
    return value;
  }
}

/** avsc wants Buffers; the domain has any Uint8Array. Read values are Buffers, which are such arrays. */
function toBuffer(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value;
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : undefined;
}

class Bytes extends avsc.types.BytesType {
  /** A view: whoever gave the record's bytes leaves them as they are, so that a copy would say the same. */
  _read(tap: Tap): Buffer | undefined {
    const length = tap.readLong();
    if (length < 0) throw new HostileLength(`bytes of length ${length}`);
    const at = tap.pos;
    tap.pos += length;
    return tap.pos <= tap.buf.length ? tap.buf.subarray(at, tap.pos) : undefined;
  }
  _check(value: unknown, _flags: number | undefined, fail: Hook | undefined): boolean {
    if (value instanceof Uint8Array) return true;
    fail?.(value, this);
    return false;
  }
  _write(tap: Tap, value: unknown): void {
    const bytes = toBuffer(value);
    if (bytes === undefined) throw new Error("not bytes");
    tap.writeBytes(bytes);
  }
}

class Fixed extends avsc.types.FixedType {
  _check(value: unknown, _flags: number | undefined, fail: Hook | undefined): boolean {
    if (value instanceof Uint8Array && value.length === this.size) return true;
    fail?.(value, this);
    return false;
  }
  _write(tap: Tap, value: unknown): void {
    const bytes = toBuffer(value);
    if (bytes?.length !== this.size) throw new Error("not bytes of the fixed size");
    tap.writeFixed(bytes, this.size);
  }
}

const INT = new BoundedInt();
const BYTES = new Bytes();

/** Money: Avro long on the wire, bigint in the domain. */
class MinorUnits extends avsc.types.LogicalType {
  override _fromValue(value: number): bigint {
    return BigInt(value);
  }
  /** What is not a bigint within the safe range is refused by avsc's long as undefined. */
  override _toValue(value: unknown): number | undefined {
    return typeof value === "bigint" ? Number(value) : undefined;
  }
  override _resolve(writer: avsc.Type): ((value: never) => bigint) | undefined {
    if (writer.typeName === this.typeName) return (value: bigint) => value;
    return writer.typeName === "long" || writer.typeName === "int" ? (value: number) => BigInt(value) : undefined;
  }
}

/** Null or one other type: no looking at the value to find which, and errors name the other type. */
class Optional extends avsc.types.UnwrappedUnionType {
  _getIndex(value: unknown): number {
    const other = this.types[0]?.typeName === "null" ? 1 : 0;
    return value === null ? 1 - other : other;
  }
}

/** `SetBudget` → `set_budget`. */
export function kindOf(recordName: string): string {
  const bare = recordName.slice(recordName.lastIndexOf(".") + 1);
  return bare.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase();
}

class KindUnion extends avsc.types.WrappedUnionType {
  _check(value: unknown, flags: number | undefined, fail: Hook | undefined, path: Path | undefined): boolean {
    const branch = branchOf(this.types, value);
    if (branch) return inner(branch.type)._check(value, flags, fail, path);
    fail?.(value, this);
    return false;
  }
  _write(tap: Tap, value: unknown): void {
    const branch = branchOf(this.types, value);
    if (!branch) throw new Error("no such kind");
    tap.writeLong(branch.index);
    inner(branch.type)._write(tap, value);
  }
  _read(tap: Tap): unknown {
    const index = tap.readLong();
    const type = this.types[index];
    if (!type) throw new Error(`invalid union index: ${index}`);
    return withKind(type, inner(type)._read(tap));
  }
  /** Finds the branch of ours that can read the writer's. */
  _update(resolver: { _read: unknown }, writer: avsc.Type, options: unknown): void {
    for (const type of this.types) {
      const reader = tryResolver(type, writer, options);
      if (reader) {
        resolver._read = (tap: Tap) => withKind(type, reader._read(tap));
        return;
      }
    }
  }
}

function branchOf(
  types: readonly avsc.Type[],
  value: unknown,
): { readonly type: avsc.Type; readonly index: number } | undefined {
  if (typeof value !== "object") return undefined;
  const kind = value === null ? "null" : "kind" in value ? value.kind : undefined;
  const index = types.findIndex((type) => branchKind(type) === kind);
  const type = types[index];
  return type && { type, index };
}

const kinds = new WeakMap<avsc.Type, string>();

/** Asked for at each value, worked out once. */
function branchKind(type: avsc.Type): string {
  let kind = kinds.get(type);
  if (kind === undefined) {
    kind = type.typeName === "null" ? "null" : kindOf(type.name ?? type.typeName);
    kinds.set(type, kind);
  }
  return kind;
}

function withKind(type: avsc.Type, value: unknown): unknown {
  return value === null ? null : { kind: branchKind(type), ...(value as object) };
}

function tryResolver(reader: avsc.Type, writer: avsc.Type, options: unknown): Inner | undefined {
  try {
    return inner(reader).createResolver(writer, options);
  } catch {
    return undefined;
  }
}
