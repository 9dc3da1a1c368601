// Faults
// What can go wrong at a step, as a value: the cluster asks before each one.

import type { Random } from "../../domain/random.ts";

export type SimulatedStep = "send" | "claim" | "restore" | "seek" | "poll" | "commit";

export interface FaultPoint {
  readonly step: SimulatedStep;
  /** Name of the process, as given to `connect`. */
  readonly process: string;
  /** Kind and partition of a task's step; null for `send`. */
  readonly task: string | null;
  /** Steps of the whole cluster so far; 0 for the first. */
  readonly count: number;
}

/**
 * crash_before/after: the process dies before the step or when it has taken effect; its call and all later ones throw
 * `Crashed`. unknown_before/after: a commit throws `OutcomeUnknown`, having taken effect or not (elsewhere as
 * `unavailable`). unavailable: `LogUnavailable`, nothing happened.
 */
export type SimulatedFault =
  "none" | "crash_before" | "crash_after" | "unknown_before" | "unknown_after" | "unavailable";

export type Faults = (point: FaultPoint) => SimulatedFault;

/** The process of this log has died: nothing that it still does counts. Not a LogError: no verdict is due. */
export class Crashed extends Error {
  override name = "Crashed";
}

export const noFaults: Faults = () => "none";

/** One fault at the n-th step that `matches` (0 is the first), then none. */
export function faultAt(
  n: number,
  fault: SimulatedFault,
  matches: (point: FaultPoint) => boolean = () => true,
): Faults {
  let seen = 0;
  return (point) => {
    if (!matches(point)) return "none";
    seen += 1;
    return seen === n + 1 ? fault : "none";
  };
}

/** Each fault with its own probability at every step; the same seed gives the same faults. */
export function seededFaults(random: Random, rates: Readonly<Partial<Record<SimulatedFault, number>>>): Faults {
  const table: [SimulatedFault, number][] = [];
  for (const fault of FAULTS) table.push([fault, rates[fault] ?? 0]);
  return () => {
    let draw = random.unit();
    for (const [fault, rate] of table) {
      if (draw < rate) return fault;
      draw -= rate;
    }
    return "none";
  };
}

const FAULTS = ["crash_before", "crash_after", "unknown_before", "unknown_after", "unavailable"] as const;
