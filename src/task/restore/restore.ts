// Restore
// Brings a local store to the end of the changelog, and says where the task stands (laws C1, C3). A store that is ahead of the
// changelog, or of another one, is wiped and filled from the beginning; one that is behind only takes what it lacks. A copy
// that stands by (standby.ts) is restored the same way without a claim: it too reads only what is committed.

import { setImmediate } from "node:timers/promises";
import { must } from "../../domain/assert.ts";
import { errorMessage } from "../../domain/error-message.ts";
import { MAX_KEY_BYTES } from "../../log/bounds.ts";
import type { LogRecord } from "../../log/event-log.ts";
import { CONTROL_KEY, firstControl, type ControlCodec, type ControlRecord } from "../cycle/control-record.ts";
import { holdAtNewer, stampOf } from "../cycle/cycle.ts";
import type { LocalStore, Stamp, StateChange } from "../store/local-store.ts";
import { RestoreProgress, type ProgressOf } from "./restore-progress.ts";

/**
 * A store that is further behind than this is filled from the beginning: of a key that was deleted, the changelog keeps the
 * tombstone for a day (E5), and whoever comes later would keep the key for ever. Half of it, for clocks that differ.
 */
const MAX_BEHIND_MS = 12 * 3_600_000;

/** How far before its stamp a restore begins: far enough to meet the store's last control record behind Kafka's marker. */
const LOOK_BACK = 16;

/** Written at once: with more, heartbeats and the cycles of other tasks would wait for it too long. */
const MAX_WRITE_RECORDS = 1_000;

/** Nobody knows what a task was to go on from. */
export class ForeignRecord extends Error {
  override name = "ForeignRecord";
}

const UNNAMED = { lineage: "", cycle: 0, atMs: 0 };

export interface RestoreParts {
  /** The committed changelog of the partition from an offset to its end. */
  readonly read: (from: number) => AsyncIterable<readonly LogRecord[]>;
  readonly store: LocalStore;
  readonly codec: ControlCodec;
  readonly newLineage: () => string;
  /** Throws when the partition has been given up meanwhile: then the store may be another's (law C8). */
  readonly assertHeld: () => void;
  readonly progress: ProgressOf;
}

export async function restore(parts: RestoreParts): Promise<ControlRecord> {
  const { store, newLineage } = parts;
  const stamp = store.stamp();
  if (stamp !== null && stamp.cycle > 0) {
    const control = await replay(parts, stamp);
    if (control !== null) return control;
  }
  parts.assertHeld();
  if (stamp !== null) store.wipe();
  return (await replay(parts, null)) ?? firstControl(newLineage());
}

/**
 * The last control record; null when there is none, or when it and the stamp are not of one history that is all there. The
 * store's own last control record is read once more: it tells a store that is behind from one that is ahead or foreign.
 */
async function replay(
  { read, store, codec, assertHeld, progress: of }: RestoreParts,
  stamp: Stamp | null,
): Promise<ControlRecord | null> {
  const progress = new RestoreProgress(of);
  const before = stamp?.changelogEnd ?? 0;
  let control: ControlRecord | null = null;
  for await (const batch of inBatches(read(Math.max(0, before - LOOK_BACK)))) {
    assertHeld();
    holdAtNewer(batch);
    const changes: StateChange[] = [];
    let end = 0;
    for (const record of batch) {
      const key = keyOf(record);
      end = record.offset + 1;
      if (key === null) continue;
      if (key === CONTROL_KEY) {
        control = controlOf(record, codec);
        if (stamp !== null && !isSameHistory(stamp, control)) return null;
      } else if (record.offset >= before) changes.push([key, record.value]);
    }
    // Until the first control record has come, the history has no name: a restore that ends here begins again.
    const named = control === null ? (stamp ?? UNNAMED) : stampOf(control);
    if (end > before)
      store.apply(changes, { lineage: named.lineage, cycle: named.cycle, atMs: named.atMs, changelogEnd: end });
    await progress.passed(batch);
  }
  assertHeld();
  progress.over();
  if (stamp === null || control === null) return control;
  return control.cycle >= stamp.cycle && control.atMs - stamp.atMs <= MAX_BEHIND_MS ? control : null;
}

async function* inBatches(read: AsyncIterable<readonly LogRecord[]>): AsyncGenerator<readonly LogRecord[]> {
  for await (const batch of read)
    for (let at = 0; at < batch.length; at += MAX_WRITE_RECORDS) {
      if (at > 0) await setImmediate();
      yield batch.slice(at, at + MAX_WRITE_RECORDS);
    }
}

function controlOf({ topic, partition, offset, value }: LogRecord, codec: ControlCodec): ControlRecord {
  try {
    return codec.decode(must(value, "a value"));
  } catch (error) {
    const why = errorMessage(error);
    throw new ForeignRecord(
      `${topic} ${partition}@${offset} is in the place of a control record and is none of ours (${why}): somebody else has ` +
        "written to the changelog. `dead-letters skip` does not help here: see docs/OPERATIONS.md, A foreign record in a changelog",
    );
  }
}

function isSameHistory(stamp: Stamp, control: ControlRecord): boolean {
  if (control.lineage !== stamp.lineage) return false;
  return control.cycle !== stamp.cycle || control.atMs === stamp.atMs;
}

/** Null for a record that no cycle has written: it has no key, or one that is longer than any of ours, and says nothing of ours. */
function keyOf({ key, unreadable }: LogRecord): string | null {
  if (key === null || key.length > MAX_KEY_BYTES || unreadable !== undefined) return null;
  return Buffer.from(key).toString("utf8");
}
