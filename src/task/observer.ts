// What may be watched of a task: its cycles and what became of it. Watching changes nothing.

import type { TaskState } from "./lifecycle.ts";
import type { Verdict } from "./verdicts.ts";

export interface CycleReport {
  readonly kind: string;
  readonly partition: number;
  readonly cycle: number;
  readonly nowMs: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly stateChanges: number;
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

export interface TaskObserver extends CycleObserver {
  lifecycle(kind: string, partition: number, state: TaskState): void;
  trouble(kind: string, partition: number, verdict: Verdict, error: unknown): void;
}

export const unobserved: TaskObserver = {
  elapsedMs: () => 0,
  cycle: () => undefined,
  lifecycle: () => undefined,
  trouble: () => undefined,
};
