// Core
// What the simulated cluster, its processes and their tasks share.

import type { EventLog } from "../event-log.ts";
import type { Wakeup } from "../wakeup.ts";
import type { SimulatedFault, FaultPoint, SimulatedStep } from "./faults.ts";
import type { SimulatedGroups } from "./groups.ts";
import type { Store } from "./store.ts";

export interface SimulatedLog extends EventLog {
  readonly process: string;
  readonly crashed: boolean;
  /** SIGKILL: every call of this log, also those under way, throws `Crashed`. */
  crash(): void;
  /** SIGSTOP for longer than the session time-out: the others take this one for dead, while it goes on as a zombie. */
  expire(): void;
}

/** What the logs and their tasks share. */
export interface ClusterCore {
  readonly store: Store;
  readonly groups: SimulatedGroups;
  readonly wakeup: Wakeup;
  readonly now: () => number;
  readonly markers: boolean;
  fault(point: Omit<FaultPoint, "count">): SimulatedFault;
}

/** A process: alive, until it crashes or closes. */
export interface Process {
  readonly name: string;
  readonly core: ClusterCore;
  /** Throws when the process is gone; call it after every await. */
  check(): void;
  /** Runs one step under its fault. */
  step<T>(step: SimulatedStep, task: string | null, effect: () => T): Promise<T>;
}
