// Cluster
// Which broker to ask: leaders of partitions and coordinators of groups and transactions, learnt from the cluster, kept
// until an answer says that they are old.

import { setTimeout as sleep } from "node:timers/promises";
import { LogUnavailable, UnknownTopic } from "../event-log.ts";
import type { Address } from "./connection.ts";
import { Disconnected, isPassing, KafkaError, portError } from "./errors.ts";
import { Lane, parseAddress } from "./lane.ts";
import type { Settings } from "./settings.ts";
import { findCoordinator, metadata, type Call, type ClusterMetadata, type CoordinatorOf } from "./wire/calls.ts";

const FIRST_WAIT_MS = 4;
const WAIT_GROWTH = 1.5;
const LONGEST_WAIT_MS = 500;
const UNKNOWN_TOPIC = 3;
const INVALID_TOPIC = 17;

export class Cluster {
  readonly settings: Settings;
  readonly #seeds: readonly Address[];
  /** For what is quick and nobody's own. */
  readonly #lane: Lane;
  readonly #lanes = new Set<Lane>();
  readonly #brokers = new Map<number, Address>();
  /** By topic, then by partition. */
  readonly #leaders = new Map<string, readonly number[]>();
  readonly #coordinators = new Map<string, number>();
  #controller = -1;
  #closed = false;

  constructor(settings: Settings) {
    this.settings = settings;
    this.#seeds = settings.brokers.map(parseAddress);
    this.#lane = this.lane();
  }

  /** Connections of their own; closed with the cluster at the latest. */
  lane(): Lane {
    const lane = new Lane(this.settings, (node) => {
      const address = this.#brokers.get(node);
      if (!address) throw new Disconnected(`broker ${node} is not known any more`);
      return address;
    });
    this.#lanes.add(lane);
    return lane;
  }

  closeLane(lane: Lane): void {
    this.#lanes.delete(lane);
    lane.close();
  }

  close(): void {
    this.#closed = true;
    for (const lane of this.#lanes) lane.close();
    this.#lanes.clear();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Asks again while the trouble is passing, for as long as the settings' patience; throws the port's errors. */
  async persist<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.settings.patienceMs;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * WAIT_GROWTH, LONGEST_WAIT_MS)) {
      this.checkOpen();
      try {
        return await ask();
      } catch (error) {
        if (!isPassing(error) || performance.now() > deadline) throw this.#given(what, error);
        if (!(error instanceof KafkaError && error.meaning === "retry")) this.forget();
        await sleep(waitMs);
      }
    }
  }

  #given(what: string, error: unknown): Error {
    const given = portError(error);
    // One that the port's error comes from already has been tried for as long.
    if (given === error || !(given instanceof LogUnavailable)) return given;
    return new LogUnavailable(`${what}: ${given.message} (tried for ${this.settings.patienceMs} ms)`, { cause: error });
  }

  checkOpen(): void {
    if (this.#closed) throw new LogUnavailable("the log is closed");
  }

  /** Null asks for all topics; what is answered is remembered. */
  async metadata(topics: readonly string[] | null): Promise<ClusterMetadata> {
    const known = [...this.#brokers.values()];
    const answer = await this.#lane.sendAny([...known, ...this.#seeds], metadata(topics));
    for (const { id, host, port } of answer.brokers) this.#brokers.set(id, { host, port });
    this.#controller = answer.controller;
    for (const { topic, error, partitions } of answer.topics) {
      if (error === 0)
        this.#leaders.set(
          topic,
          partitions.toSorted((a, b) => a.partition - b.partition).map((p) => p.leader),
        );
      else this.#leaders.delete(topic);
    }
    return answer;
  }

  /** How many partitions a topic has, or null when it does not exist; asks the cluster when it is not known. */
  async partitions(topic: string): Promise<number | null> {
    const known = this.#leaders.get(topic);
    if (known) return known.length;
    const answer = await this.persist(`metadata of ${topic}`, async () => {
      const found = (await this.metadata([topic])).topics[0];
      if (found && found.error !== 0 && found.error !== UNKNOWN_TOPIC && found.error !== INVALID_TOPIC)
        throw new KafkaError(found.error, `metadata of ${topic}`);
      return found;
    });
    return answer?.error === 0 ? answer.partitions.length : null;
  }

  async leader(topic: string, partition: number): Promise<number> {
    if (!this.#leaders.has(topic) && (await this.partitions(topic)) === null)
      throw new UnknownTopic(`${topic} is not a topic of this cluster`);
    const leader = this.#leaders.get(topic)?.[partition] ?? -1;
    if (leader < 0) throw new KafkaError(5, `leader of ${topic} ${partition}`);
    return leader;
  }

  async coordinator(of: CoordinatorOf, key: string): Promise<number> {
    const name = `${of} ${key}`;
    const known = this.#coordinators.get(name);
    if (known !== undefined) return known;
    const found = await this.#lane.sendAny([...this.#brokers.values(), ...this.#seeds], findCoordinator(of, key));
    this.#brokers.set(found.id, { host: found.host, port: found.port });
    this.#coordinators.set(name, found.id);
    return found.id;
  }

  /** Leaders and coordinators may be elsewhere by now. */
  forget(): void {
    this.#leaders.clear();
    this.#coordinators.clear();
    this.#controller = -1;
  }

  /** To any broker, on the lane of nobody. */
  async send<T>(node: number, call: Call<T>): Promise<T> {
    return await this.#lane.send(node, call);
  }

  async sendController<T>(call: Call<T>): Promise<T> {
    if (this.#controller < 0) await this.metadata([]);
    return await this.#lane.send(this.#controller, call);
  }
}
