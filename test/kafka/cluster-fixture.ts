// A Kafka log for a test: on the run's one broker, under a prefix of its own, whose topics go when it closes.

import { randomUUID } from "node:crypto";
import { Kafka, logLevel, type Admin } from "kafkajs";
import { must } from "../../src/domain/assert.ts";
import type { EventLog, TaskKind } from "../../src/log/event-log.ts";
import { Cluster } from "../../src/log/kafka/client/cluster.ts";
import { createKafkaLog, type KafkaLog } from "../../src/log/kafka/log.ts";
import { withDefaults, type KafkaSettings } from "../../src/log/kafka/settings.ts";
import { leaveGroup } from "../../src/log/kafka/protocol/group-calls.ts";
import type { LogFixture } from "../log/fixture.ts";

export const SESSION_MS = 1_500;

export interface KafkaFixture extends LogFixture {
  readonly prefix: string;
  readonly admin: Admin;
  connect(settings?: Partial<KafkaSettings>, nowMs?: () => number): Promise<KafkaLog>;
  /** What passed by itself, of all connections. */
  readonly troubles: readonly string[];
}

export async function openKafkaFixture(brokers: string, kind: TaskKind): Promise<KafkaFixture> {
  const prefix = `t${randomUUID().slice(0, 8)}.`;
  const group = `${prefix}${kind.application}-${kind.kind}`;
  const admin = new Kafka({ brokers: brokers.split(","), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const clusters = new Map<EventLog, Cluster>();
  const troubles: string[] = [];
  const closing = Promise.withResolvers<void>();
  return {
    prefix,
    admin,
    troubles,
    async connect(settings = {}, nowMs = Date.now) {
      const cluster = new Cluster(
        withDefaults({
          brokers: brokers.split(","),
          clientId: clientId(clusters.size),
          topicPrefix: prefix,
          sessionTimeoutMs: SESSION_MS,
          onTrouble: (message) => troubles.push(message),
          ...settings,
        }),
      );
      const log = createKafkaLog(cluster, nowMs);
      clusters.set(log, cluster);
      return log;
    },
    // All connections break off: that is all that a broker sees of a SIGKILL.
    async kill(log) {
      must(clusters.get(log), "cluster").close();
    },
    // The group is told that the member has left, by somebody else; the member goes on and does not know, since its
    // heartbeats are held back.
    async loseSight(log) {
      const zombie = must(clusters.get(log), "cluster");
      zombie.coordinator = async (of, key) => {
        if (of === "group") await closing.promise;
        return await Cluster.prototype.coordinator.call(zombie, of, key);
      };
      const name = clientId([...clusters.keys()].indexOf(log));
      const { groups } = await admin.describeGroups([group]);
      const member = must(
        groups[0]?.members.find((one) => one.clientId === name),
        name,
      );
      const other = new Cluster(withDefaults({ brokers: brokers.split(","), clientId: "elsewhere" }));
      await other.send(await other.coordinator("group", group), leaveGroup({ group, member: member.memberId }));
      other.close();
    },
    // A broker compacts and deletes when it sees fit, and not at once.
    maintain: async () => undefined,
    async close() {
      closing.resolve();
      for (const log of clusters.keys()) await log.close();
      const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
      if (topics.length > 0) await admin.deleteTopics({ topics });
      await admin.disconnect();
    },
  };
}

function clientId(index: number): string {
  return `client-${index}`;
}
