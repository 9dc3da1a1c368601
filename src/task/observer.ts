// What may be watched of a task: its cycles and what became of it. Watching changes nothing.

import type { TaskState } from "./lifecycle.ts";
import type { CountKey, CycleCounts, CycleNote } from "./processor.ts";
import type { Verdict } from "./cycle/verdicts.ts";

export type { CountKey, CycleCounts };

export interface CycleReport {
  readonly kind: string;
  readonly partition: number;
  readonly cycle: number;
  readonly nowMs: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly stateChanges: number;
  readonly counts: CycleCounts;
  readonly notes: readonly CycleNote[];
  readonly prepareMs: number;
  readonly processMs: number;
  readonly commitMs: number;
  readonly applyMs: number;
}

export interface CycleObserver {
  /** A stopwatch; the observer brings it, so that nothing in a task reads a clock. */
  elapsedMs(): number;
  /** After each cycle that committed. */
  cycle(report: CycleReport): void;
}

/** Who fills a local store: the partition's task, or a copy that stands by for it (standby.ts). */
export type RestoredBy = "task" | "standby";

/** How far a local store has come that is being brought to the end of its changelog. */
export interface RestoreReport {
  readonly kind: string;
  readonly partition: number;
  readonly by: RestoredBy;
  /** Changelog records and their bytes (keys and values), since this restore began, and of them since the last report. */
  readonly records: number;
  readonly bytes: number;
  readonly newRecords: number;
  readonly tookMs: number;
  /** Offsets of the changelog that are still to come, gaps included; null where nobody could say; 0 when it is over. */
  readonly left: number | null;
  /** Share of the offsets that are behind it; null where nobody could say. */
  readonly share: number | null;
  readonly over: boolean;
}

export interface RestoreObserver {
  elapsedMs(): number;
  /** Now and then during a restore that takes long, and at the end of each. */
  restore(report: RestoreReport): void;
}

export interface TaskObserver extends CycleObserver, RestoreObserver {
  lifecycle(kind: string, partition: number, state: TaskState): void;
  trouble(kind: string, partition: number, verdict: Verdict, error: unknown): void;
}

export const unobserved: TaskObserver = {
  elapsedMs: () => 0,
  cycle: () => undefined,
  restore: () => undefined,
  lifecycle: () => undefined,
  trouble: () => undefined,
};
