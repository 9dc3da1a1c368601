// Schemas of others: what Avro's schema resolution can read is read, value by value, and what cannot says which field.

import avsc from "avsc";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { avroType } from "../../../src/log/codec/avro-types.ts";
import { codecFor, schemaCodec, type TopicValues } from "../../../src/log/codec/codec.ts";
import { foreignReader, Unresolvable } from "../../../src/log/codec/resolution.ts";
import { loadSchemas, type Schema } from "../../../src/log/codec/schemas.ts";
import { SAMPLES } from "../../../fixtures/samples.ts";

const NOW = Date.UTC(2026, 10, 28);

/** Written by avsc as any client would, every union's value under its branch's name; read as the topic's. */
function read(topic: keyof TopicValues, schema: object, value: object): unknown {
  const bytes = avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: true }).toBuffer(value);
  const found = foreignReader(schema as Schema, avroType(loadSchemas(topic).current))(bytes, 0);
  // It is a value that our codec writes and reads again.
  const codec = schemaCodec<unknown>(topic);
  expect(codec.decode(codec.encode(found))).toEqual(found);
  return found;
}

type Fields = Readonly<Record<string, unknown>>;
const SESSION_FIELDS: Fields = {
  sessionId: "string",
  userId: "string",
  atMs: { type: "long", logicalType: "timestamp-millis" },
  surface: ["null", "string"],
  campaign: ["null", "string"],
  attributes: { type: "map", values: ["null", "double", "string", "boolean"] },
};
const fieldsOf = (fields: Fields) => Object.entries(fields).map(([name, type]) => ({ name, type }));
const record = (fields: Fields, more: object = {}) => ({
  ...{ type: "record", name: "Session", namespace: "stipend", fields: fieldsOf(fields) },
  ...more,
});
const WRITTEN = {
  ...{ sessionId: "s", userId: "u", atMs: NOW, surface: { string: "app" }, campaign: null },
  attributes: { age: { double: 30 }, country: { string: "DE" }, member: { boolean: true }, none: null },
};
const READ = {
  ...{ sessionId: "s", userId: "u", atMs: NOW, surface: "app", campaign: null },
  attributes: { age: 30, country: "DE", member: true, none: null },
};
const MORE = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];

const SESSIONS: readonly [what: string, schema: object, changes?: object, read?: object][] = [
  ["our own schema", record(SESSION_FIELDS)],
  ["another namespace", record(SESSION_FIELDS, { namespace: "com.shop.events" })],
  ["no namespace", record(SESSION_FIELDS, { namespace: undefined })],
  ["a name with its namespace in it", record(SESSION_FIELDS, { name: "a.b.Session", namespace: undefined })],
  ["fields in another order", record(Object.fromEntries(Object.entries(SESSION_FIELDS).toReversed()))],
  [
    "fields that we do not have, whatever is in them",
    record({
      first: "long",
      ...SESSION_FIELDS,
      nested: {
        type: "record",
        name: "Device",
        fields: fieldsOf({ os: "string", seen: { type: "array", items: "long" } }),
      },
      hash: { type: "fixed", name: "Hash", size: 2 },
    }),
    // Beyond 2^53, as nanoseconds are.
    { first: Number.MAX_SAFE_INTEGER - 1, nested: { os: "ios", seen: [1, 2] }, hash: Buffer.from([1, 2]) },
  ],
  [
    "fields that it does not have, which we have a default for",
    record({ sessionId: "string", userId: "string", atMs: "long" }),
    {},
    { ...READ, surface: null, attributes: {} },
  ],
  ["no null where we have one", record({ ...SESSION_FIELDS, surface: "string" }), { surface: "app" }],
  ["a union's branches in another order", record({ ...SESSION_FIELDS, surface: ["string", "null"] })],
  ["a union of one branch", record({ ...SESSION_FIELDS, surface: ["string"] }), { surface: { string: "app" } }],
  [
    "numbers to be promoted",
    record({ ...SESSION_FIELDS, attributes: { type: "map", values: MORE } }),
    { attributes: { int: { int: 3 }, long: { long: 4 }, float: { float: 0.5 }, bytes: { bytes: Buffer.from("ä") } } },
    { ...READ, attributes: { int: 3, long: 4, float: 0.5, bytes: "ä" } },
  ],
  [
    "a branch more that is not used",
    record({ ...SESSION_FIELDS, attributes: { type: "map", values: [...MORE, { type: "array", items: "string" }] } }),
  ],
  [
    "logical types that mean nothing here",
    record({ ...SESSION_FIELDS, sessionId: { type: "string", logicalType: "uuid" } }),
  ],
  [
    "properties of another language",
    record({ ...SESSION_FIELDS, userId: { type: "string", "avro.java.string": "String" } }),
  ],
  ["bytes for a text", record({ ...SESSION_FIELDS, userId: "bytes" }), { userId: Buffer.from("u") }],
  ["an int for a long", record({ ...SESSION_FIELDS, atMs: "int" }), { atMs: 5 }, { ...READ, atMs: 5 }],
  [
    "microseconds that say so",
    record({ ...SESSION_FIELDS, atMs: { type: "long", logicalType: "timestamp-micros" } }),
    { atMs: NOW * 1e3 + 999 },
  ],
  [
    "nanoseconds in a field of its own",
    record({ ...SESSION_FIELDS, sentNs: ["null", { type: "long", logicalType: "timestamp-nanos" }] }),
    { sentNs: null },
  ],
];

describe("a session in a schema of its writer's", () => {
  it.each(SESSIONS)("with %s is read", (_, schema, changes = {}, expected = READ) => {
    expect(read("sessions", schema, { ...WRITTEN, ...changes })).toEqual(expected);
  });

  it("in nanoseconds that say so is read, though they are beyond 2^53", () => {
    const schema = record({ ...SESSION_FIELDS, atMs: { type: "long", logicalType: "timestamp-nanos" } });
    const body = avsc.Type.forSchema(record(SESSION_FIELDS) as avsc.Schema, { wrapUnions: true }).toBuffer(WRITTEN);
    const [before, after] = [body.subarray(0, 4), body.subarray(4 + long(BigInt(NOW)).length)];
    const bytes = Buffer.concat([before, long(BigInt(NOW) * 1_000_000n + 7n), after]);
    expect(foreignReader(schema as Schema, avroType(loadSchemas("sessions").current))(bytes, 0)).toEqual(READ);
  });

  it.each<[string, object, object, RegExp]>([
    [
      "the record's name",
      record(SESSION_FIELDS, { name: "Visit" }),
      {},
      /^the record Visit cannot be read as the record Session/,
    ],
    [
      "a field that we need",
      record({ userId: "string", atMs: "long" }),
      {},
      /^sessionId: the writer's schema has no such/,
    ],
    ["a type", record({ ...SESSION_FIELDS, userId: "long" }), { userId: 42 }, /^userId: long cannot be read as string/],
    [
      "a null",
      record({ ...SESSION_FIELDS, userId: ["null", "string"] }),
      { userId: null },
      /^userId: null cannot be read as/,
    ],
    [
      "a branch that is used",
      record({ ...SESSION_FIELDS, attributes: { type: "map", values: [...MORE, { type: "array", items: "string" }] } }),
      { attributes: { age: { int: 30 }, tags: { array: ["a"] } } },
      /^attributes\.tags: array cannot be read as null or double or string or boolean/,
    ],
  ])("is refused for %s, by the field", (_, schema, changes, reason) => {
    const reading = () => read("sessions", schema, { ...WRITTEN, ...changes });
    expect(reading).toThrow(Unresolvable);
    expect(reading).toThrow(reason);
  });
});

describe("an outcome in a schema of its writer's", () => {
  const outcome = (symbols: readonly string[], name = "OutcomeKind") => ({
    ...{ type: "record", name: "Outcome", namespace: "com.shop" },
    fields: fieldsOf({
      ...{ outcomeId: "string", decisionId: "string", userId: "string", atMs: "long" },
      kind: { type: "enum", name, symbols },
      amountMinor: ["null", "int", "long"],
      rewards: { type: "map", values: "float" },
    }),
  });
  const written = {
    ...{ outcomeId: "o", decisionId: "d", userId: "u", atMs: NOW, kind: "redeemed" },
    ...{ amountMinor: { int: 700 }, rewards: { ordered: 0.5 } },
  };
  const found = { ...written, amountMinor: 700n };

  it("with more symbols, fewer, or others in between is read where the one that is used is ours", () => {
    for (const symbols of [
      ["redeemed", "converted", "declined", "refunded", "viewed"],
      ["redeemed"],
      ["viewed", "refunded", "redeemed"],
    ])
      expect(read("outcomes", outcome(symbols), written)).toEqual(found);
  });

  it("is refused where the symbol that is used is none of ours, or the enum is another", () => {
    expect(() => read("outcomes", outcome(["redeemed", "viewed"]), { ...written, kind: "viewed" })).toThrow(
      'kind: "viewed" is none of redeemed, converted, declined, refunded',
    );
    expect(() => read("outcomes", outcome(["redeemed"], "Kind"), written)).toThrow(
      "kind: the enum Kind cannot be read as the enum OutcomeKind",
    );
  });
});

describe("every topic", () => {
  const topics = Object.keys(SAMPLES) as (keyof TopicValues)[];

  it.each(topics)("%s in its own schema, under another namespace, is what it is", (topic) => {
    const { current } = loadSchemas(topic);
    const elsewhere = JSON.parse(JSON.stringify(current).replaceAll(/"stipend(?=["."])/g, '"org.other')) as Schema;
    const reader = avroType(current);
    const bytes = codecFor(topic).encode(SAMPLES[topic]).subarray(10);
    expect(foreignReader(elsewhere, reader)(bytes, 0)).toEqual(SAMPLES[topic]);
  });

  it.each(topics)("%s: any bytes end in a value or in an error, soon", (topic) => {
    const { current } = loadSchemas(topic);
    const reading = foreignReader(current, avroType(current));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          reading(Buffer.from(bytes), 0);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

/** A long as Avro writes it. */
function long(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
