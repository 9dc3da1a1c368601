// User records: what the log has of one user, read from the user's own partition a stretch of time after the other, the latest
// first. A stretch is as long as a bounded number of records is, so that no look-up holds the log for long, however far back
// it goes.

import { keyIs } from "../../domain/ids.ts";
import { codecFor, decodedOrNull, type TopicValues } from "../../log/codec/codec.ts";
import { erasedAt } from "../../log/codec/erased-users.ts";
import type { EventLog, PartitionRange } from "../../log/event-log.ts";
import { partitionOf } from "../../log/partitioner.ts";
import { offsetAt } from "../../log/reading/offset-at.ts";
import { userPage, type CampaignOf, type UserPage, type UserRecords } from "../views/pages/user-page.ts";
import type { TimeZoneOf } from "../../domain/campaign/time-zones.ts";

/** Of each topic's partition, in a stretch. */
const MOST_READ = 50_000;
/** Of each topic, the latest of a stretch. */
const MOST_KEPT = 500;

const OF_USER = ["profiles", "sessions", "decisions", "outcomes", "settlements"] as const;

export interface UserLookUp {
  /** The stretch before this time; null: the latest. */
  readonly untilMs: number | null;
  readonly campaignOf: CampaignOf;
  readonly zoneOf: TimeZoneOf;
  readonly signal: AbortSignal;
  readonly mostRead?: number;
}

/** A topic's offsets within the stretch, from `from` up to `end`. */
interface Part extends PartitionRange {
  readonly from: number;
}

export async function readUser(log: EventLog, userId: string, asked: UserLookUp): Promise<UserPage> {
  const { untilMs, campaignOf, zoneOf, signal, mostRead = MOST_READ } = asked;
  const partitions = (await log.ranges("decisions")).length;
  const partition = partitionOf(Buffer.from(userId), { partitioner: log.partitioner, partitions });
  const ranges = await rangesUntil(log, partition, untilMs);
  const sinceMs = await beginningOf(log, ranges, untilMs, mostRead);
  const parts = new Map<string, Part>();
  for (const [topic, range] of ranges)
    parts.set(topic, { ...range, from: sinceMs === null ? range.start : await offsetAt(log, topic, range, sinceMs) });
  const forgottenMs = await erasedAt(log, userId, partition);
  const read = async <N extends keyof UserRecords>(topic: N): Promise<readonly TopicValues[N][]> => {
    const found: TopicValues[N][] = [];
    const { from, end } = parts.get(topic) ?? { from: 0, end: 0 };
    if (from >= end) return found;
    for await (const batch of log.read(topic, partition, from, { signal })) {
      for (const { key, value, timestampMs, offset } of batch) {
        if (offset >= end || value === null || !keyIs(key, userId)) continue;
        if (forgottenMs !== null && timestampMs <= forgottenMs) continue;
        const decoded = decodedOrNull(codecFor(topic), value);
        if (decoded !== null) found.push(decoded);
        if (found.length > MOST_KEPT) found.shift();
      }
      if ((batch.at(-1)?.offset ?? 0) >= end - 1) break;
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
  return userPage({ userId, partition, sinceMs, erasedAtMs: forgottenMs }, records, campaignOf, zoneOf);
}

async function rangesUntil(
  log: EventLog,
  partition: number,
  untilMs: number | null,
): Promise<ReadonlyMap<string, PartitionRange>> {
  const found = new Map<string, PartitionRange>();
  for (const topic of OF_USER) {
    const range = (await log.ranges(topic)).find((each) => each.partition === partition);
    if (range === undefined) continue;
    found.set(topic, untilMs === null ? range : { ...range, end: await offsetAt(log, topic, range, untilMs) });
  }
  return found;
}

/** The time from which no topic has more than `mostRead` records in the stretch; null: all that is left are in it. */
async function beginningOf(
  log: EventLog,
  ranges: ReadonlyMap<string, PartitionRange>,
  untilMs: number | null,
  mostRead: number,
): Promise<number | null> {
  const times = [...ranges].map(async ([topic, { partition, start, end }]) => {
    const at = end - mostRead;
    if (at <= start) return [];
    for await (const [record] of log.read(topic, partition, at, { maxRecords: 1 }))
      return record === undefined ? [] : [record.timestampMs];
    return [];
  });
  const known = (await Promise.all(times)).flat();
  if (known.length === 0) return null;
  // However many records have one time, each stretch goes further back.
  return Math.min(Math.max(...known), untilMs === null ? Infinity : untilMs - 1);
}
