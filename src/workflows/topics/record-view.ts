// Record view
// A record of any topic for people and for JSON: its place, its key and its value by the topic's schema; bytes that the
// schema does not fit are shown as they are, with the reason.

import { zonedText } from "../../domain/calendar.ts";
import type { TimeZoneOf } from "../../domain/campaign/time-zones.ts";
import { ErasedUsers } from "../../domain/session/erasure.ts";
import { Undecodable, schemaCodec } from "../../log/codec/codec.ts";
import { toJson, type Json } from "../../log/codec/json.ts";
import { erasedUsers } from "../../log/codec/erased-users.ts";
import type { EventLog, LogRecord } from "../../log/event-log.ts";
import { profileUserOf, userOf } from "../../serve/state/state.ts";
import { CONTROL_PREFIX } from "../../task/cycle/control-record.ts";
import { printableLine } from "../../terminal/printable.ts";

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
  /** Of a user who was erased after it: the value is not shown. */
  readonly erased?: true;
}

/** Topics whose records hold a campaign's secret: whoever sees it can foretell draws. */
const WITH_SECRETS: readonly string[] = ["grants", "state", "treasury-state"];

const LONGEST_TEXT = 1_000;

/** Topics whose records say what users are or do. */
const OF_USERS: readonly string[] = ["sessions", "outcomes", "profiles", "training-log", "dead-letters", "state"];

/** For `recordViewOf` of a topic's records: nobody where they say nothing of users. */
export async function erasedOf(log: EventLog, topic: string): Promise<ErasedUsers> {
  return OF_USERS.includes(topic) ? await erasedUsers(log) : new ErasedUsers();
}

export function recordViewOf(
  { topic, partition, offset, timestampMs, key, value }: LogRecord,
  erased: ErasedUsers,
): RecordView {
  const name = key === null ? null : Buffer.from(key).toString("utf8");
  const place = { topic, partition, offset, timestampMs, key: name };
  if (value === null) return { ...place, value: null };
  const user = topic === "state" ? (userOf(name ?? "") ?? profileUserOf(name ?? "")) : name;
  if (user !== null && user !== undefined && erased.has(user, timestampMs))
    return { ...place, value: null, erased: true };
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

/** Times by the clocks of the record's campaign. */
export function viewText(view: RecordView, zoneOf: TimeZoneOf): string {
  const { partition, offset, timestampMs, key, value, undecodable, bytes, erased } = view;
  const place = `${partition}@${offset} ${zonedText(zoneOf(campaignOf(value)), timestampMs)} ${key === null ? "(no key)" : printableLine(key)}`;
  if (undecodable !== undefined) return `${place} undecodable: ${undecodable}: ${shortened(bytes ?? "")}`;
  if (erased === true) return `${place} (erased)`;
  return `${place} ${value === null ? "(tombstone)" : shortened(JSON.stringify(value))}`;
}

/** Null: it has none, or does not say whose it is. */
function campaignOf(value: Json): string | null {
  const campaign = fieldOf(value, "campaign");
  const id = typeof campaign === "string" ? campaign : fieldOf(campaign, "id");
  return typeof id === "string" ? id : null;
}

function fieldOf(value: Json, name: string): Json {
  return typeof value === "object" && value !== null && name in value ? (value as Record<string, Json>)[name]! : null;
}

function shortened(text: string): string {
  return text.length > LONGEST_TEXT
    ? `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters; --json shows all)`
    : text;
}
