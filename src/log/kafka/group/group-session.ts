// Group session
// A member's place in its group, and the requests that give and keep it: join, sync, heartbeat, leave. Whoever leads the
// group shares the partitions out, for all (assigner.ts).

import { LogError } from "../../event-log.ts";
import { assign, type GroupMember } from "./assigner.ts";
import type { Cluster } from "../client/cluster.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import type { Call } from "../protocol/calls.ts";
import {
  assignedPartitions,
  encodeAssignment,
  encodeSubscription,
  heartbeat,
  joinGroup,
  leaveGroup,
  MemberIdGiven,
  subscriptionUserData,
  syncGroup,
  type Joined,
  type MemberOf,
} from "../protocol/group-calls.ts";

const PROTOCOL = "stipend-sticky";
const REBALANCE_MS = 30_000;

export interface GroupOf {
  readonly group: string;
  /** By their names on the cluster; each has so many partitions. */
  readonly topics: readonly string[];
  readonly partitions: number;
}

export class GroupSession {
  readonly #cluster: Cluster;
  readonly #of: GroupOf;
  readonly #pool: ConnectionPool;
  #id = "";
  #generation = -1;

  constructor(cluster: Cluster, of: GroupOf) {
    this.#cluster = cluster;
    this.#of = of;
    this.#pool = cluster.pool();
  }

  get member(): MemberOf {
    return { group: this.#of.group, generation: this.#generation, member: this.#id };
  }

  /** One round, with what we have; answers what it gives us. */
  async join(owned: readonly number[]): Promise<number[]> {
    const joined = await this.#join(owned);
    const assignments = joined.leader === joined.member ? this.#assignments(joined) : new Map<string, Buffer>();
    return assignedPartitions(await this.#send(syncGroup(this.member, assignments, REBALANCE_MS)));
  }

  async #join(owned: readonly number[]): Promise<Joined> {
    const userData = Buffer.from(JSON.stringify({ owned, generation: this.#generation }));
    const request = {
      group: this.#of.group,
      sessionTimeoutMs: this.#cluster.settings.sessionTimeoutMs,
      rebalanceTimeoutMs: REBALANCE_MS,
      protocol: PROTOCOL,
      metadata: encodeSubscription(this.#of.topics, userData),
    };
    const joined = await this.#send(joinGroup({ ...request, member: this.#id })).catch((error: unknown) => {
      if (!(error instanceof MemberIdGiven)) throw error;
      this.#id = error.member;
      return this.#send(joinGroup({ ...request, member: this.#id }));
    });
    this.#id = joined.member;
    this.#generation = joined.generation;
    return joined;
  }

  /** As the group's leader. */
  #assignments(joined: Joined): Map<string, Buffer> {
    const members = joined.members.map(({ id, metadata }) => memberOf(id, subscriptionUserData(metadata)));
    const { byMember } = assign(members, this.#of.partitions);
    return new Map([...byMember].map(([id, partitions]) => [id, encodeAssignment(this.#of.topics, partitions)]));
  }

  async heartbeat(): Promise<void> {
    await this.#send(heartbeat(this.member));
  }

  /** The group knows us no more: the next round is a newcomer's. */
  forgotten(): void {
    this.#id = "";
    this.#generation = -1;
  }

  /** For good, with its connections. */
  async leave(): Promise<void> {
    try {
      if (this.#id !== "") await this.#send(leaveGroup({ group: this.#of.group, member: this.#id }));
    } finally {
      this.#cluster.closePool(this.#pool);
    }
  }

  async #send<T>(call: Call<T>): Promise<T> {
    const node = await this.#cluster.coordinator("group", this.#of.group);
    return await this.#pool.send(node, call);
  }
}

function memberOf(id: string, userData: Buffer): GroupMember {
  const data: unknown = JSON.parse(userData.toString("utf8"));
  if (typeof data !== "object" || data === null || !("owned" in data) || !("generation" in data))
    throw new LogError(`member ${id} of the group is no Stipend: change the application's name`);
  const owned = Array.isArray(data.owned) ? data.owned.filter((value) => Number.isInteger(value)) : [];
  return { id, owned: owned.map(Number), generation: Number(data.generation) };
}
