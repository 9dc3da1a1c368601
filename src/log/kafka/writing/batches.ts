// Batches
// From records to what goes to each partition: where each record goes, whether it may, and batches that are no larger
// than the topic takes. All that can be refused is refused here, before anything is sent.

import { must } from "../../../domain/assert.ts";
import { checkBounds } from "../../bounds.ts";
import { RecordTooLarge, type OutRecord } from "../../event-log.ts";
import { partitionOf, type KeylessCounter } from "../../partitioner.ts";
import { checkPartition, type ClusterTopics, type ClusterTopic } from "../catalogue.ts";
import { BATCH_OVERHEAD, recordBytesMost, type BatchRecord } from "../protocol/batches/record-batch.ts";

/** Smaller batches than the topic takes, so that a request of many partitions stays small. */
const BATCH_BYTES = 512 * 1024;

/** What goes to one partition, in order, batch by batch. */
export interface PartitionGroup {
  /** The name on the cluster. */
  readonly topic: string;
  readonly partition: number;
  readonly batches: readonly (readonly BatchRecord[])[];
}

interface OpenGroup {
  readonly topic: string;
  readonly partition: number;
  readonly most: number;
  readonly batches: BatchRecord[][];
  bytes: number;
}

/** Refuses what its topic does not take. */
export async function checkRecords(catalogue: ClusterTopics, records: readonly OutRecord[]): Promise<void> {
  for (const record of records) {
    const topic = catalogue.known(record.topic) ?? (await catalogue.topic(record.topic));
    checkSize(topic, record);
    if (record.partition !== undefined) checkPartition(topic, record.partition);
  }
}

/** Of records that have been checked. */
export function groupRecords(
  catalogue: ClusterTopics,
  records: readonly OutRecord[],
  nowMs: number,
  keyless: KeylessCounter,
): PartitionGroup[] {
  const groups = new Map<string, OpenGroup>();
  for (const record of records) {
    const topic = must(catalogue.known(record.topic), `${record.topic}, which was checked,`);
    const partition = placeOf(catalogue, topic, record, keyless);
    const name = `${record.topic}/${partition}`;
    let group = groups.get(name);
    if (!group) {
      const most = Math.min(BATCH_BYTES, topic.maxMessageBytes - BATCH_OVERHEAD);
      group = { topic: catalogue.physical(record.topic), partition, most, batches: [[]], bytes: 0 };
      groups.set(name, group);
    }
    add(group, record, nowMs);
  }
  return [...groups.values()];
}

function checkSize(topic: ClusterTopic, record: OutRecord): void {
  checkBounds(topic.spec, record);
  const bytes = recordBytesMost(record);
  if (bytes + BATCH_OVERHEAD > topic.maxMessageBytes)
    throw new RecordTooLarge(
      `${topic.spec.name}: a record of ${bytes} bytes with its key and headers; the topic's max.message.bytes is ${topic.maxMessageBytes}`,
    );
}

function placeOf(catalogue: ClusterTopics, topic: ClusterTopic, record: OutRecord, keyless: KeylessCounter): number {
  if (record.partition !== undefined) return record.partition;
  const { partitioner } = catalogue;
  const { partitions } = topic.spec;
  if (record.key !== null) return partitionOf(record.key, { partitioner, partitions });
  keyless.next += 1;
  return keyless.next % partitions;
}

function add(group: OpenGroup, record: OutRecord, nowMs: number): void {
  const bytes = recordBytesMost(record);
  let batch = must(group.batches.at(-1), "an open batch");
  if (batch.length > 0 && group.bytes + bytes > group.most) {
    batch = [];
    group.batches.push(batch);
    group.bytes = 0;
  }
  group.bytes += bytes;
  batch.push({
    key: record.key,
    value: record.value,
    ...(record.headers && { headers: record.headers }),
    timestampMs: record.timestampMs ?? nowMs,
  });
}
