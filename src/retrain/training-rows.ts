// Training rows: the training log as everybody reads it: without what cannot be read, and without the rows of users who were
// erased after them.

import type { ErasedUsers } from "../domain/session/erasure.ts";
import type { TrainingRow } from "../domain/decision/training-row.ts";
import { codecFor, decodedOrNull } from "../log/codec/codec.ts";
import { erasedUsers } from "../log/codec/erased-users.ts";
import type { EventLog } from "../log/event-log.ts";

const codec = codecFor("training-log");

/** In order of partition and offset: a row, or why there is none. `onDone`: how much of it is read, from 0 to 1. */
export async function* trainingRows(
  log: EventLog,
  onDone: (done: number) => void = () => undefined,
): AsyncGenerator<TrainingRow | "undecodable" | "erased"> {
  const erased = await erasedUsers(log);
  const ranges = await log.ranges("training-log");
  for (const [index, { partition, start, end }] of ranges.entries())
    for await (const batch of log.read("training-log", partition, start)) {
      for (const { value } of batch) if (value !== null) yield readRow(value, erased);
      const offset = batch.at(-1)?.offset ?? start;
      onDone((index + (offset + 1 - start) / Math.max(1, end - start)) / ranges.length);
    }
}

function readRow(value: Uint8Array, erased: ErasedUsers): TrainingRow | "undecodable" | "erased" {
  const row = decodedOrNull(codec, value);
  if (row === null) return "undecodable";
  return erased.has(row.userId, row.decidedAtMs) ? "erased" : row;
}
