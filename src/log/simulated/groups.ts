// Groups
// Who runs which partition of a kind. Sticky and balanced; a partition that moves is revoked from a living member
// before it is assigned to the next. Epochs fence: the last claim of a partition counts.

import { must } from "../../domain/assert.ts";
import { AlreadyRunning, type Member, type Positions, type TaskKind } from "../event-log.ts";

export type Sharing = "one" | "many";

export interface SimulatedMember {
  readonly process: string;
  readonly member: Member;
  readonly partitions: Set<number>;
  /** Given back: its task logs are over, whether or not somebody else has claimed since. */
  readonly givenBack: Set<number>;
  /** What `assigned` hands over. */
  readonly claim: (partition: number, assignment: number) => () => ReturnType<Parameters<Member["assigned"]>[1]>;
  /** Which assignment of each partition counts: a claim of an earlier one is over. */
  readonly assignments: Map<number, number>;
  alive: boolean;
}

interface Group {
  readonly partitions: number;
  assignments: number;
  members: SimulatedMember[];
  readonly epochs: Map<number, number>;
  readonly positions: Map<number, Positions>;
  /** Rebalances come one after another. */
  turn: Promise<void>;
}

export class SimulatedGroups {
  readonly #groups = new Map<string, Group>();
  readonly #sharing: Sharing;

  constructor(sharing: Sharing) {
    this.#sharing = sharing;
  }

  group(kind: TaskKind, partitions: number): Group {
    const name = `${kind.application}-${kind.kind}`;
    let group = this.#groups.get(name);
    if (!group) {
      group = {
        partitions,
        assignments: 0,
        members: [],
        epochs: new Map(),
        positions: new Map(),
        turn: Promise.resolve(),
      };
      this.#groups.set(name, group);
    }
    return group;
  }

  async join(group: Group, member: SimulatedMember): Promise<void> {
    const other = group.members.find((candidate) => candidate.alive);
    if (other && this.#sharing === "one")
      throw new AlreadyRunning(`${other.process} runs this kind of task: stop it first, or let it work`);
    group.members.push(member);
    await this.rebalance(group);
  }

  /** Gives the member's partitions back, each revoked first. */
  async leave(group: Group, member: SimulatedMember): Promise<void> {
    await this.#inTurn(group, async () => {
      for (const partition of member.partitions) await revoke(member, partition);
      drop(group, member);
    });
    await this.rebalance(group);
  }

  /** Without `revoked`: the member is dead, or taken for dead. */
  lose(group: Group, member: SimulatedMember): void {
    if (!group.members.includes(member)) return;
    drop(group, member);
    void this.rebalance(group);
  }

  async rebalance(group: Group): Promise<void> {
    await this.#inTurn(group, async () => {
      const quotas = targets(group);
      for (const [member, quota] of quotas) {
        for (const partition of [...member.partitions].slice(quota)) await revoke(member, partition);
      }
      const taken = new Set(group.members.flatMap((member) => [...member.partitions]));
      const free = Array.from({ length: group.partitions }, (_, partition) => partition).filter((p) => !taken.has(p));
      for (const [member, quota] of quotas) {
        while (member.alive && member.partitions.size < quota && free.length > 0) {
          const partition = must(free.shift(), "a free partition");
          member.partitions.add(partition);
          member.givenBack.delete(partition);
          group.assignments += 1;
          member.assignments.set(partition, group.assignments);
          member.member.assigned(partition, member.claim(partition, group.assignments));
        }
      }
    });
  }

  async #inTurn(group: Group, work: () => Promise<void>): Promise<void> {
    const turn = group.turn.then(work);
    group.turn = turn.catch(() => undefined);
    await turn;
  }
}

function targets(group: Group): [SimulatedMember, number][] {
  const { members, partitions } = group;
  const most = members.toSorted((a, b) => b.partitions.size - a.partitions.size);
  return most.map((member, index) => [
    member,
    Math.floor(partitions / members.length) + (index < partitions % members.length ? 1 : 0),
  ]);
}

async function revoke(member: SimulatedMember, partition: number): Promise<void> {
  if (member.alive) await member.member.revoked(partition);
  member.partitions.delete(partition);
  member.givenBack.add(partition);
}

function drop(group: Group, member: SimulatedMember): void {
  member.alive = false;
  member.partitions.clear();
  group.members = group.members.filter((candidate) => candidate !== member);
}

export type { Group };
