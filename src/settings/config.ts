// Config
// The settings: raw (the environment) → validated → frozen. One table gives each its name, default and help; a bad value
// is refused at the start with the setting's name. What only one command needs is an option of that command.

import { isIPv6 } from "node:net";
import path from "node:path";
import { InvalidInput } from "../domain/campaign.ts";
import { MAX_ID_BYTES } from "../domain/ids.ts";
import { PARTITIONERS } from "../log/partitioner.ts";
import { secretFile, typedSecret, type Secret } from "./secret.ts";
import { LEVELS, type Level } from "../terminal/output.ts";
import { asInteger, asLine, asOneOf, asText, asUrl, type Parse } from "./parse.ts";

interface Setting<T> {
  readonly env: string;
  readonly help: string;
  /** What it is when the environment does not say; shown in the help. */
  readonly fallback: T;
  readonly parse: Parse<T>;
  /** The fallback in words, where its value does not tell. */
  readonly shown: string;
}

function setting<T>(
  env: string,
  help: string,
  fallback: NoInfer<T>,
  parse: Parse<T>,
  shown = fallback === null ? "none" : String(fallback),
): Setting<T> {
  return { env, help, fallback, parse, shown };
}

const asName: Parse<string> = (typed) => {
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(typed))
    throw new InvalidInput(`expected letters, digits, dots, dashes and underscores, at most 100, got "${typed}"`);
  return typed;
};

const asFile: Parse<string> = (typed) => {
  if (typed.trim() === "") throw new InvalidInput("expected a file, got nothing");
  return typed;
};

const asFolder: Parse<string> = (typed) => {
  if (typed.trim() === "") throw new InvalidInput("expected a folder, got nothing");
  return typed;
};

const asBrokers: Parse<readonly string[]> = (typed) => {
  const brokers = typed.split(",").map((broker) => broker.trim());
  const odd = brokers.find((broker) => addressIn(broker) === null);
  if (odd !== undefined)
    throw new InvalidInput(`expected host:port, with commas between them, got "${odd}"${bracketsHint(odd)}`);
  return brokers;
};

/** A name, an IPv4 address, or an IPv6 address in brackets, and a port. */
function addressIn(typed: string): { readonly host: string; readonly port: number } | null {
  const [, name = "", port = ""] = /^([^\s:,/[\]]+|\[[\da-f:.]+(?:%[\w.-]+)?\]):(\d{1,5})$/i.exec(typed) ?? [];
  const host = name.replace(/^\[|\]$/g, "");
  return host === "" || Number(port) > 65_535 || (name.startsWith("[") && !isIPv6(host))
    ? null
    : { host, port: Number(port) };
}

function bracketsHint(typed: string): string {
  return isIPv6(typed) || isIPv6(typed.replace(/:\d{1,5}$/, ""))
    ? ": an IPv6 address stands in brackets, [::1]:9092"
    : "";
}

const asAddress: Parse<{ readonly host: string; readonly port: number }> = (typed) => {
  const address = addressIn(typed);
  if (address === null) throw new InvalidInput(`expected host:port, got "${typed}"${bracketsHint(typed)}`);
  return address;
};

const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;
type KafkaMechanism = (typeof MECHANISMS)[number];

/** Kafka writes them in capitals. */
const asMechanism: Parse<KafkaMechanism> = (typed) => asOneOf(MECHANISMS)(typed.toLowerCase());

const asYesNo: Parse<boolean> = (typed) => asOneOf(["true", "false"])(typed) === "true";

/** What is in a URL is said again; a password must not be. */
const asRegistryUrl: Parse<string> = (typed) => {
  const url = URL.canParse(typed) ? new URL(typed) : null;
  if (url !== null && (url.username !== "" || url.password !== ""))
    throw new InvalidInput("give the user in SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD, not in the URL");
  if (url !== null && (url.search !== "" || url.hash !== ""))
    throw new InvalidInput(`expected a URL without ? and #, got "${typed}"`);
  return asUrl(typed).replace(/\/+$/, "");
};

/** The protocol has no users. */
const asFeatureUrl: Parse<string> = (typed) => {
  const url = URL.canParse(typed) ? new URL(typed) : null;
  if (url !== null && (url.username !== "" || url.password !== ""))
    throw new InvalidInput("expected a URL without a user: the feature service is asked without one");
  return asUrl(typed);
};

/** Whatever it is, it is not said again. */
const asSecret: Parse<Secret> = typedSecret;

/** In the place of a secret: the name of a file that has it. */
const FILE = "_FILE";

const DAY_MS = 86_400_000;

export const SETTINGS = {
  dir: setting("STIPEND_DIR", "folder of the embedded log", ".stipend/log", asFolder),
  stateDir: setting<string | null>(
    "STIPEND_STATE_DIR",
    "folder of the tasks' local stores",
    null,
    asFolder,
    "STIPEND_DIR with -state after it",
  ),
  application: setting("STIPEND_APPLICATION", "name under which the allocator's tasks run", "stipend", asName),
  partitions: setting(
    "STIPEND_PARTITIONS",
    "partitions of the topics keyed by user, when the log is made",
    4,
    asInteger({ min: 1, max: 1024 }),
  ),
  controlPartitions: setting(
    "STIPEND_CONTROL_PARTITIONS",
    "partitions of the topics keyed by campaign, when the log is made",
    1,
    asInteger({ min: 1, max: 64 }),
  ),
  partitioner: setting(
    "STIPEND_PARTITIONER",
    "how every producer places keys: murmur2 (Java's clients), crc32 (librdkafka's default) or fnv1a (Sarama's)",
    "murmur2",
    asOneOf(PARTITIONERS),
  ),
  featureUrl: setting<string | null>(
    "STIPEND_FEATURE_URL",
    "address of an external feature service",
    null,
    asFeatureUrl,
  ),
  featureDeadlineMs: setting(
    "STIPEND_FEATURE_DEADLINE_MS",
    "how long a decision waits for the feature service",
    50,
    asInteger({ min: 1, max: 60_000 }),
  ),
  batchRecords: setting(
    "STIPEND_BATCH_RECORDS",
    "most records that one cycle takes",
    4_000,
    asInteger({ min: 1, max: 100_000 }),
  ),
  cycleMs: setting(
    "STIPEND_CYCLE_MS",
    "how long a cycle of `run` should take at most: it takes fewer records when it takes longer",
    100,
    asInteger({ min: 1, max: 10_000 }),
  ),
  clockJumpMs: setting(
    "STIPEND_CLOCK_JUMP_MS",
    "how far the clock may jump ahead; beyond it `run` stops, and needs --accept-clock",
    3_600_000,
    asInteger({ min: 60_000, max: 31 * DAY_MS }),
  ),
  actor: setting<string | null>(
    "STIPEND_ACTOR",
    "who asks, in commands that steer a campaign",
    null,
    asLine(MAX_ID_BYTES),
    "the system's user",
  ),
  logLevel: setting<Level>(
    "STIPEND_LOG_LEVEL",
    `how much is said on the way: ${LEVELS.join(", ")}`,
    "info",
    asOneOf(LEVELS),
  ),
  http: setting<{ readonly host: string; readonly port: number } | null>(
    "STIPEND_HTTP",
    "host:port on which `run` answers /healthz, /readyz and /metrics; each of its workers on the next port",
    null,
    asAddress,
  ),
  tfBackend: setting(
    "STIPEND_TF_BACKEND",
    "TensorFlow for training: auto, native or wasm",
    "auto",
    asOneOf(["auto", "native", "wasm"]),
  ),
  retrainRows: setting(
    "STIPEND_RETRAIN_ROWS",
    "new training rows that start a retraining; 0 for never",
    50_000,
    asInteger({ min: 0 }),
  ),
  retrainPeriodMs: setting(
    "STIPEND_RETRAIN_PERIOD_MS",
    "time after which a retraining starts; 0 for never",
    DAY_MS,
    asInteger({ min: 0 }),
  ),
  kafkaBrokers: setting<readonly string[] | null>(
    "KAFKA_BROKERS",
    "host:port of some brokers, with commas between them: the log is on Kafka",
    null,
    asBrokers,
    "the embedded log",
  ),
  kafkaClientId: setting("KAFKA_CLIENT_ID", "how brokers know this program in their logs", "stipend", asName),
  kafkaTopicPrefix: setting<string | null>(
    "KAFKA_TOPIC_PREFIX",
    "before the name of every topic, group and transactional id",
    null,
    asName,
  ),
  kafkaReplication: setting<number | null>(
    "KAFKA_REPLICATION",
    "replicas of topics that are made",
    null,
    asInteger({ min: 1, max: 32 }),
    "the cluster's",
  ),
  kafkaMinInsyncReplicas: setting<number | null>(
    "KAFKA_MIN_INSYNC_REPLICAS",
    "min.insync.replicas of topics that are made",
    null,
    asInteger({ min: 1, max: 32 }),
    "the cluster's",
  ),
  kafkaTls: setting("KAFKA_TLS", "true for TLS to the brokers", false, asYesNo),
  kafkaTlsCa: setting<string | null>(
    "KAFKA_TLS_CA",
    "PEM file of the authority to trust",
    null,
    asFile,
    "the system's authorities",
  ),
  kafkaTlsCert: setting<string | null>("KAFKA_TLS_CERT", "PEM file of this client's certificate", null, asFile),
  kafkaTlsKey: setting<string | null>("KAFKA_TLS_KEY", "PEM file of this client's key", null, asFile),
  kafkaSaslMechanism: setting<KafkaMechanism | null>(
    "KAFKA_SASL_MECHANISM",
    "plain, scram-sha-256 or scram-sha-512",
    null,
    asMechanism,
  ),
  kafkaSaslUsername: setting<string | null>("KAFKA_SASL_USERNAME", "user for SASL", null, asText),
  kafkaSaslPassword: setting<Secret | null>(
    "KAFKA_SASL_PASSWORD",
    "password for SASL; never printed; …_FILE names a file that has it, read at each connection",
    null,
    asSecret,
  ),
  kafkaSessionTimeoutMs: setting(
    "KAFKA_SESSION_TIMEOUT_MS",
    "silence after which the group gives an instance's partitions to others",
    6_000,
    asInteger({ min: 1_000, max: 300_000 }),
  ),
  kafkaTransactionTimeoutMs: setting(
    "KAFKA_TRANSACTION_TIMEOUT_MS",
    "age at which the broker aborts an open transaction",
    15_000,
    asInteger({ min: 1_000, max: 900_000 }),
  ),
  schemaRegistryUrl: setting<string | null>(
    "SCHEMA_REGISTRY_URL",
    "where Confluent's API of a schema registry begins: values are in its wire format",
    null,
    asRegistryUrl,
    "none: single-object encoding",
  ),
  schemaRegistryUsername: setting<string | null>("SCHEMA_REGISTRY_USERNAME", "user for the registry", null, asText),
  schemaRegistryPassword: setting<Secret | null>(
    "SCHEMA_REGISTRY_PASSWORD",
    "password for the registry; never printed; …_FILE names a file that has it, read at each request",
    null,
    asSecret,
  ),
} as const;

/** Of the bootstrap and for finding errors: not settings, but not misspellings either. */
const OTHER_NAMES: readonly string[] = ["STIPEND_DEBUG", "STIPEND_DATA"];

type Settings = typeof SETTINGS;

type Values = { readonly [K in keyof Settings]: Settings[K] extends Setting<infer T> ? T : never };

/** Folders and files are absolute. */
export type Config = Omit<Values, "stateDir"> & {
  readonly stateDir: string;
  /** The settings that the environment gives, by key. */
  readonly given: ReadonlySet<string>;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Throws InvalidInput that names each setting that is wrong. A relative folder is one of `cwd`. */
export function loadConfig(env: Environment, cwd: string): Config {
  const problems: string[] = [];
  const given = new Set<string>();
  const values = Object.entries(SETTINGS).map(([key, { env: name, fallback, parse }]) => {
    const typed = env[name] ?? "";
    const file = (parse as Parse<unknown>) === asSecret ? (env[`${name}${FILE}`] ?? "") : "";
    if (typed === "" && file === "") return [key, fallback];
    given.add(key);
    if (typed !== "" && file !== "") problems.push(`${name}: is given by ${name}${FILE} too: unset one of them`);
    try {
      return [key, typed === "" ? secretFile(path.resolve(cwd, file)) : (parse as Parse<unknown>)(typed)];
    } catch (error) {
      problems.push(`${name}${typed === "" ? FILE : ""}: ${error instanceof Error ? error.message : String(error)}`);
      return [key, fallback];
    }
  });
  const config = { ...(Object.fromEntries(values) as Omit<Config, "given">), given };
  problems.push(...combinationProblems(config));
  if (problems.length > 0) throw new InvalidInput(problems.join("\n"));
  const file = (name: string | null) => (name === null ? null : path.resolve(cwd, name));
  const dir = path.resolve(cwd, config.dir);
  return Object.freeze({
    ...config,
    dir,
    stateDir: file(config.stateDir) ?? `${dir}-state`,
    kafkaTlsCa: file(config.kafkaTlsCa),
    kafkaTlsCert: file(config.kafkaTlsCert),
    kafkaTlsKey: file(config.kafkaTlsKey),
  });
}

/** What is right by itself and wrong together: a sentence for each, that begins with the setting to change. */
function combinationProblems(config: Config): string[] {
  const { given } = config;
  const needs = (key: keyof Settings, other: keyof Settings): string[] =>
    given.has(key) && !given.has(other)
      ? [`${SETTINGS[key].env}: has no effect without ${SETTINGS[other].env}: set that too, or unset this`]
      : [];
  const tlsOff = (["kafkaTlsCa", "kafkaTlsCert", "kafkaTlsKey"] as const)
    .filter((key) => given.has(key) && !config.kafkaTls)
    .map((key) => `${SETTINGS[key].env}: has no effect without KAFKA_TLS=true`);
  const registry = [
    ...needs("schemaRegistryUsername", "schemaRegistryUrl"),
    ...needs("schemaRegistryUsername", "schemaRegistryPassword"),
    ...needs("schemaRegistryPassword", "schemaRegistryUsername"),
  ];
  const kafka = (Object.keys(SETTINGS) as (keyof Settings)[]).filter((key) => key.startsWith("kafka"));
  if (!given.has("kafkaBrokers")) return [...kafka.flatMap((key) => needs(key, "kafkaBrokers")), ...registry];
  const { kafkaReplication: replication, kafkaMinInsyncReplicas: insync } = config;
  return [
    ...registry,
    ...tlsOff,
    ...needs("kafkaTlsCert", "kafkaTlsKey"),
    ...needs("kafkaTlsKey", "kafkaTlsCert"),
    ...needs("kafkaSaslMechanism", "kafkaSaslUsername"),
    ...needs("kafkaSaslMechanism", "kafkaSaslPassword"),
    ...needs("kafkaSaslUsername", "kafkaSaslMechanism"),
    ...needs("kafkaSaslPassword", "kafkaSaslMechanism"),
    ...(replication !== null && insync !== null && insync > replication
      ? [`KAFKA_MIN_INSYNC_REPLICAS: ${insync} replicas cannot be in sync where KAFKA_REPLICATION makes ${replication}`]
      : []),
  ];
}

/** What must never be said. */
export function secretsOf({ kafkaSaslPassword, schemaRegistryPassword }: Config): readonly Secret[] {
  return [kafkaSaslPassword, schemaRegistryPassword].filter((secret) => secret !== null);
}

/** What works, and should not stay so: a sentence for each. */
export function warningsOf({ kafkaSaslMechanism, kafkaTls }: Config): readonly string[] {
  return kafkaSaslMechanism === "plain" && !kafkaTls
    ? [
        "KAFKA_SASL_MECHANISM: plain sends the password readably to whoever is between here and the brokers: set KAFKA_TLS=true",
      ]
    : [];
}

/** Beginnings of names that only this program's Kafka settings have; Kafka's own tools have others. */
const KAFKA_NAMES = /^KAFKA_(BROKER|CLIENT|TOPIC|REPLICATION|MIN_|TLS|SSL|SASL|SESSION|TRANSACTION)/;

/** Names that look like settings and are none: a sentence for each. */
export function unknownSettings(env: Environment): readonly string[] {
  const all: readonly Setting<unknown>[] = Object.values(SETTINGS);
  const known = [
    ...all.flatMap(({ env: name, parse }) => (parse === asSecret ? [name, name + FILE] : [name])),
    ...OTHER_NAMES,
  ];
  return Object.keys(env)
    .filter((name) => (/^(STIPEND|SCHEMA_REGISTRY)_/.test(name) || KAFKA_NAMES.test(name)) && !known.includes(name))
    .map((name) => `${name} is no setting of this version and has no effect; \`stipend --help\` lists them`);
}

/** The table as the help shows it. */
export function describeSettings(): string {
  const rows = Object.values(SETTINGS).map(({ env, help, shown }) => `  ${env.padEnd(30)} ${help} (default: ${shown})`);
  return ["Settings (environment):", ...rows].join("\n");
}
