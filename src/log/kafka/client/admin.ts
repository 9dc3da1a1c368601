// Admin
// Makes topics and reads their settings, through kafkajs' admin client. Each call is tried once: asking again is the
// caller's, as with every other request.

import kafkajs, { type Admin as KafkajsAdmin, type SASLOptions } from "kafkajs";
import { LogError } from "../../event-log.ts";
import type { ResolvedSettings } from "../settings.ts";
import { CODES, Disconnected, KafkaError } from "./errors.ts";
import { addressText, connectSocket, type Address } from "./socket.ts";

const CONNECT_MS = 5_000;
const REQUEST_MS = 5_000;

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** −1: the cluster's own. */
  readonly replication: number;
  readonly configs: readonly (readonly [name: string, value: string])[];
}

/** Its methods throw `KafkaError` for what a broker has answered, `Disconnected` where none did. */
export class Admin {
  readonly #settings: ResolvedSettings;
  /** Those that answer first. */
  readonly #addresses: () => readonly Address[];
  #connecting: Promise<KafkajsAdmin> | null = null;

  constructor(settings: ResolvedSettings, addresses: () => readonly Address[]) {
    this.#settings = settings;
    this.#addresses = addresses;
  }

  /** Of those that could not be made, but for being there already. */
  async createTopics(topics: readonly NewTopic[], timeoutMs: number): Promise<KafkaError[]> {
    const wanted = topics.map(({ name, partitions, replication, configs }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor: replication,
      configEntries: configs.map(([config, value]) => ({ name: config, value })),
    }));
    try {
      await this.#ask("create topics", (admin) =>
        admin.createTopics({ topics: wanted, timeout: timeoutMs, waitForLeaders: false }),
      );
      return [];
    } catch (error) {
      if (!(error instanceof kafkajs.KafkaJSAggregateError)) throw error;
      const refused = error.errors.flatMap((one) => (one instanceof kafkajs.KafkaJSProtocolError ? [one] : []));
      return refused
        .filter(({ type }) => type !== "TOPIC_ALREADY_EXISTS")
        .map((one) => new KafkaError(one.code, `create topic ${"topic" in one ? String(one.topic) : ""}`));
    }
  }

  /** Those of the settings that the brokers know. */
  async topicConfigs(topic: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: [...names] };
    const { resources } = await this.#ask(`settings of ${topic}`, (admin) =>
      admin.describeConfigs({ resources: [resource], includeSynonyms: false }),
    );
    const entries = resources.flatMap(({ configEntries }) => configEntries);
    return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
  }

  async #ask<T>(place: string, ask: (admin: KafkajsAdmin) => Promise<T>): Promise<T> {
    const connecting = (this.#connecting ??= this.#connect());
    try {
      return await ask(await connecting);
    } catch (error) {
      if (error instanceof kafkajs.KafkaJSAggregateError) throw error;
      const given = adminError(error, place);
      // The next call finds brokers that answer, and reads a password that has changed.
      if (!(given instanceof KafkaError) && this.#connecting === connecting) this.close();
      throw given;
    }
  }

  async #connect(): Promise<KafkajsAdmin> {
    const { clientId, tls, sasl } = this.#settings;
    const hosts = new Map<string, string>();
    const brokers = this.#addresses().map(({ host, port }) => {
      hosts.set(nameOf(host), host);
      return addressText({ host: nameOf(host), port });
    });
    const kafka = new kafkajs.Kafka({
      clientId,
      brokers,
      logLevel: kafkajs.logLevel.NOTHING,
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      enforceRequestTimeout: true,
      retry: { retries: 0 },
      socketFactory: ({ host, port, onConnect }) =>
        connectSocket({ host: hosts.get(host) ?? host, port }, tls?.() ?? null).once(
          tls === null ? "connect" : "secureConnect",
          onConnect,
        ),
      ...(sasl === null ? {} : { sasl: saslOptions(sasl) }),
    });
    const admin = kafka.admin();
    await admin.connect();
    return admin;
  }

  close(): void {
    this.#connecting?.then((admin) => admin.disconnect()).catch(() => undefined);
    this.#connecting = null;
  }
}

/** kafkajs splits an address at its first colon; IPv6 has more. */
function nameOf(host: string): string {
  return host.replaceAll(":", "_");
}

/** kafkajs keeps a state of its own in the object. */
function saslOptions({ mechanism, username, password }: NonNullable<ResolvedSettings["sasl"]>): SASLOptions {
  return { mechanism, username, password };
}

/** Ours for what kafkajs threw: by the broker's code where it has one. */
export function adminError(error: unknown, place: string): Error {
  const cause = error instanceof kafkajs.KafkaJSNumberOfRetriesExceeded ? (error.cause ?? error) : error;
  if (cause instanceof kafkajs.KafkaJSProtocolError && Object.hasOwn(CODES, cause.code))
    return new KafkaError(cause.code, place);
  if (cause instanceof kafkajs.KafkaJSSASLAuthenticationError)
    return new LogError(`${place}: ${cause.message}`, { cause });
  if (cause instanceof kafkajs.KafkaJSError && cause.retriable)
    return new Disconnected(`${place}: ${cause.message}`, { cause });
  if (cause instanceof kafkajs.KafkaJSError) return new LogError(`${place}: ${cause.message}`, { cause });
  return cause instanceof Error ? cause : new Error(String(cause));
}
