// Append
// From records to batches, and from batches to their place. The first is done before the write transaction begins, so
// that the lock is held for the puts only; everything that can be refused is refused there.

import { checkBounds } from "../bounds.ts";
import type { OutRecord } from "../event-log.ts";
import { partitionOf, type KeylessCounter } from "../partitioner.ts";
import { BATCH_BYTES, encodeBatch, recordBytes, type PackedRecord, type EncodedBatch } from "./batch.ts";
import type { FolderTopics } from "./catalogue.ts";
import type { Tables, StoredTopic } from "./sqlite/tables.ts";

/** What goes to one partition. */
export interface Group {
  readonly topic: StoredTopic;
  readonly partition: number;
  readonly batches: readonly EncodedBatch[];
}

export async function prepareGroups(
  catalogue: FolderTopics,
  records: readonly OutRecord[],
  nowMs: number,
  keyless: KeylessCounter,
): Promise<Group[]> {
  await catalogue.load(new Set(records.map((record) => record.topic)));
  const groups = new Map<string, { topic: StoredTopic; partition: number; records: OutRecord[] }>();
  for (const record of records) {
    const topic = catalogue.topic(record.topic);
    checkBounds(topic.spec, record);
    const partition = place(catalogue, topic, record, keyless);
    const name = `${topic.id}/${partition}`;
    const group = groups.get(name);
    if (group) group.records.push(record);
    else groups.set(name, { topic, partition, records: [record] });
  }
  return [...groups.values()].map((group) => ({
    topic: group.topic,
    partition: group.partition,
    batches: cutBatches(group.records, nowMs),
  }));
}

function place(catalogue: FolderTopics, topic: StoredTopic, record: OutRecord, keyless: KeylessCounter): number {
  if (record.partition !== undefined) {
    catalogue.partition(record.topic, record.partition);
    return record.partition;
  }
  const { partitioner } = catalogue;
  const { partitions } = topic.spec;
  if (record.key !== null) return partitionOf(record.key, { partitioner, partitions });
  keyless.next += 1;
  return keyless.next % partitions;
}

function cutBatches(records: readonly OutRecord[], nowMs: number): EncodedBatch[] {
  const batches: EncodedBatch[] = [];
  let batch: PackedRecord[] = [];
  let bytes = 0;
  const cut = (): void => {
    if (batch.length > 0) batches.push({ bytes: encodeBatch(batch), count: batch.length });
    batch = [];
    bytes = 0;
  };
  for (const record of records) {
    const size = recordBytes(record);
    if (bytes + size > BATCH_BYTES) cut();
    batch.push({
      key: record.key,
      value: record.value,
      ...(record.headers && { headers: record.headers }),
      timestampMs: record.timestampMs ?? nowMs,
      delta: batch.length,
    });
    bytes += size;
  }
  cut();
  return batches;
}

/** Inside a write. */
export function appendGroups(tables: Tables, groups: readonly Group[]): void {
  for (const { topic, partition, batches } of groups) {
    const head = tables.head(topic.id, partition);
    let end = head.end;
    let bytes = 0;
    for (const batch of batches) {
      tables.addBatch(topic.id, partition, end, batch.bytes);
      end += batch.count;
      bytes += batch.bytes.length;
    }
    tables.putHead(topic.id, partition, { ...head, end, dirtyBytes: head.dirtyBytes + bytes });
  }
}
