// Processor
// What a task does with its records. The machinery of exactly-once (src/task/cycle/cycle.ts) knows only this.
//
//   prepare  may wait for the world (inference, a feature service) and returns facts; it must not change anything
//   process  is pure: (state, batch, facts, time) → (new state, records)

import type { LogRecord, OutRecord } from "../log/event-log.ts";

/** The task's state as last committed, by key. */
export interface StateView {
  get(key: string): Uint8Array | undefined;
  /** Keys of records whose index entries (Processor.index) are ≤ `upTo`, in index order, at most `limit`. */
  due(upTo: number, limit: number): readonly string[];
}

/** What a cycle works on; `cycle` counts from 1 and never repeats for a partition; `nowMs` is the only time there is. */
export interface CycleContext {
  readonly partition: number;
  readonly cycle: number;
  readonly nowMs: number;
}

export interface CycleOutput {
  /** Last write of a key counts; null deletes it. Keys that begin with NUL belong to the cycle itself. */
  readonly state: ReadonlyMap<string, Uint8Array | null>;
  /** In order. Records without a partition go by their key; the cycle adds the state changes and its control record. */
  readonly records: readonly OutRecord[];
  /** What the cycle did, for who watches; left out: nothing to tell. */
  readonly counts?: CycleCounts;
  /** What somebody should read of it; at most NOTES_MOST, left out: nothing. */
  readonly notes?: readonly CycleNote[];
}

/** A line for the log of the program. */
export interface CycleNote {
  readonly text: string;
  readonly campaign?: string;
  /** Of the record's W3C trace context. */
  readonly traceId?: string;
}

/** A flood of bad records must not become one of lines. */
export const NOTES_MOST = 5;

/** How often, by what and which of its kinds (`dead_letters/contract`). Both are out of closed lists: they name metrics. */
export type CountKey =
  `${"decisions" | "reasons" | "dead_letters" | "commands" | "alarms" | "outcomes" | "erasures"}/${string}`;
export type CycleCounts = ReadonlyMap<CountKey, number>;

export function countOne(counts: Map<CountKey, number>, key: CountKey): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export interface Processor<Facts> {
  prepare(view: StateView, batch: readonly LogRecord[], context: CycleContext): Promise<Facts>;
  process(view: StateView, batch: readonly LogRecord[], facts: Facts, context: CycleContext): CycleOutput;
  /** When a state record is next due (a hold's expiry), for `StateView.due`; null when never. Pure. */
  index(key: string, value: Uint8Array): number | null;
}
