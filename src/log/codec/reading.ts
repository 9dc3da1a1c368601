// Reading: a topic's values for whoever looks at it from outside of a task. Bytes that are no record of it, or one of a newer
// version, are passed over, and remembered by the log that they were read from, so that whoever closes it can tell of them.

import { codecFor, Undecodable, type Codec, type TopicValues } from "./codec.ts";
import { NewerFormat, type EventLog, type LogRecord } from "../event-log.ts";

export interface ReadRecord<T> {
  readonly record: LogRecord;
  /** Null: a tombstone, or what could not be read. */
  readonly value: T | null;
  /** It is passed over; only its place is of use, to read on from. */
  readonly unreadable: boolean;
}

/** Where to begin; left out: every partition from its beginning. */
export interface ReadFrom {
  readonly partition: number;
  readonly from: number;
}

/** To the end as it is now, or on from there (`follow`). */
export async function* readTopic<N extends keyof TopicValues>(
  log: EventLog,
  topic: N,
  from?: ReadFrom,
  options?: Parameters<EventLog["read"]>[3],
): AsyncGenerator<ReadRecord<TopicValues[N]>> {
  const codec = codecFor(topic);
  const ranges = from === undefined ? (await log.ranges(topic)).map(begins) : [from];
  for (const range of ranges)
    for await (const batch of log.read(topic, range.partition, range.from, options))
      for (const record of batch) yield read(log, codec, record);
}

function begins({ partition, start }: { readonly partition: number; readonly start: number }): ReadFrom {
  return { partition, from: start };
}

function read<T>(log: EventLog, codec: Codec<T>, record: LogRecord): ReadRecord<T> {
  if (record.value === null) return { record, value: null, unreadable: false };
  try {
    if (record.newer !== undefined) throw record.newer;
    return { record, value: codec.decode(record.value), unreadable: false };
  } catch (error) {
    if (!(error instanceof Undecodable || error instanceof NewerFormat)) throw error;
    notePassedOver(log, record, error.message);
    return { record, value: null, unreadable: true };
  }
}

/** By topic: places, as partition@offset, the first hundred of them; and how many there are in all. */
export interface PassedOver {
  readonly topic: string;
  readonly count: number;
  readonly places: readonly string[];
  /** Of the last of them. */
  readonly reason: string;
}

interface Noted {
  count: number;
  /** Of each partition, the furthest place that was counted: what is read again is not counted again. */
  readonly furthest: Map<number, number>;
  readonly places: string[];
  reason: string;
}

const PLACES = 100;
const notes = new WeakMap<EventLog, Map<string, Noted>>();

/** For who finds it out later than its bytes tell. */
export function notePassedOver(log: EventLog, { topic, partition, offset }: LogRecord, reason: string): void {
  const topics = notes.get(log) ?? new Map<string, Noted>();
  notes.set(log, topics);
  const noted = topics.get(topic) ?? { count: 0, furthest: new Map<number, number>(), places: [], reason };
  topics.set(topic, noted);
  if (offset <= (noted.furthest.get(partition) ?? -1)) return;
  noted.furthest.set(partition, offset);
  noted.count += 1;
  noted.reason = reason;
  if (noted.places.length < PLACES) noted.places.push(`${partition}@${offset}`);
}

/** What readers of this log have passed over so far. */
export function passedOver(log: EventLog): readonly PassedOver[] {
  return [...(notes.get(log) ?? [])].map(([topic, { count, places, reason }]) => ({ topic, count, places, reason }));
}
