// Assigner
// Who gets which partition of a kind. It is pure: the leader of the group asks it in each round.
//
// Invariants:
//   A1. Every partition has at most one member, and the same for all topics of the kind: a partition is a task.
//   A2. When all is settled every partition has a member, and no two members differ by more than one.
//   A3. Sticky: a partition moves only for the balance or because its member is gone.
//   A4. A partition that moves from a living member is given to nobody in the round that takes it away. That member drains its
//       task and joins again, and the next round hands it on. All other tasks go on meanwhile.

import { must } from "../../../domain/assert.ts";

export interface GroupMember {
  readonly id: string;
  /** What it runs now. */
  readonly owned: readonly number[];
  /** The round that gave it those; of two who claim the same, the later is right. */
  readonly generation: number;
}

export interface Assignment {
  readonly byMember: ReadonlyMap<string, readonly number[]>;
  /** Free in the next round: whoever loses one joins again. */
  readonly moving: readonly number[];
}

export function assign(members: readonly GroupMember[], partitions: number): Assignment {
  const owner = owners(members, partitions);
  const target = targets(members, owner, partitions);
  const byMember = new Map<string, number[]>(members.map(({ id }) => [id, []]));
  const moving: number[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const to = target.get(partition);
    const from = owner.get(partition);
    if (to === undefined) continue;
    if (from !== undefined && from !== to) moving.push(partition);
    else must(byMember.get(to), to).push(partition);
  }
  return { byMember, moving };
}

/** By partition: the living member that runs it. */
function owners(members: readonly GroupMember[], partitions: number): Map<number, string> {
  const owner = new Map<number, string>();
  for (const { id, owned } of members.toSorted((a, b) => a.generation - b.generation || compare(a.id, b.id)))
    for (const partition of owned) if (partition >= 0 && partition < partitions) owner.set(partition, id);
  return owner;
}

/** By partition: the member that shall run it. */
function targets(
  members: readonly GroupMember[],
  owner: ReadonlyMap<number, string>,
  partitions: number,
): Map<number, string> {
  const target = new Map<number, string>();
  const free: number[] = [];
  const quota = quotas(members, owner, partitions);
  for (let partition = 0; partition < partitions; partition += 1) {
    const id = owner.get(partition);
    const left = id === undefined ? 0 : (quota.get(id) ?? 0);
    if (id === undefined || left === 0) free.push(partition);
    else {
      target.set(partition, id);
      quota.set(id, left - 1);
    }
  }
  for (const [id, left] of quota) for (const partition of free.splice(0, left)) target.set(partition, id);
  return target;
}

/** How many each shall have; those who have most get the odd ones, so that the least moves. */
function quotas(
  members: readonly GroupMember[],
  owner: ReadonlyMap<number, string>,
  partitions: number,
): Map<string, number> {
  const held = new Map<string, number>(members.map(({ id }) => [id, 0]));
  for (const id of owner.values()) held.set(id, (held.get(id) ?? 0) + 1);
  const most = [...held].toSorted(([a, x], [b, y]) => y - x || compare(a, b));
  const each = Math.floor(partitions / most.length);
  const odd = partitions % most.length;
  return new Map(most.map(([id], index) => [id, each + (index < odd ? 1 : 0)]));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
