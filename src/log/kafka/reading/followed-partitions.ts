// Followed partitions
// Many partitions read as they grow, for whoever follows them outside of tasks: one fetch a broker is under way for all that it
// leads, and the next is made when what has come was taken. A partition whose leader is away is asked for again while the
// others go on; when that has lasted for as long as the settings' patience, the reading ends with its error.

import type { LogRecord } from "../../event-log.ts";
import type { Cluster } from "../client/cluster.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import { Disconnected, isRetriable, KafkaError } from "../client/errors.ts";
import { fetch, type Fetched, type FetchLimits, type FetchPartition } from "../protocol/fetch-call.ts";
import { Input, type InputName } from "./input.ts";
import { startBehind } from "./partition-reader.ts";

const OFFSET_OUT_OF_RANGE = 1;
const LIMITS: FetchLimits = { waitMs: 500, maxBytes: 8 * 1024 * 1024, maxPartitionBytes: 1024 * 1024 };

export interface FollowedPartition {
  readonly of: InputName;
  readonly partition: number;
  readonly from: number;
}

interface Followed {
  readonly partition: number;
  readonly input: Input;
}

export class FollowedPartitions {
  readonly #cluster: Cluster;
  readonly #pool: ConnectionPool;
  readonly #all: readonly Followed[];
  /** Brokers at which a fetch is under way. */
  readonly #fetching = new Set<number>();
  #turn = 0;
  #wake: () => void = () => undefined;

  constructor(cluster: Cluster, pool: ConnectionPool, partitions: readonly FollowedPartition[]) {
    this.#cluster = cluster;
    this.#pool = pool;
    this.#all = partitions.map(({ of, partition, from }) => ({ partition, input: new Input(of, from) }));
  }

  async *records(signal: AbortSignal): AsyncGenerator<readonly LogRecord[]> {
    while (!signal.aborted) {
      this.#cluster.checkOpen();
      this.#throwLost();
      const records: LogRecord[] = [];
      for (const { input } of this.#all) input.take(Infinity, records);
      if (records.length > 0) yield records;
      else {
        this.#start();
        await this.#changed();
      }
    }
  }

  #throwLost(): void {
    const [nowMs, { retryDeadlineMs }] = [performance.now(), this.#cluster.settings];
    const lost = this.#all.find(({ input }) => input.isLost(nowMs, retryDeadlineMs));
    if (lost) throw this.#cluster.failure(`read ${lost.input.of.topic} ${lost.partition}`, lost.input.trouble?.error);
  }

  /** A fetch at each broker that leads some of them, where none is under way. */
  #start(): void {
    const nowMs = performance.now();
    const byLeader = new Map<number, Followed[]>();
    // A broker fills its answer in the order of the question: it begins with another partition each time.
    this.#turn = (this.#turn + 1) % Math.max(1, this.#all.length);
    for (const one of [...this.#all.slice(this.#turn), ...this.#all.slice(0, this.#turn)]) {
      const { input, partition } = one;
      if (input.isAsked || (input.trouble !== null && input.trouble.againMs > nowMs)) continue;
      const leader = this.#cluster.knownLeader(input.of.topic, partition);
      if (leader === null) void this.#lookUp(one);
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), one]);
    }
    for (const [leader, led] of byLeader) if (!this.#fetching.has(leader)) void this.#fetch(leader, led);
  }

  async #lookUp({ input, partition }: Followed): Promise<void> {
    input.isAsked = true;
    try {
      await this.#cluster.leader(input.of.topic, partition);
    } catch (error) {
      this.#failed(input, error);
    }
    input.isAsked = false;
    this.#wake();
  }

  async #fetch(leader: number, led: readonly Followed[]): Promise<void> {
    this.#fetching.add(leader);
    const wanted = led.map(({ input: { of, next }, partition }): FetchPartition => ({ ...of, partition, from: next }));
    for (const { input } of led) input.isAsked = true;
    try {
      const answers = await this.#pool.send(leader, fetch(wanted, LIMITS));
      const named = new Map(answers.map((answer) => [`${answer.topic}/${answer.partition}`, answer]));
      await Promise.all(
        wanted.map((one, index) => this.#answered(led[index]?.input, one, named.get(`${one.topic}/${one.partition}`))),
      );
    } catch (error) {
      for (const { input } of led) this.#failed(input, error);
    }
    this.#fetching.delete(leader);
    for (const { input } of led) input.isAsked = false;
    this.#wake();
  }

  async #answered(input: Input | undefined, wanted: FetchPartition, answer: Fetched | undefined): Promise<void> {
    if (input === undefined) return;
    try {
      if (!answer) throw new Disconnected(`${wanted.topic} ${wanted.partition} was left unanswered`);
      if (answer.error === OFFSET_OUT_OF_RANGE) input.next = await startBehind(this.#cluster, wanted);
      else input.add(answer, wanted.from);
      input.answered(performance.now());
    } catch (error) {
      this.#failed(input, error);
    }
  }

  #failed(input: Input, error: unknown): void {
    if (this.#pool.closed) return;
    input.failed(error, performance.now());
    if (isRetriable(error) && !(error instanceof KafkaError && error.errorClass === "retry"))
      this.#cluster.invalidate();
  }

  /** Until a fetch has ended, or one that has failed may be tried again. */
  async #changed(): Promise<void> {
    const nowMs = performance.now();
    const again = this.#all.flatMap(({ input: { isAsked, trouble } }) =>
      isAsked || trouble === null ? [] : trouble.againMs - nowMs,
    );
    const waitMs = Math.min(...again);
    await new Promise<void>((resolve) => {
      const timer = waitMs === Infinity ? undefined : setTimeout(resolve, Math.max(0, waitMs));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
