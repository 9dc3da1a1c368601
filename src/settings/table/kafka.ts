// Kafka settings: which cluster has the log, how it is spoken to, and how topics are made there.

import { asBrokers } from "../address.ts";
import { asInteger, asOneOf, type Parse } from "../parse.ts";
import type { Secret } from "../secret.ts";
import { asFile, asName, asSecret, asYesNo, setting } from "../setting.ts";

const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;
type KafkaMechanism = (typeof MECHANISMS)[number];

/** Kafka writes them in capitals. */
const asMechanism: Parse<KafkaMechanism> = (typed) => asOneOf(MECHANISMS)(typed.toLowerCase());

export const KAFKA_SETTINGS = {
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
    "PEM file of the authority to trust, read at each connection",
    null,
    asFile,
    "the system's authorities",
  ),
  kafkaTlsCert: setting<string | null>(
    "KAFKA_TLS_CERT",
    "PEM file of this client's certificate, read at each connection",
    null,
    asFile,
  ),
  kafkaTlsKey: setting<string | null>(
    "KAFKA_TLS_KEY",
    "PEM file of this client's key, read at each connection",
    null,
    asFile,
  ),
  kafkaSaslMechanism: setting<KafkaMechanism | null>(
    "KAFKA_SASL_MECHANISM",
    "plain, scram-sha-256 or scram-sha-512",
    null,
    asMechanism,
  ),
  kafkaSaslUsername: setting<Secret | null>(
    "KAFKA_SASL_USERNAME",
    "user for SASL; …_FILE names a file that has it, read at each connection",
    null,
    asSecret,
  ),
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
} as const;
