// Bounds: how large a record's key and headers may be, on every log alike, so that what one log takes moves to another.
// A value's bound is its topic's own (topics.ts). Others' clients know none of this: what they put on a Kafka topic beyond
// these bounds is read, and refused at the door of whoever reads it.

import { RecordTooLarge, type OutRecord, type TopicSpec } from "./event-log.ts";

/** Every key of ours is an id of at most 256 bytes, or two of them. */
export const MAX_KEY_BYTES = 1_024;
export const MAX_HEADERS = 32;
/** Names and values of all headers of a record together. */
export const MAX_HEADER_BYTES = 8 * 1_024;

/** Throws `RecordTooLarge`, with the topic and what is too large. */
export function checkBounds(spec: TopicSpec, record: OutRecord): void {
  const breach = boundBreach(spec, record);
  if (breach !== null) throw new RecordTooLarge(`${record.topic}: ${breach}`);
}

function boundBreach({ maxRecordBytes }: TopicSpec, { key, value, headers }: OutRecord): string | null {
  const bytes = value?.length ?? 0;
  if (bytes > maxRecordBytes) return `a value of ${bytes} bytes; the topic takes ${maxRecordBytes}`;
  if (key !== null && key.length > MAX_KEY_BYTES)
    return `a key of ${key.length} bytes; a record takes ${MAX_KEY_BYTES}`;
  return headers === undefined ? null : headersBreach(Object.entries(headers));
}

function headersBreach(headers: readonly (readonly [string, Uint8Array])[]): string | null {
  if (headers.length > MAX_HEADERS) return `${headers.length} headers; a record takes ${MAX_HEADERS}`;
  const bytes = headers.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + value.length, 0);
  return bytes <= MAX_HEADER_BYTES ? null : `headers of ${bytes} bytes; a record takes ${MAX_HEADER_BYTES}`;
}
