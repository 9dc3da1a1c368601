// Open log
// The log that the settings name: on Kafka where KAFKA_BROKERS is set, otherwise embedded in the folder STIPEND_DIR; in
// Confluent's wire format where SCHEMA_REGISTRY_URL is set. The one file of cli/ that knows which it is; an adapter is
// loaded only when it is opened.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { passedOver } from "../../log/codec/reading.ts";
import { TopicMismatch, type EventLog, type TopicSpec } from "../../log/event-log.ts";
import type { TopicDifference } from "../../log/kafka/catalogue.ts";
import type { KafkaSasl, KafkaSettings } from "../../log/kafka/settings.ts";
import { FORMATS, withFormats } from "../../log/formats.ts";
import { TOPICS } from "../../log/topics.ts";
import type { Context } from "../../terminal/context.ts";
import type { Secret } from "../../settings/secret.ts";
import type { Config } from "../../settings/config.ts";
import { SETTINGS } from "../../settings/table/settings.ts";
import { VERSION } from "../../settings/version.ts";
import { makeFolder } from "./folder.ts";
import { tlsFiles } from "./kafka-tls.ts";
import { checkPartitioning, partitioningDifferences, writePartitioning } from "./partitioning.ts";

export interface OpenedLog extends EventLog {
  /** Where it is, for people. */
  readonly place: string;
  /** How many copies of a record there are, for people. */
  readonly copies: string;
  differences(specs: readonly TopicSpec[]): Promise<readonly TopicDifference[]>;
  /** Why retention and compaction failed at the last try; null where they did not, or are Kafka's. */
  maintenanceTrouble(): string | null;
  /** Null without a schema registry. */
  readonly registry: RegistryPlace | null;
}

export interface RegistryPlace {
  /** Subjects that `ensureTopics` would give the schema of this version. */
  lacking(): readonly string[];
}

/** Whether several processes can each take a part of the work on the log that the settings name. */
export function isShared({ kafkaBrokers }: Config): boolean {
  return kafkaBrokers !== null;
}

/** Copies of the embedded log; refused where the settings name Kafka. */
export async function embeddedBackups({ kafkaBrokers }: Config) {
  if (kafkaBrokers !== null)
    throw new InvalidInput("KAFKA_BROKERS: the log is on Kafka, whose own means copy it; this is for the embedded log");
  return await import("../../log/embedded/maintenance/backup.ts");
}

/** The embedded log of a folder, whatever log the settings name. */
export async function openFolder(outside: Outside, folder: string): Promise<OpenedLog> {
  const { FILE } = await import("../../log/embedded/sqlite/connection.ts");
  if (!existsSync(join(folder, FILE))) throw new InvalidInput(`${folder}: there is no embedded log in it`);
  return await openEmbedded({ ...outside, config: { ...outside.config, dir: folder } }, false);
}

type Outside = Pick<Context, "config" | "nowMs" | "newId" | "output">;

/** With `make`, an embedded folder that is missing is made; else it is refused, for it would be empty. */
export async function openLog(outside: Outside, { make }: { readonly make: boolean }): Promise<OpenedLog> {
  const { kafkaBrokers, schemaRegistryUrl } = outside.config;
  const log = namingSettings(
    kafkaBrokers === null ? await openEmbedded(outside, make) : await openKafka(outside, kafkaBrokers),
    outside.config,
  );
  try {
    const opened = schemaRegistryUrl === null ? log : await openRegistered(outside, log, schemaRegistryUrl);
    return withPartitioning(withFormats(opened, { formats: FORMATS, version: VERSION }), outside.nowMs);
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** What was written down when the topics were made holds, and is written where it is not. */
function withPartitioning(log: OpenedLog, nowMs: () => number): OpenedLog {
  return {
    ...log,
    differences: async (specs) => [...(await log.differences(specs)), ...(await partitioningDifferences(log))],
    async ensureTopics(specs) {
      await checkPartitioning(log, log.place);
      await log.ensureTopics(specs);
      await writePartitioning(log, nowMs());
      await checkPartitioning(log, log.place);
    },
  };
}

/** For commands that work on a log that is there: opens it, checks that it has its topics, and closes it after `use`. */
export async function withLog<T>(outside: Outside, use: (log: OpenedLog) => Promise<T>): Promise<T> {
  const log = await openLog(outside, { make: false });
  try {
    const found = new Set((await log.topics()).map(({ name }) => name));
    const missing = Object.keys(TOPICS).filter((name) => !found.has(name));
    if (missing.length > 0)
      throw new InvalidInput(
        `${log.place} lacks the topics ${missing.join(", ")}: \`stipend topics create\` makes them${
          isShared(outside.config) ? "; a topic that this user may not Describe looks as if it were not there" : ""
        }`,
      );
    await checkPartitioning(log, log.place);
    return await use(log);
  } finally {
    for (const { topic, count, places, reason } of passedOver(log))
      outside.output.note(
        `passed over on ${topic}: ${count} records that this version cannot read, at ${places.join(", ")}; the last one: ${reason}`,
      );
    await log.close();
  }
}

/** A log knows of counts, not of the settings that they come from: what to do about one that differs is said here. */
function namingSettings(log: OpenedLog, { kafkaTopicPrefix: prefix }: Config): OpenedLog {
  const named = (difference: TopicDifference): TopicDifference => {
    if (difference.setting !== "partitions") return difference;
    const name = difference.topic.slice(prefix?.length ?? 0);
    const isControl = Object.entries(TOPICS).some(([topic, row]) => topic === name && row.partitions === "control");
    const { env } = isControl ? SETTINGS.controlPartitions : SETTINGS.partitions;
    return { ...difference, fix: `set ${env}=${difference.found}: ${difference.fix}` };
  };
  const differences = async (specs: readonly TopicSpec[]) => (await log.differences(specs)).map(named);
  return {
    ...log,
    differences,
    async ensureTopics(specs) {
      try {
        await log.ensureTopics(specs);
      } catch (error) {
        const found = error instanceof TopicMismatch ? await differences(specs) : [];
        const wrong = found.find(({ setting }) => setting === "partitions");
        if (wrong === undefined) throw error;
        const { topic, found: has, needed, fix } = wrong;
        throw new TopicMismatch(`${topic} has ${has} partitions on ${log.place}, not ${needed}: ${fix}`, {
          cause: error,
        });
      }
    },
  };
}

async function openEmbedded({ config, nowMs, newId, output }: Outside, make: boolean): Promise<OpenedLog> {
  const folder = config.dir;
  if (!make && !existsSync(folder))
    throw new InvalidInput(
      `STIPEND_DIR: there is no log in ${folder} yet: \`stipend topics create\` or \`stipend run\` makes one`,
    );
  makeFolder(SETTINGS.dir.env, folder);
  const { openEmbeddedLog } = await import("../../log/embedded/log.ts");
  let trouble: string | null = null;
  const onRound = (error: unknown): void => {
    const before = trouble;
    trouble = error === null ? null : error instanceof Error ? error.message : JSON.stringify(error);
    if (trouble !== null && trouble !== before)
      output.note(`retention and compaction failed, and are tried again: ${trouble}`, { level: "warn" });
  };
  const log = await openEmbeddedLog({
    folder,
    partitioner: config.partitioner,
    now: nowMs,
    newToken: newId,
    onTrouble: (text) => output.note(text, { level: "warn" }),
    maintenance: { onRound },
  });
  return {
    ...log,
    place: `the embedded log ${folder}`,
    copies: "one copy, on this machine",
    maintenanceTrouble: () => trouble,
    differences: async (specs) => compareSpecs(specs, await log.topics()),
    registry: null,
  };
}

async function openKafka(outside: Outside, brokers: readonly string[]): Promise<OpenedLog> {
  const { config, output, nowMs } = outside;
  const settings = { ...kafkaSettings(config, brokers), onTrouble: (text: string) => output.note(`Kafka: ${text}`) };
  const { openKafkaLog } = await import("../../log/kafka/log.ts");
  const log = await openKafkaLog(settings, nowMs);
  const prefix = config.kafkaTopicPrefix;
  return {
    ...log,
    place: `Kafka at ${brokers.join(", ")}${prefix === null ? "" : ` (topics ${prefix}…)`}`,
    copies: [
      `replication ${config.kafkaReplication ?? "as the cluster has it"}`,
      `min.insync.replicas ${config.kafkaMinInsyncReplicas ?? "as the cluster has it"}`,
    ].join(", "),
    maintenanceTrouble: () => null,
    registry: null,
  };
}

async function openRegistered({ config, output }: Outside, log: OpenedLog, url: string): Promise<OpenedLog> {
  const { schemaRegistryUsername: name, schemaRegistryPassword: password, kafkaTopicPrefix: prefix } = config;
  const { httpRegistry } = await import("../../log/codec/registry/http-registry.ts");
  const { openRegisteredLog } = await import("../../log/codec/registry/registered-log.ts");
  const registered = await openRegisteredLog({
    log,
    registry: httpRegistry({
      url,
      ...(name !== null && password !== null
        ? {
            user: {
              name,
              get password() {
                return password.value();
              },
            },
          }
        : {}),
    }),
    topicPrefix: prefix ?? "",
    onTrouble: (text) => output.note(text),
  });
  return {
    ...log,
    ...registered,
    place: `${log.place}, schemas in ${url}`,
    differences: async (specs) => [
      ...(await log.differences(specs)),
      ...(await registered.subjectDifferences(specs.map((spec) => spec.name))),
    ],
    registry: { lacking: () => registered.lacking() },
  };
}

function kafkaSettings(config: Config, brokers: readonly string[]): KafkaSettings {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUsername: username, kafkaSaslPassword: password } = config;
  return {
    brokers,
    clientId: config.kafkaClientId,
    partitioner: config.partitioner,
    sessionTimeoutMs: config.kafkaSessionTimeoutMs,
    transactionTimeoutMs: config.kafkaTransactionTimeoutMs,
    ...(config.kafkaTopicPrefix === null ? {} : { topicPrefix: config.kafkaTopicPrefix }),
    ...(config.kafkaReplication === null ? {} : { replication: config.kafkaReplication }),
    ...(config.kafkaMinInsyncReplicas === null ? {} : { minInsyncReplicas: config.kafkaMinInsyncReplicas }),
    ...(config.kafkaTls ? { tls: tlsFiles(config) } : {}),
    ...(mechanism !== null && username !== null && password !== null
      ? { sasl: saslOf(mechanism, username, password) }
      : {}),
  };
}

/** Each connection reads them anew, so that user and password can be changed while the program runs. */
function saslOf(mechanism: KafkaSasl["mechanism"], username: Secret, password: Secret): KafkaSasl {
  return {
    mechanism,
    get username() {
      return username.value();
    },
    get password() {
      return password.value();
    },
  };
}

/** The embedded log keeps a topic as it was made. */
function compareSpecs(needed: readonly TopicSpec[], found: readonly TopicSpec[]): TopicDifference[] {
  return needed.flatMap((spec) => {
    const topic = found.find(({ name }) => name === spec.name);
    if (topic === undefined)
      return [{ topic: spec.name, setting: "topic", needed: "exists", found: "missing", fix: "stipend topics create" }];
    return (["partitions", "cleanup", "retentionMs", "maxRecordBytes"] as const)
      .filter((setting) => topic[setting] !== spec[setting])
      .map((setting) => ({
        topic: spec.name,
        setting,
        needed: String(spec[setting]),
        found: String(topic[setting]),
        fix:
          setting === "partitions"
            ? `run with ${topic.partitions}, or begin another folder (a user's partition cannot change)`
            : "begin another folder: this one was made by another version",
      }));
  });
}
