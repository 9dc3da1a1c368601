// Erased users: the list as it is now, for whoever reads rows of users, or of one user.

import { ErasedUsers } from "../../domain/session/erasure.ts";
import { keyIs } from "../../domain/ids.ts";
import type { EventLog } from "../event-log.ts";
import { readTopic } from "./reading.ts";

export async function erasedUsers(log: EventLog): Promise<ErasedUsers> {
  const erased = new ErasedUsers();
  for await (const { record, value } of readTopic(log, "erasures"))
    if (value !== null && keyIs(record.key, value.userId)) erased.add(value);
  return erased;
}

/** When the user was erased last, from the user's own partition; null: never. */
export async function erasedAt(log: EventLog, userId: string, partition: number): Promise<number | null> {
  let atMs: number | null = null;
  const range = (await log.ranges("erasures")).find((each) => each.partition === partition);
  if (range === undefined) return null;
  for await (const { record, value } of readTopic(log, "erasures", { partition, from: range.start }))
    if (value?.userId === userId && keyIs(record.key, userId)) atMs = Math.max(atMs ?? -Infinity, value.atMs);
  return atMs;
}
