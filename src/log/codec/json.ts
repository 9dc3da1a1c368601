// JSON
// Records as people and JSON-only producers write and read them. Money is an integer of minor units, bytes are hex,
// times are integers of milliseconds (or, when read, ISO 8601 with an offset), a union of records goes by `kind`.
// Reading is strict: an unknown field, a missing one and a value of another type are refused by name.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { readInstant } from "../../domain/reading/instant.ts";
import { MAX_MINOR } from "../../domain/money/money.ts";
import { kindOf } from "./avro-types.ts";
import type { TopicValues } from "./codec.ts";
import { loadSchemas, type Schema, type SchemaObject } from "./schemas.ts";

const PRIMITIVES = new Set(["null", "boolean", "int", "long", "float", "double", "bytes", "string"]);

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Reads a JSON value as the topic's; throws `InvalidInput` that names the field. */
export function fromJson<N extends keyof TopicValues>(topic: N, json: unknown): TopicValues[N] {
  const shape = shapeOf(topic);
  return read(shape.schema, json, { ...shape, where: topic, path: "" }) as TopicValues[N];
}

/** A decoded value of any topic as JSON; what JSON has no number for (NaN, infinities) becomes its name. */
export function toJson(value: unknown): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(toJson);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toJson(item)]));
  throw new TypeError(`JSON cannot carry a ${typeof value}`);
}

interface Shape {
  readonly schema: Schema;
  /** Named types with their full names. */
  readonly names: ReadonlyMap<string, SchemaObject>;
}
interface Place extends Shape {
  readonly where: string;
  readonly path: string;
}

const shapes = new Map<string, Shape>();

function shapeOf(topic: string): Shape {
  let shape = shapes.get(topic);
  if (!shape) {
    const schema = loadSchemas(topic).current;
    const names = new Map<string, SchemaObject>();
    collect(schema, "", names);
    shape = { schema, names };
    shapes.set(topic, shape);
  }
  return shape;
}

/** Named types by their full name, and by their bare one, for our schemas keep to one namespace. */
function collect(schema: Schema, namespace: string, names: Map<string, SchemaObject>): void {
  if (typeof schema === "string") return;
  if (isUnion(schema)) {
    for (const branch of schema) collect(branch, namespace, names);
    return;
  }
  let inside = namespace;
  if (schema.name !== undefined) {
    const name = fullName(schema, namespace);
    names.set(name, schema);
    names.set(name.slice(name.lastIndexOf(".") + 1), schema);
    inside = namespaceOf(name);
  }
  for (const field of schema.fields ?? []) collect(field.type, inside, names);
  for (const part of [schema.items, schema.values]) if (part !== undefined) collect(part, inside, names);
  if (typeof schema.type !== "string") collect(schema.type, inside, names);
}

/** The name with its namespace: its own, else the one it is nested in. */
function fullName(schema: SchemaObject, outer: string): string {
  const name = schema.name ?? "";
  return name.includes(".") ? name : qualify(name, schema.namespace ?? outer);
}

function namespaceOf(name: string): string {
  return name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "";
}

function qualify(name: string, namespace: string): string {
  return PRIMITIVES.has(name) || name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
}

function isUnion(schema: Schema): schema is readonly Schema[] {
  return Array.isArray(schema);
}

/** A schema with its references followed: a union, or an object whose `type` is a word. */
function resolve(schema: Schema, names: ReadonlyMap<string, SchemaObject>): SchemaObject | readonly Schema[] {
  if (typeof schema === "string") return names.get(qualify(schema, "")) ?? { type: schema };
  if (isUnion(schema) || typeof schema.type === "string") return schema;
  return resolve(schema.type, names);
}

function fail(place: Place, message: string): never {
  throw new InvalidInput(`${place.where}: ${place.path === "" ? "" : `${place.path}: `}${message}`);
}

function expected(place: Place, what: string, found: unknown): never {
  const text = found === undefined ? "nothing" : JSON.stringify(found);
  fail(place, `expected ${what}, got ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`);
}

function below(place: Place, name: string | number): Place {
  return { ...place, path: place.path === "" ? `${name}` : `${place.path}.${name}` };
}

function read(schema: Schema, json: unknown, place: Place): unknown {
  const shape = resolve(schema, place.names);
  if (isUnion(shape)) return readUnion(shape, json, place);
  switch (shape.type) {
    case "null":
      return json === null ? null : expected(place, "null", json);
    case "boolean":
      return typeof json === "boolean" ? json : expected(place, "true or false", json);
    case "string":
      return typeof json === "string" ? wellFormed(json, place) : expected(place, "a text", json);
    case "int":
      return isInteger(json) && json === (json | 0) ? json : expected(place, "a 32-bit integer", json);
    case "long":
      return readLong(shape, json, place);
    case "float":
    case "double":
      return typeof json === "number" ? json : expected(place, "a number", json);
    case "bytes":
      return readHex(json, undefined, place);
    case "fixed":
      return readHex(json, shape.size, place);
    case "enum":
      return typeof json === "string" && shape.symbols?.includes(json)
        ? json
        : expected(place, `one of ${shape.symbols?.join(", ")}`, json);
    case "array":
      if (!Array.isArray(json)) return expected(place, "a list", json);
      return json.map((item, index) => read(shape.items ?? "null", item, below(place, index)));
    case "map":
      return readMap(shape, json, place);
    default:
      return readRecord(shape, json, place, undefined);
  }
}

/** Half a character (a lone surrogate) has no UTF-8: what is read back would be another text. */
function wellFormed(text: string, place: Place): string {
  return text.isWellFormed() ? text : expected(place, "whole characters of Unicode", text);
}

function isInteger(json: unknown): json is number {
  return typeof json === "number" && Number.isSafeInteger(json);
}

function readLong(schema: SchemaObject, json: unknown, place: Place): number | bigint {
  if (schema.logicalType === "minor-units")
    return isInteger(json) && BigInt(json) <= MAX_MINOR && BigInt(json) >= -MAX_MINOR
      ? BigInt(json)
      : expected(place, "an integer of minor units", json);
  if (isInteger(json)) return json;
  if (schema.logicalType !== "timestamp-millis") return expected(place, "an integer", json);
  if (typeof json !== "string") return expected(place, "milliseconds or an ISO 8601 time with its offset", json);
  const time = readInstant(json, null);
  return "ms" in time ? time.ms : fail(place, time.fault);
}

function readHex(json: unknown, size: number | undefined, place: Place): Buffer {
  const what = size === undefined ? "hex digits, two a byte" : `${size * 2} hex digits`;
  if (typeof json !== "string" || !/^([0-9a-fA-F]{2})*$/.test(json)) return expected(place, what, json);
  return size === undefined || json.length === size * 2 ? Buffer.from(json, "hex") : expected(place, what, json);
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function readMap(schema: SchemaObject, json: unknown, place: Place): unknown {
  if (!isObject(json)) return expected(place, "an object", json);
  const entries = Object.entries(json).map(([name, value]) => [
    wellFormed(name, place),
    read(schema.values ?? "null", value, below(place, name)),
  ]);
  return Object.fromEntries(entries);
}

function readRecord(schema: SchemaObject, json: unknown, place: Place, kind: string | undefined): unknown {
  if (!isObject(json)) return expected(place, "an object", json);
  const fields = schema.fields ?? [];
  for (const name of Object.keys(json)) {
    if (!fields.some((field) => field.name === name) && !(kind !== undefined && name === "kind"))
      fail(
        below(place, name),
        `unknown field; ${kindOf(schema.name ?? "it")} has ${fields.map((field) => field.name).join(", ")}`,
      );
  }
  const value: Record<string, unknown> = kind === undefined ? {} : { kind };
  for (const field of fields) {
    const found = Object.hasOwn(json, field.name) ? json[field.name] : field.default;
    if (found === undefined) fail(below(place, field.name), "is missing");
    value[field.name] = read(field.type, found, below(place, field.name));
  }
  return value;
}

function readUnion(union: readonly Schema[], json: unknown, place: Place): unknown {
  const branches = union.map((branch) => resolve(branch, place.names));
  const objects = branches.filter((branch): branch is SchemaObject => !isUnion(branch));
  const records = objects.filter((branch) => branch.type === "record");
  if (json === null && objects.some((branch) => branch.type === "null")) return null;
  if (records.length > 1) return readKind(records, json, place);
  const others = objects.filter((branch) => branch.type !== "null");
  const fitting = others.length === 1 ? others : others.filter((branch) => fits(branch, json));
  const branch = fitting[0];
  return branch ? read(branch, json, place) : expected(place, objects.map((item) => nameOf(item)).join(" or "), json);
}

function readKind(records: readonly SchemaObject[], json: unknown, place: Place): unknown {
  if (!isObject(json)) return expected(place, "an object with a kind", json);
  const record = records.find((branch) => kindOf(branch.name ?? "") === json["kind"]);
  if (!record)
    return expected(
      below(place, "kind"),
      `one of ${records.map((branch) => kindOf(branch.name ?? "")).join(", ")}`,
      json["kind"],
    );
  return readRecord(record, json, place, kindOf(record.name ?? ""));
}

function nameOf(schema: SchemaObject): string {
  return kindOf(schema.name ?? (typeof schema.type === "string" ? schema.type : "value"));
}

function fits(schema: SchemaObject, json: unknown): boolean {
  switch (schema.type) {
    case "boolean":
      return typeof json === "boolean";
    case "int":
    case "long":
    case "float":
    case "double":
      return typeof json === "number";
    case "array":
      return Array.isArray(json);
    case "map":
    case "record":
      return isObject(json);
    default:
      return typeof json === "string";
  }
}
