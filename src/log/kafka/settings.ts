// Settings of a Kafka log, and what they are when left out.

import type { Partitioner } from "../partitioner.ts";

export interface KafkaTls {
  /** PEM text; left out: the system's authorities. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface KafkaSasl {
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  readonly username: string;
  readonly password: string;
}

export interface KafkaSettings {
  /** host:port of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Before the name of every topic, group and transactional id. */
  readonly topicPrefix?: string;
  /** Asked at each connection. */
  readonly tls?: () => KafkaTls;
  readonly sasl?: KafkaSasl;
  /** Of everybody who writes the topics; left out: murmur2. */
  readonly partitioner?: Partitioner;
  /** Of topics that are created; left out: the cluster's own. */
  readonly replication?: number;
  readonly minInsyncReplicas?: number;
  /** After so long without a sign of life the group gives a member's partitions to others. */
  readonly sessionTimeoutMs?: number;
  /** A transaction that is open for longer is aborted by the broker; readers wait for it until then. */
  readonly transactionTimeoutMs?: number;
  /** How long a call tries to get through before it is `LogUnavailable`. */
  readonly retryDeadlineMs?: number;
  /** How often a task's positions are also sent to its group, for tools. */
  readonly offsetsEveryMs?: number;
  /** Told of what passed by itself, in words. */
  readonly onTrouble?: (message: string) => void;
}

export interface ResolvedSettings extends Required<
  Omit<KafkaSettings, "tls" | "sasl" | "replication" | "minInsyncReplicas">
> {
  readonly tls: (() => KafkaTls) | null;
  readonly sasl: KafkaSasl | null;
  readonly replication: number | null;
  readonly minInsyncReplicas: number | null;
  /** Whether a broker has let this log in before: who is refused later has credentials that are being changed. */
  readonly admitted: { once: boolean };
}

export function withDefaults(given: KafkaSettings): ResolvedSettings {
  return {
    brokers: given.brokers,
    clientId: given.clientId,
    topicPrefix: given.topicPrefix ?? "",
    partitioner: given.partitioner ?? "murmur2",
    tls: given.tls ?? null,
    sasl: given.sasl ?? null,
    replication: given.replication ?? null,
    minInsyncReplicas: given.minInsyncReplicas ?? null,
    admitted: { once: false },
    sessionTimeoutMs: given.sessionTimeoutMs ?? 6_000,
    transactionTimeoutMs: given.transactionTimeoutMs ?? 15_000,
    retryDeadlineMs: given.retryDeadlineMs ?? 15_000,
    offsetsEveryMs: given.offsetsEveryMs ?? 1_000,
    onTrouble: given.onTrouble ?? (() => undefined),
  };
}
