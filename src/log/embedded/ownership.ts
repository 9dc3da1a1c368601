// Ownership
// Who runs a kind of task, and under which epoch each of its partitions is claimed. All of it is read and changed inside
// write transactions only, so that a commit's check of its epoch and the commit are one.
//
// Invariants:
//   O1. A kind has one owner. A second one is refused while the owner's process lives, and takes over at once when not.
//   O2. A claim raises the partition's epoch; a commit under an older epoch is refused. So even an owner wrongly taken
//       for dead cannot write.

import {
  AlreadyRunning,
  Fenced,
  type PartitionOwner,
  type Positions,
  type TaskKind,
  type TaskPositions,
} from "../event-log.ts";
import type { Liveness } from "./liveness.ts";
import type { Tables, TaskEntry } from "./sqlite/tables.ts";

export function kindName(kind: TaskKind): string {
  return `${kind.application}/${kind.kind}`;
}

/** Inside a write: makes `token` the owner, or throws `AlreadyRunning`. */
export function takeOwnership(tables: Tables, kind: TaskKind, liveness: Liveness, token: string, nowMs: number): void {
  const name = kindName(kind);
  const owner = tables.owner(name);
  if (owner && liveness.isAlive(owner)) {
    const since = new Date(owner.sinceMs).toISOString();
    throw new AlreadyRunning(
      `${kind.kind} of ${kind.application} is run by process ${owner.pid} since ${since}: ` +
        `let it work, or stop it (kill ${owner.pid}) and start again; sending, reading and verifying need no owner`,
    );
  }
  tables.putOwner(name, { ...liveness.self, token, sinceMs: nowMs });
}

/** Inside a write: gives the ownership back, if it is still `token`'s. */
export function dropOwnership(tables: Tables, kind: TaskKind, token: string): void {
  const name = kindName(kind);
  if (tables.owner(name)?.token === token) tables.removeOwner(name);
}

/** Inside a write: the partition's next epoch, if `token` is the owner. */
export function raiseEpoch(tables: Tables, kind: TaskKind, partition: number, token: string): number {
  const name = kindName(kind);
  const owner = tables.owner(name);
  if (owner?.token !== token)
    throw new Fenced(`${kind.kind}-${partition}: ${owner ? `process ${owner.pid} has taken over` : "given back"}`);
  const entry = tables.task(name, partition);
  tables.putTask(name, partition, { ...entry, epoch: entry.epoch + 1 });
  return entry.epoch + 1;
}

/** Throws `Fenced` when the partition has been claimed since `epoch`. */
export function checkEpoch(tables: Tables, kind: TaskKind, partition: number, epoch: number): TaskEntry {
  const entry = tables.task(kindName(kind), partition);
  if (entry.epoch !== epoch)
    throw new Fenced(`${kind.kind}-${partition}: claimed again (epoch ${entry.epoch}, this one is ${epoch})`);
  return entry;
}

/** Inside a write. */
export function commitPositions(
  tables: Tables,
  kind: TaskKind,
  partition: number,
  entry: TaskEntry,
  to: Positions,
): void {
  tables.putTask(kindName(kind), partition, { epoch: entry.epoch, positions: { ...entry.positions, ...to } });
}

export function committedPositions(tables: Tables, kind: TaskKind, partitions: number): TaskPositions[] {
  const found: TaskPositions[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const entry = tables.task(kindName(kind), partition);
    if (entry.epoch > 0) found.push({ partition, positions: entry.positions });
  }
  return found;
}

/** The one process that runs the kind has all of its partitions, while it lives. */
export function ownersOf(tables: Tables, kind: TaskKind, liveness: Liveness, partitions: number): PartitionOwner[] {
  const owner = tables.owner(kindName(kind));
  if (owner === undefined || !liveness.isAlive(owner)) return [];
  return Array.from({ length: partitions }, (_, partition) => ({ partition, owner: `process ${owner.pid}` }));
}
