// Translation
// Records as the rooms have them (single-object values) ↔ records as others find them (Confluent's wire format).
// Between the two is a header; only what another client wrote in a schema of its own is decoded and encoded again.

import { InvalidInput } from "../../../domain/campaign.ts";
import type { LogRecord, OutRecord } from "../../event-log.ts";
import { decodedOrNull, schemaCodec } from "../codec.ts";
import type { Registry } from "./http-registry.ts";
import { Readers } from "./readers.ts";
import type { Subject, Subjects } from "./subjects.ts";
import { beginsWith, isSingleObject, schemaIdOf, toConfluent, toSingleObject } from "./wire.ts";

export class Translation {
  readonly #subjects: Subjects;
  readonly #readers: Readers;

  constructor(subjects: Subjects, registry: Registry, onTrouble: (text: string) => void) {
    this.#subjects = subjects;
    this.#readers = new Readers(registry, onTrouble);
  }

  /** Throws `LogUnavailable` when it needs a registry that is away. */
  async inbound(records: readonly LogRecord[]): Promise<readonly LogRecord[]> {
    for (const [topic, ids] of this.#unmet(records)) for (const id of ids) await this.#readers.load(topic, id);
    return records.map((record) => {
      const subject = this.#subjects.of(record.topic);
      if (subject === undefined || record.value === null || record.unreadable !== undefined) return record;
      const value = this.#read(subject, record.value);
      return value === record.value ? record : { ...record, value };
    });
  }

  #unmet(records: readonly LogRecord[]): ReadonlyMap<string, ReadonlySet<number>> {
    const unmet = new Map<string, Set<number>>();
    for (const { topic, value, unreadable } of records) {
      if (unreadable !== undefined) continue;
      const subject = this.#subjects.of(topic);
      const id = value === null || subject === undefined ? null : schemaIdOf(value);
      if (id === null || id === subject?.id || this.#readers.get(topic, id) !== undefined) continue;
      unmet.set(topic, (unmet.get(topic) ?? new Set()).add(id));
    }
    return unmet;
  }

  #read({ topic, id: ours, header }: Subject, bytes: Uint8Array): Uint8Array {
    const id = schemaIdOf(bytes);
    if (id === null) return bytes;
    if (id === ours) return toSingleObject(header, bytes);
    return this.#readers.get(topic, id)?.(bytes) ?? bytes;
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
