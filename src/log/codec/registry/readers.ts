// Readers
// How a record under a registry's schema becomes one that the codec reads. Where it was written with a schema of ours, it gets
// another header. Where another client has registered an older or richer schema, that one is resolved to ours.
//
// Invariants:
//   D1. A schema that was met once is known from then on: it cannot change.
//   D2. One that the registry does not know is asked for again when it comes again; it may be there by then.
//   D3. What cannot be read says why: the schema's reason, or the field of this record that is no value of ours.

import { errorMessage } from "../../../domain/error-message.ts";
import { avroType } from "../avro-types.ts";
import { headerOf, schemaCodec, type Codec } from "../codec.ts";
import { foreignReader } from "../resolution.ts";
import { fingerprint, loadSchemas, type Schema } from "../schemas.ts";
import type { Registered, Registry } from "./http-registry.ts";
import { singleObject, type SchemaKey } from "./wire.ts";

/** Of Avro binary: single-object bytes of a schema that the codec reads, or why they cannot be had. */
export type Read = { readonly value: Uint8Array } | { readonly unreadable: string };
type Reader = (body: Uint8Array) => Read;

export class Readers {
  readonly #registry: Registry;
  readonly #onTrouble: (text: string) => void;
  readonly #byTopic = new Map<string, Map<SchemaKey, Reader>>();

  constructor(registry: Registry, onTrouble: (text: string) => void) {
    this.#registry = registry;
    this.#onTrouble = onTrouble;
  }

  get(topic: string, key: SchemaKey): Reader | undefined {
    return this.#byTopic.get(topic)?.get(key);
  }

  /** Makes known what is behind an id or a GUID, if the registry knows it; throws `LogUnavailable` while it cannot say. */
  async load(topic: string, key: SchemaKey): Promise<void> {
    const found = await (typeof key === "number" ? this.#registry.byId(key) : this.#registry.byGuid(key));
    const trouble = (what: string) => this.#onTrouble(`schema registry: ${topic}: schema ${nameOf(key)}: ${what}`);
    if (found.is === "unknown") return trouble("the registry does not know it");
    const readers = this.#byTopic.get(topic) ?? new Map<SchemaKey, Reader>();
    this.#byTopic.set(topic, readers.set(key, readerOrReason(topic, key, found, trouble)));
  }
}

/** For messages. */
export function nameOf(key: SchemaKey): string {
  return typeof key === "number" ? `id ${key}` : `GUID ${key} (in the record's header)`;
}

function readerOrReason(topic: string, key: SchemaKey, found: Registered, trouble: (what: string) => void): Reader {
  const name = `${topic}: schema ${nameOf(key)}`;
  let reason: string;
  try {
    if (found.is === "avro") return readerOf(topic, name, found.schema);
    reason = found.is === "other" ? `it is ${found.what}` : "the registry does not know it";
  } catch (error) {
    reason = errorMessage(error);
  }
  trouble(reason);
  return () => ({ unreadable: `${name}: ${reason}` });
}

function readerOf(topic: string, name: string, schema: Schema): Reader {
  const print = fingerprint(schema);
  const header = headerOf(print);
  const { current, earlier } = loadSchemas(topic);
  // The fingerprint says nothing of logical types, and a time in another unit has the same bytes.
  const isOtherUnit = /"timestamp-(micros|nanos)"/.test(JSON.stringify(schema));
  const ours = !isOtherUnit && [current, ...earlier].some((known) => fingerprint(known) === print);
  if (ours) return (body) => ({ value: singleObject(header, body) });
  const read = foreignReader(schema, avroType(current));
  const codec = schemaCodec<unknown>(topic);
  return (body) => resolved(name, read, codec, body);
}

function resolved(name: string, read: ReturnType<typeof foreignReader>, to: Codec<unknown>, body: Uint8Array): Read {
  try {
    return { value: to.encode(read(Buffer.from(body.buffer, body.byteOffset, body.byteLength), 0)) };
  } catch (error) {
    // Of the schema and the bytes of a stranger: whatever avsc makes of them, it is this record's.
    const reason = errorMessage(error);
    return { unreadable: `${name}: ${reason}` };
  }
}
