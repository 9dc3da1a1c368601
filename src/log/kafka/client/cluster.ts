// Cluster
// Which broker to ask: leaders of partitions and coordinators of groups and transactions, learnt from the cluster, kept
// until an answer says that they are old. While a request is without an answer for long the cluster is asked who is there:
// what waits for a broker that it has given up (one that is frozen, say) is given up as well, and asked elsewhere.

import { setTimeout as sleep } from "node:timers/promises";
import { LogUnavailable, UnknownTopic } from "../../event-log.ts";
import { Admin } from "./admin.ts";
import { FIRST_WAIT_MS, nextWaitMs } from "./backoff.ts";
import { parseAddress, type Address } from "./socket.ts";
import { isRetriable, KafkaError, portError } from "./errors.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { Leaders } from "./leaders.ts";
import type { ResolvedSettings } from "../settings.ts";
import { findCoordinator, metadata, type Call, type ClusterMetadata, type CoordinatorOf } from "../protocol/calls.ts";

/** A request that waits for longer may wait for a broker that is gone. */
const LONG_WAIT_MS = 1_000;
const WATCH_MS = 500;
const UNKNOWN_TOPIC = 3;
const LEADER_NOT_AVAILABLE = 5;
const INVALID_TOPIC = 17;

export class Cluster {
  readonly settings: ResolvedSettings;
  readonly admin: Admin;
  readonly #seeds: readonly Address[];
  /** For what is quick and nobody's own. */
  readonly #pool: ConnectionPool;
  readonly #pools = new Set<ConnectionPool>();
  /** As the last answer had them. */
  #brokers: ReadonlyMap<number, Address> = new Map();
  readonly #leaders = new Leaders();
  readonly #coordinators = new Map<string, number>();
  readonly #watch: NodeJS.Timeout;
  /** How often leaders and coordinators were said to be elsewhere, and how often of these the leaders were learnt since. */
  #forgotten = 0;
  #learnt = 0;
  #refreshing: Promise<void> | null = null;
  #closed = false;

  constructor(settings: ResolvedSettings) {
    this.settings = settings;
    this.#seeds = settings.brokers.map(parseAddress);
    this.#pool = this.pool();
    this.admin = new Admin(settings, () => this.#pool.liveFirst(this.#addresses()));
    this.#watch = setInterval(() => this.#lookAfter(), WATCH_MS).unref();
  }

  #lookAfter(): void {
    const since = [...this.#pools].flatMap((pool) => pool.waitingSince ?? []);
    if (performance.now() - Math.min(Infinity, ...since) > LONG_WAIT_MS) this.#refresh().catch(() => undefined);
  }

  /** Connections of their own; closed with the cluster at the latest. */
  pool(): ConnectionPool {
    const pool = new ConnectionPool(this.settings, (node) => this.#brokers.get(node) ?? null);
    this.#pools.add(pool);
    return pool;
  }

  closePool(pool: ConnectionPool): void {
    this.#pools.delete(pool);
    pool.close();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#watch);
    this.admin.close();
    for (const pool of this.#pools) pool.close();
    this.#pools.clear();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Asks again while the trouble is passing, for as long as the settings' patience; throws the port's errors. */
  async retry<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.settings.retryDeadlineMs;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = nextWaitMs(waitMs)) {
      this.checkOpen();
      try {
        return await ask();
      } catch (error) {
        if (!isRetriable(error) || performance.now() > deadline) throw this.failure(what, error);
        if (!(error instanceof KafkaError && error.errorClass === "retry")) this.invalidate();
        await sleep(waitMs);
      }
    }
  }

  /** What the port says of an error that has not passed within the patience. */
  failure(what: string, error: unknown): Error {
    const given = portError(error);
    // One that the port's error comes from already has been tried for as long.
    if (given === error || !(given instanceof LogUnavailable)) return given;
    return new LogUnavailable(`${what}: ${given.message} (tried for ${this.settings.retryDeadlineMs} ms)`, {
      cause: error,
    });
  }

  checkOpen(): void {
    if (this.#closed) throw new LogUnavailable("the log is closed");
  }

  /** Null asks for all topics; what is answered is remembered. */
  async metadata(topics: readonly string[] | null): Promise<ClusterMetadata> {
    const answer = await this.sendAny(this.#pool, metadata(topics));
    // A broker that is only just starting knows nobody.
    if (answer.brokers.length === 0) throw new KafkaError(LEADER_NOT_AVAILABLE, "the cluster's brokers");
    this.#brokers = new Map(answer.brokers.map(({ id, host, port }) => [id, { host, port }]));
    for (const [name, node] of this.#coordinators) if (!this.#brokers.has(node)) this.#coordinators.delete(name);
    this.#leaders.learn(answer.topics, performance.now());
    for (const pool of this.#pools) pool.closeGone();
    return answer;
  }

  /** Asks for all topics that are known, once for all who want to know meanwhile. */
  #refresh(): Promise<void> {
    this.#refreshing ??= (async () => {
      const forgotten = this.#forgotten;
      try {
        await this.metadata(this.#leaders.topics);
        this.#learnt = forgotten;
      } finally {
        this.#refreshing = null;
      }
    })();
    return this.#refreshing;
  }

  /** How many partitions a topic has, or null when it does not exist; asks the cluster when it is not known. */
  async partitions(topic: string): Promise<number | null> {
    const known = this.#leaders.count(topic);
    if (known !== null) return known;
    const answer = await this.retry(`metadata of ${topic}`, async () => {
      const found = (await this.metadata([topic])).topics[0];
      if (found && found.error !== 0 && found.error !== UNKNOWN_TOPIC && found.error !== INVALID_TOPIC)
        throw new KafkaError(found.error, `metadata of ${topic}`);
      return found;
    });
    return answer?.error === 0 ? answer.partitions.length : null;
  }

  async leader(topic: string, partition: number): Promise<number> {
    if (this.#learnt < this.#forgotten) await this.#refresh();
    if (this.#leaders.count(topic) === null && (await this.partitions(topic)) === null)
      throw new UnknownTopic(`${topic} is not a topic of this cluster`);
    const leader = this.#leaders.of(topic, partition);
    if (leader !== null) return leader;
    this.#forgotten += 1;
    throw new KafkaError(LEADER_NOT_AVAILABLE, `leader of ${topic} ${partition}`);
  }

  /** As far as it is known without asking; null: it has to be asked for. */
  knownLeader(topic: string, partition: number): number | null {
    return this.#learnt < this.#forgotten ? null : this.#leaders.of(topic, partition);
  }

  async coordinator(of: CoordinatorOf, key: string): Promise<number> {
    const name = `${of} ${key}`;
    const known = this.#coordinators.get(name);
    if (known !== undefined) return known;
    const found = await this.sendAny(this.#pool, findCoordinator(of, key));
    if (!this.#brokers.has(found.id)) await this.metadata([]);
    this.#coordinators.set(name, found.id);
    return found.id;
  }

  /** Leaders and coordinators may be elsewhere by now. */
  invalidate(): void {
    this.#forgotten += 1;
    this.#coordinators.clear();
  }

  /** To whichever broker answers first. */
  async sendAny<T>(pool: ConnectionPool, call: Call<T>): Promise<T> {
    return await pool.sendAny(this.#addresses(), call);
  }

  #addresses(): Address[] {
    return [...this.#brokers.values(), ...this.#seeds];
  }

  /** To any broker, on the pool of nobody. */
  async send<T>(node: number, call: Call<T>): Promise<T> {
    return await this.#pool.send(node, call);
  }
}
