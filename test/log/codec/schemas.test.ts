// Pins the wire schemas. A change fails here until the schema before it is kept and the new one is shown to read it:
// `node test/log/codec/pin-schemas.ts` does both, or says why the change is not compatible.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import avsc from "avsc";
import { describe, expect, it } from "vitest";
import { avroType, kindOf } from "../../../src/log/codec/avro-types.ts";
import { codecFor, defineCodec, schemaCodec, type TopicValues } from "../../../src/log/codec/codec.ts";
import { canonicalForm, fingerprint, loadSchemas, rabin, type Schema } from "../../../src/log/codec/schemas.ts";
import { TOPICS } from "../../../src/log/topics.ts";
import { SAMPLES } from "../../../fixtures/samples.ts";

const FOLDER = new URL("../../../schemas/", import.meta.url);
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".avsc"))
  .map((file) => file.slice(0, -5));
const pins = JSON.parse(readFileSync(new URL("fingerprints.json", FOLDER), "utf8")) as Record<string, string>;

describe("the schemas", () => {
  it("there is one for each topic", () => {
    for (const topic of Object.keys(TOPICS)) expect(NAMES).toContain(topic);
  });

  it("are pinned, each and no other", () => {
    expect(Object.keys(pins).toSorted()).toEqual(NAMES.toSorted());
  });

  it.each(NAMES)("%s is the pinned one (else: node test/log/codec/pin-schemas.ts)", (name) => {
    expect(fingerprint(loadSchemas(name).current)).toBe(pins[name]);
  });

  it.each(Object.keys(SAMPLES) as (keyof TopicValues)[])(
    "%s: a producer that puts C3 01 and the bytes of fingerprints.json before its Avro is understood",
    (topic) => {
      const body = codecFor(topic).encode(SAMPLES[topic]).subarray(10);
      const bytes = Buffer.concat([Buffer.from(`c301${pins[topic]}`, "hex"), body]);
      expect(codecFor(topic).decode(bytes)).toEqual(SAMPLES[topic]);
    },
  );

  it.each(NAMES)("%s reads every earlier version of itself", (name) => {
    const history = new URL(`history/${name}/`, FOLDER);
    const files = existsSync(history) ? readdirSync(history) : [];
    const { current, earlier } = loadSchemas(name);
    expect(earlier.map((schema) => `${fingerprint(schema)}.avsc`)).toEqual(files.toSorted());
    const reader = schemaCodec<unknown>(name);
    for (const schema of earlier) {
      const writer = defineCodec<unknown>(name, schema);
      const type = avroType(schema);
      for (let i = 0; i < 20; i += 1) {
        const value = randomValue(type);
        const read = reader.decode(writer.encode(value));
        expect(reader.decode(reader.encode(read))).toEqual(read);
      }
    }
    expect(fingerprint(current)).toBe(reader.fingerprint);
  });

  it("a name means the same type in every schema", () => {
    const forms = new Map<string, string>();
    for (const schemaName of NAMES) {
      const registry: Record<string, avsc.Type> = {};
      avsc.Type.forSchema(loadSchemas(schemaName).current as avsc.Schema, { registry });
      for (const [name, type] of Object.entries(registry)) {
        const form = JSON.stringify(type.schema());
        expect(`${name} ${form}`).toBe(`${name} ${forms.get(name) ?? form}`);
        forms.set(name, form);
      }
    }
    expect(forms.size).toBeGreaterThan(NAMES.length);
  });

  it.each(Object.keys(SAMPLES) as (keyof TopicValues)[])(
    "%s: the type and the schema have the same fields",
    (topic) => {
      const type = avroType(loadSchemas(topic).current);
      if (!(type instanceof avsc.types.RecordType)) throw new Error("not a record");
      expect(Object.keys(SAMPLES[topic])).toEqual(type.fields.map((field) => field.name));
      expect(codecFor(topic).name).toBe(topic);
    },
  );
});

/** avsc's random values, where a branch of a union of kinds comes wrapped in its name. */
function randomValue(type: avsc.Type): unknown {
  return unwrapped(type.random());
}

function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return value;
  const entries = Object.entries(value);
  const [name = "", branch] = entries[0] ?? [];
  if (entries.length === 1 && name.startsWith("stipend."))
    return { kind: kindOf(name), ...(unwrapped(branch) as object) };
  return Object.fromEntries(entries.map(([key, item]) => [key, unwrapped(item)]));
}

// From the Avro project's share/test/data/schema-tests.txt: schema, canonical form, fingerprint. Without its two that are no
// schemas by the specification's text: a union of nothing, and a default of another type.
const SPECIFICATION: readonly (readonly [unknown, string, bigint])[] = [
  ["null", '"null"', 7195948357588979594n],
  [{ type: "boolean" }, '"boolean"', -6970731678124411036n],
  ["int", '"int"', 8247732601305521295n],
  ["long", '"long"', -3434872931120570953n],
  ["float", '"float"', 5583340709985441680n],
  ["double", '"double"', -8181574048448539266n],
  ["bytes", '"bytes"', 5746618253357095269n],
  ["string", '"string"', -8142146995180207161n],
  [["int", { type: "boolean" }], '["int","boolean"]', 5392556393470105090n],
  [
    { fields: [], type: "record", name: "foo", doc: "Useful info", aliases: ["foo", "bar"] },
    '{"name":"foo","type":"record","fields":[]}',
    -4824392279771201922n,
  ],
  [
    { fields: [], type: "record", name: "foo", namespace: "x.y" },
    '{"name":"x.y.foo","type":"record","fields":[]}',
    5916914534497305771n,
  ],
  [
    { fields: [], type: "record", name: "a.b.foo", namespace: "x.y" },
    '{"name":"a.b.foo","type":"record","fields":[]}',
    -4616218487480524110n,
  ],
  [
    {
      fields: [
        { type: "boolean", aliases: [], name: "f1", default: true },
        { order: "descending", name: "f2", doc: "Hello", type: "int" },
      ],
      type: "record",
      name: "foo",
    },
    '{"name":"foo","type":"record","fields":[{"name":"f1","type":"boolean"},{"name":"f2","type":"int"}]}',
    -4860222112080293046n,
  ],
  [
    { namespace: "x.y.z", type: "enum", name: "foo", doc: "foo bar", symbols: ["A1", "A2"] },
    '{"name":"x.y.z.foo","type":"enum","symbols":["A1","A2"]}',
    -4448647247586288245n,
  ],
  [
    { namespace: "x.y.z", type: "fixed", name: "foo", doc: "foo bar", size: 32 },
    '{"name":"x.y.z.foo","type":"fixed","size":32}',
    -3064184465700546786n,
  ],
  [{ items: { type: "null" }, type: "array" }, '{"type":"array","items":"null"}', -589620603366471059n],
  [{ values: "string", type: "map" }, '{"type":"map","values":"string"}', -8732877298790414990n],
  [
    {
      name: "PigValue",
      type: "record",
      fields: [{ name: "value", type: ["null", "int", "long", "PigValue"] }],
    },
    '{"name":"PigValue","type":"record","fields":[{"name":"value","type":["null","int","long","PigValue"]}]}',
    -1759257747318642341n,
  ],
];

describe("fingerprints", () => {
  it.each(SPECIFICATION)("of %j are the specification's", (schema, canonical, expected) => {
    expect(canonicalForm(schema as Schema)).toBe(canonical);
    expect(BigInt.asIntN(64, rabin(canonical))).toBe(expected);
    expect(Buffer.from(fingerprint(schema as Schema), "hex").readBigInt64LE()).toBe(expected);
  });
});
