// Record view
// A record of any topic for people and for JSON: its place, its key and its value by the topic's schema; bytes that the
// schema does not fit are shown as they are, with the reason.

import { Undecodable, schemaCodec } from "../../log/codec/codec.ts";
import { toJson, type Json } from "../../log/codec/json.ts";
import type { LogRecord } from "../../log/event-log.ts";
import { CONTROL_PREFIX } from "../../task/cycle/control-record.ts";
import { printableLine } from "../../terminal/printable.ts";
import { timeText } from "../../terminal/table.ts";

export interface RecordView {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: Json;
  /** Why the bytes have no value; absent when they have. */
  readonly undecodable?: string;
  readonly bytes?: string;
}

/** Topics whose records hold a campaign's secret: whoever sees it can foretell draws. */
const WITH_SECRETS: readonly string[] = ["grants", "state", "treasury-state"];

const LONGEST_TEXT = 1_000;

export function viewOf({ topic, partition, offset, timestampMs, key, value }: LogRecord): RecordView {
  const name = key === null ? null : Buffer.from(key).toString("utf8");
  const place = { topic, partition, offset, timestampMs, key: name };
  if (value === null) return { ...place, value: null };
  // A task's changelog also holds the control records of its cycles.
  const schema = name?.startsWith(CONTROL_PREFIX) === true ? "control-record" : topic;
  try {
    const json = toJson(schemaCodec<unknown>(schema).decode(value));
    return { ...place, value: WITH_SECRETS.includes(topic) ? withheld(json) : json };
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error;
    return { ...place, value: null, undecodable: error.message, bytes: Buffer.from(value).toString("hex") };
  }
}

function withheld(json: Json): Json {
  if (Array.isArray(json)) return json.map(withheld);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, item]) => [name, name === "secret" ? "withheld" : withheld(item)]),
  );
}

export function viewText(view: RecordView): string {
  const { partition, offset, timestampMs, key, value, undecodable, bytes } = view;
  const place = `${partition}@${offset} ${timeText(timestampMs)} ${key === null ? "(no key)" : printableLine(key)}`;
  if (undecodable !== undefined) return `${place} undecodable: ${undecodable}: ${shortened(bytes ?? "")}`;
  return `${place} ${value === null ? "(tombstone)" : shortened(JSON.stringify(value))}`;
}

function shortened(text: string): string {
  return text.length > LONGEST_TEXT
    ? `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters; --json shows all)`
    : text;
}
