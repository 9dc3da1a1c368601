// Fetch: what is committed of some partitions, from an offset on. Aborted transactions and control records are left
// out here; `next` passes over them, so that a reader gets to the end of a log that ends with them.

import { must } from "../../../domain/assert.ts";
import type { LogRecord } from "../../event-log.ts";
import { ProtocolWriter, type ProtocolReader } from "./bytes.ts";
import type { Call } from "./calls.ts";
import { storedBatches } from "./batches/stored-batch.ts";

const READ_COMMITTED = 1;

export interface FetchPartition {
  readonly topic: string;
  /** What the records shall say as their topic. */
  readonly name: string;
  readonly partition: number;
  readonly from: number;
}

export interface FetchLimits {
  /** How long the broker waits for a first byte. */
  readonly waitMs: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
}

export interface Fetched {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  /** End of what is committed. */
  readonly end: number;
  readonly records: readonly LogRecord[];
  /** Where to go on. */
  readonly next: number;
}

export function fetch(partitions: readonly FetchPartition[], limits: FetchLimits): Call<Fetched[]> {
  const topics = Map.groupBy(partitions, ({ topic }) => topic);
  const body = new ProtocolWriter()
    .i32(-1)
    .i32(limits.waitMs)
    .i32(1)
    .i32(limits.maxBytes)
    .i8(READ_COMMITTED)
    .i32(0)
    .i32(-1);
  body.array([...topics], ([topic, wanted]) => {
    body.text(topic).array(wanted, ({ partition, from }) => {
      body.i32(partition).i32(-1).i64(from).i64(-1).i32(limits.maxPartitionBytes);
    });
  });
  body.array<string>([], () => undefined).text("");
  const wanted = new Map(partitions.map((one) => [`${one.topic}/${one.partition}`, one]));
  return {
    api: 1,
    version: 11,
    name: "Fetch",
    body: body.bytes,
    waitMs: limits.waitMs,
    decode(reader) {
      reader.i32();
      reader.i16();
      reader.i32();
      return reader
        .array(() => {
          const topic = reader.text() ?? "";
          return reader.array(() => readPartition(reader, topic, wanted));
        })
        .flat();
    },
  };
}

/** Of a partition in one answer: what comes of it in memory is bounded, however small it was on the wire. */
const ROOM = { records: 20_000, bytes: 8 * 1024 * 1024 };

interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

function readPartition(reader: ProtocolReader, topic: string, wanted: ReadonlyMap<string, FetchPartition>): Fetched {
  const [partition, error] = [reader.i32(), reader.i16()];
  reader.i64();
  const end = reader.i64();
  reader.i64();
  const aborted = reader.array(() => ({ producerId: reader.i64(), firstOffset: reader.i64() }));
  reader.i32();
  const bytes = reader.blob() ?? Buffer.alloc(0);
  const asked = must(wanted.get(`${topic}/${partition}`), `a question for ${topic} ${partition}`);
  const records: LogRecord[] = [];
  const next = error === 0 ? readCommitted(bytes, aborted, asked, records) : asked.from;
  return { topic, partition, error, end, records, next };
}

/**
 * As Kafka's own consumer does it: a transaction of the list of aborted ones is skipped from its first offset to its
 * abort marker. Returns the offset behind the last whole batch, or the one before which there was room: the rest is
 * fetched again.
 */
function readCommitted(
  bytes: Buffer,
  aborted: readonly AbortedTransaction[],
  { name, partition, from }: FetchPartition,
  into: LogRecord[],
): number {
  const room = { ...ROOM };
  const waiting = aborted.toSorted((a, b) => b.firstOffset - a.firstOffset);
  const skipping = new Set<number>();
  let next = from;
  for (const batch of storedBatches(bytes)) {
    if (room.records <= 0 || room.bytes <= 0) return next;
    for (let first = waiting.at(-1); first && first.firstOffset <= batch.lastOffset; first = waiting.at(-1)) {
      skipping.add(first.producerId);
      waiting.pop();
    }
    if (batch.aborts) skipping.delete(batch.producerId);
    const isAborted = batch.transactional && skipping.has(batch.producerId);
    const isWanted = !batch.control && !isAborted && batch.lastOffset >= from;
    const behind = isWanted ? batch.decode(into, name, partition, from, room) : batch.lastOffset + 1;
    next = Math.max(next, behind);
    if (behind <= batch.lastOffset) return next;
  }
  return next;
}
