// Follow
// Topics' records as they come, over all their partitions, for whoever keeps up with them outside of a task: first what is
// there, one topic after the other, then what follows. A log that is away is waited for; nothing is left out and nothing comes
// twice.

import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { errorMessage } from "../../domain/error-message.ts";
import type { EventLog, LogRecord, PartitionRange } from "../event-log.ts";

export interface FollowedTopic {
  readonly topic: string;
  /** Where a partition is begun. */
  readonly from: (range: PartitionRange) => number | Promise<number>;
}

export interface FollowOptions {
  /** Of any of the topics, those of a partition in their order; what comes next waits until it has resolved. */
  readonly onRecords: (records: readonly LogRecord[]) => void | Promise<void>;
  /** The log cannot be read; it is tried again. Said once until it can, and then as null. */
  readonly onTrouble: (text: string | null) => void;
  readonly signal: AbortSignal;
}

export interface Following {
  /** Resolves when what was there at the start has come. */
  readonly caughtUp: Promise<void>;
  /** The log cannot be read now. */
  readonly isTroubled: () => boolean;
}

interface Reached {
  readonly topic: string;
  readonly partition: number;
  from: number;
}

const AGAIN_MS = 250;
const LOT = 500;

/** So many records of each partition before its end come first, at most. */
export function lastOf(records: number): FollowedTopic["from"] {
  return ({ start, end }) => Math.max(start, end - records);
}

/** Rejects when the topics' partitions cannot be had. */
export async function followTopics(
  log: EventLog,
  topics: readonly FollowedTopic[],
  { onRecords, onTrouble, signal }: FollowOptions,
): Promise<Following> {
  const all = new Map<string, Reached>();
  for (const { topic, from } of topics)
    for (const range of await log.ranges(topic))
      all.set(`${topic}/${range.partition}`, { topic, partition: range.partition, from: await from(range) });
  const take = async (records: readonly LogRecord[]): Promise<void> => {
    await onRecords(records);
    for (const { topic, partition, offset } of records) {
      const reached = all.get(`${topic}/${partition}`);
      if (reached !== undefined) reached.from = offset + 1;
    }
  };
  const toEnd = async ({ topic, partition, from }: Reached): Promise<void> => {
    for await (const batch of log.read(topic, partition, from, { signal, maxRecords: LOT })) {
      await take(batch);
      // Others get their turn, however much there is.
      await setImmediate();
    }
  };
  let isTroubled = false;
  const { promise: caughtUp, resolve } = Promise.withResolvers<void>();
  const follow = async (): Promise<void> => {
    while (!signal.aborted)
      try {
        for (const { topic } of topics)
          await Promise.all([...all.values()].filter((each) => each.topic === topic).map(toEnd));
        if (isTroubled) onTrouble(null);
        isTroubled = false;
        resolve();
        for await (const batch of log.follow([...all.values()], signal)) await take(batch);
      } catch (error) {
        if (signal.aborted) return;
        if (!isTroubled) onTrouble(errorMessage(error));
        isTroubled = true;
        await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
  };
  void follow();
  return { caughtUp, isTroubled: () => isTroubled };
}
