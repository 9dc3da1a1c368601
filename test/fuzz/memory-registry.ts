// Memory registry: a schema registry that knows our schemas, and some of strangers, among them such as nobody should register.

import { canonicalForm, type Schema } from "../../src/log/codec/schemas.ts";
import type { Registered, Registry } from "../../src/log/codec/registry/http-registry.ts";

const record = (name: string, fields: readonly object[]): Schema => ({ type: "record", name, fields }) as Schema;
const field = (name: string, type: unknown): object => ({ name, type });

/** By the id under which the registry has them; every other id, but those of our own, it does not know. */
export const STRANGERS: ReadonlyMap<number, Registered> = new Map<number, Registered>([
  // A producer's own, of which sessions can be read.
  [
    1_001,
    {
      is: "avro",
      schema: record("Session", [
        field("colour", "string"),
        field("userId", "string"),
        field("sessionId", "bytes"),
        field("atMs", { type: "long", logicalType: "timestamp-micros" }),
        field("surface", ["null", "string"]),
        field("campaign", ["null", "string"]),
        field("attributes", { type: "map", values: ["null", "int", "double", "string", "boolean"] }),
      ]),
    },
  ],
  // Items without a byte: as many as the record says.
  [1_002, { is: "avro", schema: record("Session", [field("nothing", { type: "array", items: "null" })]) }],
  // Itself in itself.
  [1_003, { is: "avro", schema: record("Session", [field("next", ["null", "Session"]), field("more", "Session")]) }],
  [1_004, { is: "avro", schema: record("Session", [field("odd", "NoSuchType")]) }],
  [1_005, { is: "avro", schema: "long" }],
  [1_006, { is: "avro", schema: record("Session", [field("fixed", { type: "fixed", name: "F", size: 1e9 })]) }],
  [1_007, { is: "other", what: "a JSON schema" }],
]);

export function memoryRegistry(): Registry {
  const subjects = new Map<string, Map<string, number>>();
  const byId = new Map<number, Registered>(STRANGERS);
  const found = (key: number): Promise<Registered> => Promise.resolve(byId.get(key) ?? { is: "unknown" });
  return {
    url: "memory:",
    idOf: (subject, schema) => Promise.resolve(subjects.get(subject)?.get(canonicalForm(schema)) ?? null),
    register(subject, schema) {
      const versions = subjects.get(subject) ?? new Map<string, number>();
      subjects.set(subject, versions);
      const id = versions.get(canonicalForm(schema)) ?? byId.size + 1;
      versions.set(canonicalForm(schema), id);
      byId.set(id, { is: "avro", schema });
      return Promise.resolve(id);
    },
    byId: found,
    byGuid: (guid) => found(Number.parseInt(guid.slice(0, 8), 16)),
    levelOf: () => Promise.resolve("BACKWARD"),
    setLevel: () => Promise.resolve(),
    objection: () => Promise.resolve(null),
  };
}
