// Follow
// A topic's records as they come, over all its partitions, for whoever keeps up with it outside of a task: first those from
// `back` records before the end, then what follows. A log that is away is waited for; nothing is left out and nothing comes
// twice.

import { setTimeout as sleep } from "node:timers/promises";
import type { EventLog, LogRecord, PartitionRange } from "../event-log.ts";

export interface FollowOptions {
  /** So many records of each partition before its end come first, at most. */
  readonly back: number;
  readonly onRecords: (records: readonly LogRecord[]) => void;
  /** A partition cannot be read; it is tried again. Said once until it can. */
  readonly onTrouble: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface Following {
  /** Resolves when what was there at the start has come. */
  readonly caughtUp: Promise<void>;
  /** Partitions that cannot be read now. */
  readonly troubled: ReadonlySet<number>;
}

const AGAIN_MS = 250;

/** Rejects when the topic's partitions cannot be had. */
export async function followTopic(log: EventLog, topic: string, options: FollowOptions): Promise<Following> {
  const troubled = new Set<number>();
  const ranges = await log.ranges(topic);
  const caughtUp = ranges.map(
    (range) => new Promise<void>((resolve) => void followPartition(log, topic, range, troubled, options, resolve)),
  );
  return { caughtUp: Promise.all(caughtUp).then(() => undefined), troubled };
}

async function followPartition(
  log: EventLog,
  topic: string,
  { partition, start, end }: PartitionRange,
  troubled: Set<number>,
  { back, onRecords, onTrouble, signal }: FollowOptions,
  caughtUp: () => void,
): Promise<void> {
  let next = Math.max(start, end - back);
  const read = async (follow: boolean): Promise<void> => {
    for await (const batch of log.read(topic, partition, next, { follow, signal })) {
      onRecords(batch);
      next = (batch.at(-1)?.offset ?? next - 1) + 1;
    }
  };
  while (!signal.aborted) {
    try {
      await read(false);
      troubled.delete(partition);
      caughtUp();
      await read(true);
    } catch (error) {
      if (signal.aborted) return;
      if (!troubled.has(partition))
        onTrouble(`${topic} ${partition}: ${error instanceof Error ? error.message : String(error)}`);
      troubled.add(partition);
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
