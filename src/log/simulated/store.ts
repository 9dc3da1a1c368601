// Store
// The simulated cluster's bytes: topics and their partitions, in memory. Appends are atomic because nothing awaits.

import { assert, must } from "../../domain/assert.ts";
import {
  TopicMismatch,
  UnknownTopic,
  type LogRecord,
  type OutRecord,
  type PartitionRange,
  type TopicSpec,
} from "../event-log.ts";
import { checkBounds } from "../bounds.ts";
import { partitionOf, type Partitioner } from "../partitioner.ts";

/** For readers who are behind: whoever has an older value of the key must see that it is gone (E5). */
const TOMBSTONE_MS = 86_400_000;

interface Partition {
  records: LogRecord[];
  start: number;
  end: number;
}

interface Topic {
  spec: TopicSpec;
  readonly partitions: readonly Partition[];
}

export class Store {
  readonly partitioner: Partitioner;
  readonly #topics = new Map<string, Topic>();
  /** Where the next record without key and partition goes. */
  #keyless = 0;

  constructor(partitioner: Partitioner) {
    this.partitioner = partitioner;
  }

  ensure(specs: readonly TopicSpec[]): void {
    for (const spec of specs) {
      const found = this.#topics.get(spec.name);
      if (found && found.spec.partitions !== spec.partitions)
        throw new TopicMismatch(`${spec.name} has ${found.spec.partitions} partitions, not ${spec.partitions}`);
    }
    for (const spec of specs) {
      const found = this.#topics.get(spec.name);
      const partitions = Array.from({ length: spec.partitions }, () => ({ records: [], start: 0, end: 0 }));
      if (found) found.spec = spec;
      else this.#topics.set(spec.name, { spec, partitions });
    }
  }

  specs(): TopicSpec[] {
    return [...this.#topics.values()].map((topic) => topic.spec);
  }

  topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (!topic) throw new UnknownTopic(`${name} is not a topic of this log`);
    return topic;
  }

  partition(topic: string, partition: number): Partition {
    const found = this.topic(topic).partitions[partition];
    if (!found) throw new UnknownTopic(`${topic} has no partition ${partition}`);
    return found;
  }

  ranges(topic: string): PartitionRange[] {
    return this.topic(topic).partitions.map(({ start, end }, partition) => ({ partition, start, end }));
  }

  /** Records from an offset on, at most `limit`. */
  slice(topic: string, partition: number, from: number, limit: number): LogRecord[] {
    const { records } = this.partition(topic, partition);
    const first = lowerBound(records, from);
    return records.slice(first, first + limit);
  }

  /** All or nothing. With `markers`, each partition written to skips an offset, as Kafka's transaction markers do. */
  append(records: readonly OutRecord[], nowMs: number, markers: boolean, { bounded } = { bounded: true }): void {
    if (bounded) for (const record of records) checkBounds(this.topic(record.topic).spec, record);
    const placed = records.map((record) => ({ record, partition: this.#place(record) }));
    for (const { record, partition } of placed) put(this.partition(record.topic, partition), record, partition, nowMs);
    if (!markers) return;
    for (const touched of new Set(placed.map(({ record, partition }) => this.partition(record.topic, partition))))
      touched.end += 1;
  }

  #place(record: OutRecord): number {
    const { spec } = this.topic(record.topic);
    if (record.partition !== undefined) {
      this.partition(record.topic, record.partition);
      return record.partition;
    }
    this.#keyless += record.key === null ? 1 : 0;
    return record.key === null
      ? this.#keyless % spec.partitions
      : partitionOf(record.key, { partitioner: this.partitioner, partitions: spec.partitions });
  }

  /** Keeps the last record of each key, a tombstone for a day; `delete` topics lose what is older than their retention. */
  maintain(nowMs: number): void {
    for (const { spec, partitions } of this.#topics.values()) {
      for (const partition of partitions) {
        if (spec.cleanup === "compact") compact(partition, nowMs - TOMBSTONE_MS);
        else if (spec.retentionMs !== null) retain(partition, nowMs - spec.retentionMs);
      }
    }
  }
}

function put(into: Partition, record: OutRecord, partition: number, nowMs: number): void {
  const last = into.records.at(-1);
  assert(last === undefined || last.offset < into.end, "offsets rise");
  into.records.push({
    topic: record.topic,
    partition,
    offset: into.end,
    timestampMs: record.timestampMs ?? nowMs,
    key: copy(record.key),
    value: copy(record.value),
    headers: Object.fromEntries(
      Object.entries(record.headers ?? {}).map(([name, value]) => [name, Buffer.from(value)]),
    ),
  });
  into.end += 1;
}

/** The caller may use its buffer again. */
function copy(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

function lowerBound(records: readonly LogRecord[], offset: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (must(records[middle], "record").offset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compact(partition: Partition, tombstonesBeforeMs: number): void {
  const last = new Map<string, number>();
  for (const record of partition.records) last.set(keyText(record), record.offset);
  const isKept = (record: LogRecord): boolean =>
    last.get(keyText(record)) === record.offset && (record.value !== null || record.timestampMs >= tombstonesBeforeMs);
  partition.records = partition.records.filter((record) => record.key === null || isKept(record));
}

function keyText(record: LogRecord): string {
  return record.key === null ? `\0${record.offset}` : `k${Buffer.from(record.key).toString("latin1")}`;
}

function retain(partition: Partition, oldestMs: number): void {
  const kept = partition.records.findIndex((record) => record.timestampMs >= oldestMs);
  partition.records = kept < 0 ? [] : partition.records.slice(kept);
  partition.start = partition.records[0]?.offset ?? partition.end;
}
