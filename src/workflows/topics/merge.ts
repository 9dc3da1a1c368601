// Merge
// Several partitions' records as one sequence by time. Within a partition the order is the partition's own, whatever its
// times say.

import type { LogRecord } from "../../log/event-log.ts";

interface Reader {
  readonly iterator: AsyncIterator<readonly LogRecord[]>;
  batch: readonly LogRecord[];
  at: number;
}

/** Of records with one time, the lower partition's first. */
export async function* mergedByTime(
  partitions: readonly AsyncIterable<readonly LogRecord[]>[],
): AsyncGenerator<LogRecord> {
  let readers: Reader[] = partitions.map((each) => ({ iterator: each[Symbol.asyncIterator](), batch: [], at: 0 }));
  try {
    readers = await withRecords(readers);
    while (readers.length > 0) {
      let first: Reader | undefined;
      for (const reader of readers) if (first === undefined || timeOf(reader) < timeOf(first)) first = reader;
      const record = first?.batch[first.at];
      if (first === undefined || record === undefined) return;
      first.at += 1;
      yield record;
      if (first.at === first.batch.length) readers = await withRecords(readers);
    }
  } finally {
    for (const { iterator } of readers) await iterator.return?.();
  }
}

function timeOf(reader: Reader): number {
  return reader.batch[reader.at]?.timestampMs ?? Infinity;
}

/** Those that have a next record, read up to it. */
async function withRecords(readers: readonly Reader[]): Promise<Reader[]> {
  const left: Reader[] = [];
  for (const reader of readers) {
    let done = false;
    while (!done && reader.at >= reader.batch.length) {
      const next = await reader.iterator.next();
      done = next.done === true;
      if (next.done !== true) Object.assign(reader, { batch: next.value, at: 0 });
    }
    if (!done) left.push(reader);
  }
  return left;
}
