// Translation
// Records as the rooms have them (single-object values) ↔ records as others find them (Confluent's wire format).
// Between the two is a header; only what another client wrote in a schema of its own is decoded and encoded again.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import type { LogRecord, OutRecord } from "../../event-log.ts";
import { decodedOrNull, schemaCodec } from "../codec.ts";
import type { Registry } from "./http-registry.ts";
import { nameOf, Readers, type Read } from "./readers.ts";
import type { Subject, Subjects } from "./subjects.ts";
import {
  beginsWith,
  framedBy,
  isSingleObject,
  singleObject,
  toConfluent,
  type Framed,
  type SchemaKey,
} from "./wire.ts";

export class Translation {
  readonly #subjects: Subjects;
  readonly #readers: Readers;

  constructor(subjects: Subjects, registry: Registry, onTrouble: (text: string) => void) {
    this.#subjects = subjects;
    this.#readers = new Readers(registry, onTrouble);
  }

  /** Throws `LogUnavailable` when it needs a registry that is away. */
  async inbound(records: readonly LogRecord[]): Promise<readonly LogRecord[]> {
    for (const [topic, keys] of this.#unmet(records)) for (const key of keys) await this.#readers.load(topic, key);
    return records.map((record) => {
      const subject = this.#subjects.of(record.topic);
      const framed = framedIn(record);
      if (subject === undefined || framed === null) return record;
      const read = this.#read(subject, framed);
      return "value" in read ? { ...record, value: read.value } : { ...record, unreadable: read.unreadable };
    });
  }

  #unmet(records: readonly LogRecord[]): ReadonlyMap<string, ReadonlySet<SchemaKey>> {
    const unmet = new Map<string, Set<SchemaKey>>();
    for (const record of records) {
      const { topic } = record;
      const subject = this.#subjects.of(topic);
      const framed = subject === undefined ? null : framedIn(record);
      if (framed === null || framed.key === subject?.id) continue;
      if (this.#readers.get(topic, framed.key) === undefined)
        unmet.set(topic, (unmet.get(topic) ?? new Set()).add(framed.key));
    }
    return unmet;
  }

  #read({ topic, id: ours, header }: Subject, { key, body }: Framed): Read {
    if (key === ours) return { value: singleObject(header, body) };
    const reader = this.#readers.get(topic, key);
    if (reader === undefined)
      return { unreadable: `${topic}: schema ${nameOf(key)}: the schema registry does not know it` };
    return reader(body);
  }

  outbound(records: readonly OutRecord[]): readonly OutRecord[] {
    return records.map((record) => {
      const subject = this.#subjects.of(record.topic);
      if (subject === undefined || record.value === null || !isSingleObject(record.value)) return record;
      return { ...record, value: this.#written(subject, record.value) };
    });
  }

  /** What is sent again from an earlier version's days goes out in this version's schema. */
  #written({ topic, name, id, header }: Subject, bytes: Uint8Array): Uint8Array {
    if (id === null)
      throw new InvalidInput(
        `schema registry: ${name} lacks the schema of this version: \`stipend topics create\` registers it`,
      );
    if (beginsWith(bytes, header)) return toConfluent(id, bytes, header.length);
    const codec = schemaCodec<unknown>(topic);
    const value = decodedOrNull(codec, bytes);
    return value === null ? bytes : toConfluent(id, codec.encode(value), header.length);
  }
}

/** Null for what names no schema of a registry, or cannot be read anyway. */
function framedIn({ headers, value, unreadable }: LogRecord): Framed | null {
  return value === null || unreadable !== undefined ? null : framedBy(headers, value);
}
