// Offset at: where a partition has come to at a time, found by halves: the log's port reads from offsets only. Times of a
// partition nearly rise; where they do not, it is off by what is out of order.

import type { EventLog, PartitionRange } from "../event-log.ts";

/** The first record that is not older, or the end. */
export async function offsetAt(log: EventLog, topic: string, range: PartitionRange, atMs: number): Promise<number> {
  let [low, high] = [range.start, range.end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const record = await firstFrom(log, topic, range.partition, middle);
    if (record === null || record.offset >= high) high = middle;
    else if (record.timestampMs < atMs) low = record.offset + 1;
    else high = middle;
  }
  return low;
}

async function firstFrom(log: EventLog, topic: string, partition: number, from: number) {
  for await (const [record] of log.read(topic, partition, from, { maxRecords: 1 })) return record ?? null;
  return null;
}
