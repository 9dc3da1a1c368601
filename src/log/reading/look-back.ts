// Look back
// A partition's records from its end towards its beginning, a lot at a time, for whoever looks for something recent that no
// index knows.

import type { EventLog, LogRecord } from "../event-log.ts";

const LOT = 5_000;

export interface Lot {
  /** In the order of their offsets. */
  readonly records: readonly LogRecord[];
  /** Nothing is before them. */
  readonly isFirst: boolean;
}

/** The last `most` offsets, the newest lot first. */
export async function* lookBack(log: EventLog, topic: string, partition: number, most: number): AsyncGenerator<Lot> {
  const range = (await log.ranges(topic)).find((one) => one.partition === partition);
  if (range === undefined) return;
  const lowest = Math.max(range.start, range.end - most);
  for (let high = range.end; high > lowest; high -= LOT) {
    const low = Math.max(lowest, high - LOT);
    yield { records: await between(log, topic, partition, low, high), isFirst: low === range.start };
  }
}

async function between(
  log: EventLog,
  topic: string,
  partition: number,
  low: number,
  high: number,
): Promise<readonly LogRecord[]> {
  const found: LogRecord[] = [];
  for await (const batch of log.read(topic, partition, low, { maxRecords: LOT })) {
    found.push(...batch.filter(({ offset }) => offset < high));
    if ((batch.at(-1)?.offset ?? 0) >= high - 1) break;
  }
  return found;
}
