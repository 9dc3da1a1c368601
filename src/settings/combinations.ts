// Combinations: settings that are right by themselves and wrong together.

import { SETTINGS, type Config, type Settings } from "./table/settings.ts";

/** A sentence for each, that begins with the setting to change. */
export function combinationProblems(config: Config): string[] {
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
