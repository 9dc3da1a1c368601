// Log
// The EventLog on Kafka. What it promises is the port's; how it keeps it is in the files beside this one.

import type {
  EventLog,
  LogState,
  PartitionOwner,
  Positions,
  TaskKind,
  TaskPositions,
  TopicSpec,
} from "../event-log.ts";
import { ClusterTopics, type TopicDifference } from "./catalogue.ts";
import { Cluster } from "./client/cluster.ts";
import { KafkaError } from "./client/errors.ts";
import { addressText } from "./client/socket.ts";
import { assignedPartitions, describeGroup } from "./protocol/group-calls.ts";
import { GroupMembership } from "./group/membership.ts";
import { endsOf } from "./reading/partition-reader.ts";
import { Reading } from "./reading/reading.ts";
import { Sender } from "./writing/sender.ts";
import { withDefaults, type KafkaSettings } from "./settings.ts";
import type { TaskContext } from "./transactions/task-log.ts";
import { ReadYourWrites } from "./reading/read-your-writes.ts";
import { EARLIEST, LATEST, offsetFetch } from "./protocol/calls.ts";

export interface KafkaLog extends EventLog {
  /** In what the cluster's topics differ from what is needed; changes nothing. */
  differences(specs: readonly TopicSpec[]): Promise<readonly TopicDifference[]>;
}

/** Connects, so that wrong settings are known at once. */
export async function openKafkaLog(settings: KafkaSettings, now: () => number): Promise<KafkaLog> {
  const cluster = new Cluster(withDefaults(settings));
  try {
    await cluster.retry("connect", () => cluster.metadata([]));
  } catch (error) {
    cluster.close();
    throw error;
  }
  return createKafkaLog(cluster, now);
}

/** On a cluster of the caller's. */
export function createKafkaLog(cluster: Cluster, now: () => number): KafkaLog {
  const catalogue = new ClusterTopics(cluster);
  const readYourWrites = new ReadYourWrites();
  const reading = new Reading(cluster, catalogue, readYourWrites);
  const sender = new Sender(cluster, catalogue, now);
  const context: TaskContext = { cluster, catalogue, readYourWrites, reading, now };
  const memberships = new Map<GroupMembership, TaskKind>();
  let closing: Promise<void> | null = null;

  return {
    partitioner: catalogue.partitioner,
    ensureTopics: (specs) => catalogue.ensure(specs),
    differences: (specs) => catalogue.differences(specs),
    topics: async () => (await catalogue.all()).map((topic) => topic.spec),
    async ranges(name) {
      const { spec } = await catalogue.topic(name);
      const topic = catalogue.physical(name);
      const starts = await endsOf(cluster, topic, spec.partitions, EARLIEST);
      const ends = await endsOf(cluster, topic, spec.partitions, LATEST);
      return starts.map((start, partition) => ({ partition, start, end: ends[partition] ?? start }));
    },
    send: (records) => sender.send(records),
    read: (topic, partition, from, options) => reading.read(topic, partition, from, options),
    follow: (places, signal) => reading.follow(places, signal),
    async join(kind, member) {
      cluster.checkOpen();
      const partitions = await catalogue.partitionsOf(kind);
      const membership = new GroupMembership(context, kind, groupOf(cluster, kind), member, partitions);
      memberships.set(membership, kind);
      await membership.join().catch((error: unknown) => {
        memberships.delete(membership);
        throw error;
      });
      return membership;
    },
    async committed(kind) {
      const positions = await groupPositions(cluster, catalogue, kind);
      // This process knows its own commits before the group tells them.
      for (const [membership, its] of memberships) {
        if (groupOf(cluster, its) !== groupOf(cluster, kind)) continue;
        for (const { partition, reached } of membership.logs)
          if (reached !== null) positions.set(partition, { ...positions.get(partition), ...reached });
      }
      return [...positions]
        .map(([partition, of]): TaskPositions => ({ partition, positions: of }))
        .toSorted((a, b) => a.partition - b.partition);
    },
    owners: (kind) => groupOwners(cluster, groupOf(cluster, kind)),
    state: () => clusterState(cluster, catalogue),
    close() {
      closing ??= (async () => {
        for (const membership of memberships.keys()) await membership.leave();
        cluster.close();
      })();
      return closing;
    },
  };
}

async function groupOwners(cluster: Cluster, group: string): Promise<readonly PartitionOwner[]> {
  const members = await cluster.retry(`members of ${group}`, async () => {
    try {
      return await cluster.send(await cluster.coordinator("group", group), describeGroup(group));
    } catch (error) {
      // Nobody has ever joined it.
      if (error instanceof KafkaError && error.errorClass === "lost") return [];
      throw error;
    }
  });
  return members
    .flatMap(({ clientId, host, assignment }) =>
      assignedPartitions(assignment).map((partition) => ({
        partition,
        owner: `${clientId} at ${host.replace(/^\//, "")}`,
      })),
    )
    .toSorted((a, b) => a.partition - b.partition);
}

async function clusterState(cluster: Cluster, catalogue: ClusterTopics): Promise<LogState> {
  const names = (await catalogue.all()).map(({ spec }) => catalogue.physical(spec.name));
  const { brokers, topics } = await cluster.retry("the cluster's brokers", () => cluster.metadata(names));
  const leaders = topics.flatMap(({ partitions }) => partitions.map(({ leader }) => leader));
  const known = new Set(brokers.map(({ id }) => id));
  return {
    kind: "brokers",
    brokers: brokers
      .map(({ id, host, port }) => ({
        id,
        address: addressText({ host, port }),
        leads: leaders.filter((leader) => leader === id).length,
      }))
      .toSorted((a, b) => a.id - b.id),
    leaderless: leaders.filter((leader) => !known.has(leader)).length,
  };
}

function groupOf(cluster: Cluster, kind: TaskKind): string {
  return `${cluster.settings.topicPrefix}${kind.application}-${kind.kind}`;
}

async function groupPositions(
  cluster: Cluster,
  catalogue: ClusterTopics,
  kind: TaskKind,
): Promise<Map<number, Positions>> {
  const group = groupOf(cluster, kind);
  const answers = await cluster.retry(`offsets of ${group}`, async () => {
    try {
      return await cluster.send(await cluster.coordinator("group", group), offsetFetch(group));
    } catch (error) {
      // Nobody has ever joined it.
      if (error instanceof KafkaError && error.errorClass === "lost") return [];
      throw error;
    }
  });
  const positions = new Map<number, Positions>();
  for (const { topic, partition, offset } of answers)
    if (offset >= 0) positions.set(partition, { ...positions.get(partition), [catalogue.logical(topic)]: offset });
  return positions;
}
