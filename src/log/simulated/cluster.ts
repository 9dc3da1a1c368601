// Cluster
// The EventLog in memory, for simulation and tests: one cluster, and a log for each process that connects to it. It keeps the
// whole contract of the port, with crashes and unknown outcomes as values (faults.ts). Nothing is random of its own.
//
// Invariants:
//   M1. A step takes effect at one instant: nothing in a store or a group changes across an await.
//   M2. Offsets have gaps, as Kafka's have (a marker after each transaction), so that nobody counts on their absence.
//   M3. A crashed process is gone: its memberships end without `revoked`, its task logs throw `Crashed`.

import type { OutRecord } from "../event-log.ts";
import type { Partitioner } from "../partitioner.ts";
import { Wakeup } from "../wakeup.ts";
import type { ClusterCore, SimulatedLog } from "./core.ts";
import { noFaults, type Faults } from "./faults.ts";
import { SimulatedGroups, type Sharing } from "./groups.ts";
import { createLog } from "./log.ts";
import { Store } from "./store.ts";

export interface SimulatedLogOptions {
  /** The log's clock; for records sent without a time stamp. */
  readonly now: () => number;
  readonly faults?: Faults;
  /** `one`: a kind runs in one process, as on the embedded log. `many`: processes share its partitions, as on Kafka. */
  readonly sharing?: Sharing;
  /** Left out: murmur2. */
  readonly partitioner?: Partitioner;
  readonly transactionMarkers?: boolean;
}

export interface SimulatedCluster {
  connect(process: string): SimulatedLog;
  /** As another's client would put them on a topic, which knows nothing of this port's bounds (bounds.ts). */
  append(records: readonly OutRecord[]): void;
  /** Compaction and retention, at once. */
  maintain(nowMs: number): void;
  /** From now on. */
  setFaults(faults: Faults): void;
}

export function createSimulatedCluster(options: SimulatedLogOptions): SimulatedCluster {
  let faults = options.faults ?? noFaults;
  let count = 0;
  const core: ClusterCore = {
    store: new Store(options.partitioner ?? "murmur2"),
    groups: new SimulatedGroups(options.sharing ?? "one"),
    wakeup: new Wakeup(),
    now: options.now,
    markers: options.transactionMarkers ?? true,
    fault(point) {
      const fault = faults({ ...point, count });
      count += 1;
      return fault;
    },
  };
  return {
    connect: (process) => createLog(core, process),
    append(records) {
      core.store.append(records, core.now(), false, { bounded: false });
      core.wakeup.wake();
    },
    maintain: (nowMs) => core.store.maintain(nowMs),
    setFaults: (next) => {
      faults = next;
    },
  };
}

export type { SimulatedLog } from "./core.ts";
