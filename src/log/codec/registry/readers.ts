// Readers
// How a record under a registry's id becomes one that the codec reads: by another header, where it was written with a schema
// of ours, and otherwise, where another client has registered an older or richer one, by resolving its schema to ours.
//
//   D1. An id that was met once is known from then on: its schema cannot change.
//   D2. An id that the registry does not know is asked for again when it comes again; it may be there by then.

import { defineCodec, headerOf, schemaCodec, Undecodable, Unencodable, type Codec } from "../codec.ts";
import { fingerprint, loadSchemas, type Schema } from "../schemas.ts";
import type { Registered, Registry } from "./http-registry.ts";
import { toSingleObject } from "./wire.ts";

/** Single-object bytes of a schema that the codec reads; null where the bytes cannot become that. */
type Reader = (bytes: Uint8Array) => Uint8Array | null;

export class Readers {
  readonly #registry: Registry;
  readonly #onTrouble: (text: string) => void;
  readonly #byTopic = new Map<string, Map<number, Reader>>();

  constructor(registry: Registry, onTrouble: (text: string) => void) {
    this.#registry = registry;
    this.#onTrouble = onTrouble;
  }

  get(topic: string, id: number): Reader | undefined {
    return this.#byTopic.get(topic)?.get(id);
  }

  /** Makes known what is behind an id, if the registry knows it; throws `LogUnavailable` while it cannot say. */
  async load(topic: string, id: number): Promise<void> {
    const found = await this.#registry.byId(id);
    const trouble = (what: string) => this.#onTrouble(`schema registry: ${topic}: schema id ${id}: ${what}`);
    if (found.is === "unknown") return trouble("the registry does not know it");
    const readers = this.#byTopic.get(topic) ?? new Map<number, Reader>();
    this.#byTopic.set(topic, readers.set(id, readerOrNone(topic, found, trouble)));
  }
}

function readerOrNone(topic: string, found: Registered, trouble: (what: string) => void): Reader {
  try {
    if (found.is === "avro") return readerOf(topic, found.schema);
    if (found.is === "other") trouble(`it is ${found.what}`);
  } catch (error) {
    trouble(error instanceof Error ? error.message : String(error));
  }
  return () => null;
}

function readerOf(topic: string, schema: Schema): Reader {
  const print = fingerprint(schema);
  const header = headerOf(print);
  const { current, earlier } = loadSchemas(topic);
  const ours = [current, ...earlier].some((known) => fingerprint(known) === print);
  if (ours) return (bytes) => toSingleObject(header, bytes);
  const foreign = defineCodec<unknown>(topic, current, [schema]);
  const codec = schemaCodec<unknown>(topic);
  return (bytes) => resolved(foreign, codec, toSingleObject(header, bytes));
}

function resolved(from: Codec<unknown>, to: Codec<unknown>, bytes: Uint8Array): Uint8Array | null {
  try {
    return to.encode(from.decode(bytes));
  } catch (error) {
    if (error instanceof Undecodable || error instanceof Unencodable) return null;
    throw error;
  }
}
