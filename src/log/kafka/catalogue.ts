// Topics of a cluster
// The topics of the cluster under our prefix: what they are, what they should be, and the making of those that lack.

import { must } from "../../domain/assert.ts";
import { TopicMismatch, UnknownTopic, type TaskKind, type TopicSpec } from "../event-log.ts";
import type { Partitioner } from "../partitioner.ts";
import type { NewTopic } from "./client/admin.ts";
import type { Cluster } from "./client/cluster.ts";
import type { TopicMetadata } from "./protocol/calls.ts";
import { KafkaError, portError } from "./client/errors.ts";

/** What a batch takes beside its record's value: its own header, the key, the headers. */
const BATCH_ROOM = 16 * 1024;
const CREATE_MS = 4_000;
const INVALID_CONFIG = 40;

const AFTER_MAX = "message.timestamp.after.max.ms";
const CLOCK_BOUND_MS = "3600000";
const UNBOUND_MS = "9223372036854775807";

/** Settings of a topic that we make and check, by Kafka's names. */
const CONFIGS = ["cleanup.policy", "retention.ms", "max.message.bytes", "min.insync.replicas", AFTER_MAX] as const;

/** What a broker may not know: a topic is of use without it. */
const OPTIONAL: ReadonlySet<string> = new Set([AFTER_MAX]);

export interface ClusterTopic {
  /** As the port knows it, without the prefix. */
  readonly spec: TopicSpec;
  readonly maxMessageBytes: number;
  readonly replication: number;
  readonly configs: ReadonlyMap<string, string>;
}

/** One thing in which a cluster differs from what is needed. */
export interface TopicDifference {
  readonly topic: string;
  readonly setting: string;
  readonly needed: string;
  readonly found: string;
  /** What to do about it. */
  readonly fix: string;
  /** The cluster cannot have it, and is served without. */
  readonly isOptional?: true;
}

export class ClusterTopics {
  readonly #cluster: Cluster;
  readonly #known = new Map<string, ClusterTopic>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  get partitioner(): Partitioner {
    return this.#cluster.settings.partitioner;
  }

  /** A topic's name on the cluster. */
  physical(name: string): string {
    return this.#cluster.settings.topicPrefix + name;
  }

  /** And back. */
  logical(name: string): string {
    return name.slice(this.#cluster.settings.topicPrefix.length);
  }

  /** What has been asked for before. */
  known(name: string): ClusterTopic | undefined {
    return this.#known.get(name);
  }

  async topic(name: string): Promise<ClusterTopic> {
    const known = this.#known.get(name);
    if (known) return known;
    const [found] = await this.#load([name]);
    if (!found) throw new UnknownTopic(`${name} is not a topic of the cluster (as ${this.physical(name)})`);
    return found;
  }

  /** The topic, once it is sure that it has the partition. */
  async partition(name: string, partition: number): Promise<ClusterTopic> {
    const topic = await this.topic(name);
    checkPartition(topic, partition);
    return topic;
  }

  /** The partition count that all topics of a kind share. */
  async partitionsOf(kind: TaskKind): Promise<number> {
    const names = [kind.changelog, ...kind.inputs];
    const counts = await Promise.all(names.map(async (name) => (await this.topic(name)).spec.partitions));
    const count = must(counts[0], "a changelog");
    if (counts.some((other) => other !== count))
      throw new TopicMismatch(
        `${kind.kind}: its topics differ in partitions: ${names.map((name, i) => `${name} ${counts[i]}`).join(", ")}`,
      );
    return count;
  }

  /** Every topic under the prefix. */
  async all(): Promise<readonly ClusterTopic[]> {
    const { topicPrefix } = this.#cluster.settings;
    const answer = await this.#cluster.retry("all topics", () => this.#cluster.metadata(null));
    const names = answer.topics.filter((topic) => !topic.internal && topic.topic.startsWith(topicPrefix));
    return await this.#load(names.map((topic) => this.logical(topic.topic)));
  }

  /** Those of the names that exist. */
  async #load(names: readonly string[]): Promise<ClusterTopic[]> {
    if (names.length === 0) return [];
    const physical = names.map((name) => this.physical(name));
    const { topics, configs } = await this.#cluster.retry(`topics ${physical.join(", ")}`, async () => {
      const answer = await this.#cluster.metadata(physical);
      const found = answer.topics.filter((topic) => topic.error === 0);
      const configsOf = async ({ topic }: TopicMetadata) =>
        [topic, await this.#cluster.admin.topicConfigs(topic, CONFIGS)] as const;
      return { topics: found, configs: new Map(await Promise.all(found.map(configsOf))) };
    });
    const loaded = topics.map((topic): ClusterTopic => {
      const values = configs.get(topic.topic) ?? new Map<string, string>();
      const replication = topic.partitions[0]?.replicas ?? 0;
      return topicOf(this.logical(topic.topic), topic.partitions.length, replication, values);
    });
    for (const topic of loaded) this.#known.set(topic.spec.name, topic);
    return loaded;
  }

  /** Creates what is missing; changes nothing when a partition count differs. */
  async ensure(specs: readonly TopicSpec[]): Promise<void> {
    const found = new Map((await this.#load(specs.map((spec) => spec.name))).map((topic) => [topic.spec.name, topic]));
    const mismatch = specs.flatMap((spec) => partitionsDiffer(spec, found.get(spec.name)))[0];
    if (mismatch)
      throw new TopicMismatch(
        `${mismatch.topic} has ${mismatch.found} partitions on the cluster, not ${mismatch.needed}: ${mismatch.fix}`,
      );
    const missing = specs.filter((spec) => !found.has(spec.name));
    if (missing.length > 0) await this.#create(missing);
  }

  async #create(specs: readonly TopicSpec[]): Promise<void> {
    const topics = specs.map((spec) => this.#newTopic(spec));
    let refused = await this.#askToCreate(topics);
    if (refused?.code === INVALID_CONFIG && topics.some(hasOptional)) {
      this.#cluster.settings.onTrouble(`${AFTER_MAX} is not known to this broker: topics are made without it`);
      refused = await this.#askToCreate(topics.map(withoutOptional));
    }
    if (refused) throw portError(refused);
    // Another may have made one of them meanwhile, otherwise; and a topic is of use when all brokers know it.
    await this.#cluster.retry("new topics", async () => {
      const loaded = await this.#load(specs.map((spec) => spec.name));
      const { topics: leaders } = await this.#cluster.metadata(topics.map((topic) => topic.name));
      const ready = leaders.every((topic) => topic.error === 0 && topic.partitions.every((p) => p.leader >= 0));
      if (loaded.length < specs.length || !ready) throw new KafkaError(5, "new topics");
    });
    await this.ensure(specs);
  }

  /** What it refuses first, and will refuse again; null: all are there. */
  async #askToCreate(topics: readonly NewTopic[]): Promise<KafkaError | null> {
    return await this.#cluster.retry("create topics", async () => {
      const [refused] = await this.#cluster.admin.createTopics(topics, CREATE_MS);
      if (refused && refused.errorClass !== "refused") throw refused;
      return refused ?? null;
    });
  }

  #newTopic(spec: TopicSpec): NewTopic {
    return {
      name: this.physical(spec.name),
      partitions: spec.partitions,
      replication: this.#cluster.settings.replication ?? -1,
      configs: [...neededConfigs(spec, this.#cluster.settings.minInsyncReplicas)],
    };
  }

  /** In what the cluster differs from what is needed, without changing anything. */
  async differences(specs: readonly TopicSpec[]): Promise<TopicDifference[]> {
    this.#known.clear();
    const found = new Map((await this.#load(specs.map((spec) => spec.name))).map((topic) => [topic.spec.name, topic]));
    const { replication, minInsyncReplicas } = this.#cluster.settings;
    return specs.flatMap((spec) => {
      const topic = found.get(spec.name);
      const name = this.physical(spec.name);
      if (!topic)
        return [{ topic: name, setting: "topic", needed: "exists", found: "missing", fix: "stipend topics create" }];
      const configs = [...neededConfigs(spec, minInsyncReplicas)].flatMap(([setting, needed]) => {
        // A broker that does not know the bound has none.
        if (OPTIONAL.has(setting) && !topic.configs.has(setting))
          return needed === UNBOUND_MS ? [] : [notKnown(name, setting, needed)];
        const value = topic.configs.get(setting) ?? "";
        const fix = `kafka-configs.sh --alter --topic ${name} --add-config ${setting}=${needed}`;
        return value === needed ? [] : [{ topic: name, setting, needed, found: value, fix }];
      });
      const replicas =
        replication === null || topic.replication === replication
          ? []
          : [
              {
                topic: name,
                setting: "replication",
                needed: String(replication),
                found: String(topic.replication),
                fix: "kafka-reassign-partitions.sh",
              },
            ];
      return [...partitionsDiffer(spec, topic), ...replicas, ...configs];
    });
  }
}

function hasOptional({ configs }: NewTopic): boolean {
  return configs.some(([setting]) => OPTIONAL.has(setting));
}

function withoutOptional(topic: NewTopic): NewTopic {
  return { ...topic, configs: topic.configs.filter(([setting]) => !OPTIONAL.has(setting)) };
}

function notKnown(topic: string, setting: string, needed: string): TopicDifference {
  const fix = "works without it; Kafka has it from 3.6 on, and then holds a machine's clock against the broker's";
  return { topic, setting, needed, found: "not known to this broker", fix, isOptional: true };
}

export function checkPartition({ spec }: ClusterTopic, partition: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition >= spec.partitions)
    throw new UnknownTopic(`${spec.name} has no partition ${partition}; it has ${spec.partitions}`);
}

function partitionsDiffer(spec: TopicSpec, topic: ClusterTopic | undefined): TopicDifference[] {
  if (!topic || topic.spec.partitions === spec.partitions) return [];
  return [
    {
      topic: spec.name,
      setting: "partitions",
      needed: String(spec.partitions),
      found: String(topic.spec.partitions),
      fix: `run with ${topic.spec.partitions}, or with another topic prefix (a user's partition cannot change)`,
    },
  ];
}

function* neededConfigs(spec: TopicSpec, minInsyncReplicas: number | null): Generator<[string, string]> {
  yield ["cleanup.policy", spec.cleanup];
  if (spec.cleanup === "delete") yield ["retention.ms", String(spec.retentionMs ?? -1)];
  yield ["max.message.bytes", String(spec.maxRecordBytes + BATCH_ROOM)];
  if (minInsyncReplicas !== null) yield ["min.insync.replicas", String(minInsyncReplicas)];
  // A producer's record has the time of its event, and a producer's clock that is ahead must not make a task fail. What
  // only tasks write has the task's clock: the broker holds it against its own.
  yield [AFTER_MAX, spec.clockBound === true ? CLOCK_BOUND_MS : UNBOUND_MS];
}

function topicOf(
  name: string,
  partitions: number,
  replication: number,
  configs: ReadonlyMap<string, string>,
): ClusterTopic {
  const maxMessageBytes = Number(configs.get("max.message.bytes") ?? BATCH_ROOM);
  const cleanup = (configs.get("cleanup.policy") ?? "delete").startsWith("compact") ? "compact" : "delete";
  const retention = Number(configs.get("retention.ms") ?? -1);
  return {
    spec: {
      name,
      partitions,
      cleanup,
      retentionMs: cleanup === "compact" || retention < 0 ? null : retention,
      maxRecordBytes: Math.max(0, maxMessageBytes - BATCH_ROOM),
      ...(configs.get(AFTER_MAX) === CLOCK_BOUND_MS ? { clockBound: true } : {}),
    },
    maxMessageBytes,
    replication,
    configs,
  };
}
