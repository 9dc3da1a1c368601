// User records: everything of one user that the log has, read from the user's own partition, from a while ago.

import { keyIs } from "../../domain/ids.ts";
import { codecFor, decodedOrNull, type TopicValues } from "../../log/codec/codec.ts";
import type { EventLog } from "../../log/event-log.ts";
import { partitionOf } from "../../log/partitioner.ts";
import { userPage, type UserPage, type UserRecords } from "../views/pages/user-page.ts";
import { offsetAt } from "../../log/reading/offset-at.ts";

/** Of each topic's partition, from its end: reading more would hold whoever looks, and the log, for too long. */
const MOST_READ = 300_000;
/** Of each topic, the latest. */
const MOST_KEPT = 500;
const DAY_MS = 86_400_000;

/** `days`: how far back; profiles, of which the log keeps the latest, are read whole. */
export async function readUser(
  log: EventLog,
  userId: string,
  { nowMs, days, signal }: { readonly nowMs: number; readonly days: number; readonly signal: AbortSignal },
): Promise<UserPage> {
  const partitions = (await log.ranges("decisions")).length;
  const partition = partitionOf(Buffer.from(userId), { partitioner: log.partitioner, partitions });
  const wanted = nowMs - days * DAY_MS;
  let sinceMs: number | null = null;
  const read = async <N extends keyof UserRecords>(topic: N): Promise<readonly TopicValues[N][]> => {
    const range = (await log.ranges(topic)).find((each) => each.partition === partition);
    if (range === undefined || range.end === range.start) return [];
    const wide = topic === "profiles" ? range.start : await offsetAt(log, topic, range, wanted);
    const from = Math.max(wide, range.end - MOST_READ);
    const found: TopicValues[N][] = [];
    let isFirst = true;
    for await (const batch of log.read(topic, partition, from, { signal })) {
      for (const { key, value, timestampMs } of batch) {
        if (isFirst && from > range.start && topic !== "profiles") sinceMs = Math.max(sinceMs ?? 0, timestampMs);
        isFirst = false;
        if (value === null || !keyIs(key, userId)) continue;
        const decoded = decodedOrNull(codecFor(topic), value);
        if (decoded !== null) found.push(decoded);
        if (found.length > MOST_KEPT) found.shift();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    return found;
  };
  const records: UserRecords = {
    profiles: await read("profiles"),
    sessions: await read("sessions"),
    decisions: await read("decisions"),
    outcomes: await read("outcomes"),
    settlements: await read("settlements"),
  };
  return userPage({ userId, partition, sinceMs }, records);
}
