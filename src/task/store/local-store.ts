// LocalStore
// A task's state on the machine that runs it: a copy of the changelog that can be read by key, and nothing that could
// not be rebuilt from it (law C3). Reads are synchronous, because `process` is pure and does not wait.
// test/task/store/local-store.test.ts tests every implementation against it.
//
// Invariants:
//   S1. `apply` writes changes, due index and stamp together or not at all.
//   S2. A store may be behind the changelog, never ahead: whoever opens it goes on from its stamp.
//   S3. `due` is ordered by (time, key) and gives each key at most once, at its latest time.

import { assert } from "../../domain/assert.ts";
import type { StateView } from "../processor.ts";

/** How far the store has come. */
export interface Stamp {
  /** Everything of the changelog before this offset is in the store. */
  readonly changelogEnd: number;
  /** The last control record that is in the store: its log, its cycle and its time. Cycle 0: none yet. */
  readonly lineage: string;
  readonly cycle: number;
  readonly atMs: number;
}

export type StateChange = readonly [key: string, value: Uint8Array | null];

export interface LocalStore extends StateView {
  /** Null while the store is empty. */
  stamp(): Stamp | null;
  /** The last write of a key counts; null deletes it. */
  apply(changes: Iterable<StateChange>, stamp: Stamp): void;
  /** Forgets everything, the stamp too. */
  wipe(): void;
  close(): Promise<void>;
}

/** When a record is next due: Processor.index. */
export type DueIndex = (key: string, value: Uint8Array) => number | null;

/** Opens the store of a task's partition; called again after each dirty close. */
export type OpenStore = (partition: number, index: DueIndex) => LocalStore;

/** Longest state key, in UTF-8 bytes: what LMDB can carry with an index entry before it. */
export const MAX_STATE_KEY_BYTES = 1024;

/** Times beyond this are never due; 2⁴⁸ − 2 ms is the year 10,889. */
export const MAX_DUE_MS = 2 ** 48 - 2;

/** The due time as stores keep it: whole milliseconds, not before 0; null for never. Throws on what is not a number. */
export function dueTime(atMs: number | null, key: string): number | null {
  if (atMs === null || atMs > MAX_DUE_MS) return null;
  assert(!Number.isNaN(atMs), `due time of ${key} is not a number`);
  return Math.max(0, Math.ceil(atMs));
}

/** The local store could not be read or written; the changelog still has everything. */
export class StoreFailed extends Error {
  override name = "StoreFailed";
}
