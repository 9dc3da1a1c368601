// Skip record: moves a task's position behind one record by hand, in a cycle of its own that does nothing else, while nobody runs
// the task. In the order of every start (law C2), and only past the record that is next: what was before it has been done.

import { assert } from "../../domain/assert.ts";
import { within } from "../../domain/within.ts";
import {
  LogError,
  type EventLog,
  type LogRecord,
  type OutRecord,
  type TaskKind,
  type TaskLog,
} from "../../log/event-log.ts";
import { CONTROL_KEY, type ControlCodec } from "./control-record.ts";
import type { LocalStore } from "../store/local-store.ts";
import { unobserved } from "../observer.ts";
import { restore } from "../restore/restore.ts";

export interface SkipNextRecord {
  readonly log: EventLog;
  readonly kind: TaskKind;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly codec: ControlCodec;
  readonly nowMs: number;
  readonly newLineage: () => string;
  /** Keeps the record, in the same transaction. */
  readonly letter: (record: LogRecord) => OutRecord;
  /** How long the partition is waited for. */
  readonly waitMs: number;
}

export class NotNext extends Error {
  override name = "NotNext";
}

export async function skipNextRecord(options: SkipNextRecord): Promise<void> {
  const { log, kind, partition, waitMs } = options;
  assert(kind.inputs.includes(options.topic), `${options.topic} is an input of ${kind.kind}`);
  const claimed = Promise.withResolvers<() => Promise<TaskLog>>();
  const membership = await log.join(kind, {
    assigned: (given, claim) => {
      if (given === partition) claimed.resolve(claim);
    },
    revoked: () => Promise.resolve(),
    failed: (error) => claimed.reject(error),
  });
  try {
    const claim = await within(claimed.promise, waitMs);
    if (claim === null)
      throw new LogError(`${kind.kind} ${partition} is another's: stop every allocator of ${kind.application} first`);
    await pass(options, await claim());
  } finally {
    await membership.leave();
  }
}

async function pass(options: SkipNextRecord, task: TaskLog): Promise<void> {
  const { log, kind, topic, partition, offset, codec, nowMs, newLineage } = options;
  const last = await restore({
    read: (from) => task.restore(from),
    store: FORGETFUL,
    codec,
    newLineage,
    assertHeld: () => undefined,
    progress: {
      kind: kind.kind,
      partition,
      by: "task",
      observer: unobserved,
      changelogEnd: () => Promise.resolve(0),
    },
  });
  const [record, next] = await recordFrom(log, topic, partition, last.positions[topic] ?? 0);
  if (record === null || record.offset !== offset)
    throw new NotNext(
      `${topic} ${partition}@${offset} is not what ${kind.kind} comes to next: that is ${next}. Only the record at which a task ` +
        "stops can be passed over; the task's own message names it",
    );
  const positions = { ...last.positions, [topic]: offset + 1 };
  const control = {
    lineage: last.lineage,
    cycle: last.cycle + 1,
    atMs: Math.max(nowMs, last.atMs),
    positions,
  };
  const changelog = { topic: kind.changelog, partition, key: Buffer.from(CONTROL_KEY), value: codec.encode(control) };
  await task.seek(last.positions);
  await task.commit([options.letter(record), changelog], positions);
  await task.release();
}

async function recordFrom(
  log: EventLog,
  topic: string,
  partition: number,
  from: number,
): Promise<[LogRecord | null, string]> {
  for await (const batch of log.read(topic, partition, from, { maxRecords: 1 }))
    for (const record of batch) return [record, `${partition}@${record.offset}`];
  return [null, "nothing: it has come to the end"];
}

/** Only the last control record is wanted of the changelog. */
const FORGETFUL: LocalStore = {
  get: () => undefined,
  due: () => [],
  stamp: () => null,
  apply: () => undefined,
  wipe: () => undefined,
  close: () => Promise.resolve(),
};
