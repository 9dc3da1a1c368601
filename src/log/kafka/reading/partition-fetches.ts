// Partition fetches
// Fetches of several partitions, of which at most one is under way at each broker, for all that it leads. A partition whose
// leader is away is asked for again while the others go on.

import type { Cluster } from "../client/cluster.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import { Disconnected, isRetriable, KafkaError } from "../client/errors.ts";
import { fetch, type Fetched, type FetchLimits, type FetchPartition } from "../protocol/fetch-call.ts";
import type { Input } from "./input.ts";
import { startBehind } from "./partition-reader.ts";

const OFFSET_OUT_OF_RANGE = 1;

interface UnderWay {
  /** The broker answers it at once. */
  readonly isQuick: boolean;
  readonly sinceMs: number;
}

export class PartitionFetches {
  readonly #cluster: Cluster;
  readonly #pool: ConnectionPool;
  readonly #inputs: readonly Input[];
  /** By broker. */
  readonly #underWay = new Map<number, UnderWay>();
  #wake: () => void = () => undefined;

  constructor(cluster: Cluster, pool: ConnectionPool, inputs: readonly Input[]) {
    this.#cluster = cluster;
    this.#pool = pool;
    this.#inputs = inputs;
  }

  get underWay(): UnderWay[] {
    return [...this.#underWay.values()];
  }

  /** When an input could not be had for as long as the settings' patience, or never will be. `what` is done with it. */
  throwLost(what: string): void {
    const [nowMs, { retryDeadlineMs }] = [performance.now(), this.#cluster.settings];
    const lost = this.#inputs.find((input) => input.isLost(nowMs, retryDeadlineMs));
    if (lost) throw this.#cluster.failure(`${what} ${lost.of.topic} ${lost.partition}`, lost.trouble?.error);
  }

  /** A fetch at each broker that leads one of these, where none is under way; the broker fills its answer in their order. */
  start(inputs: readonly Input[], limits: FetchLimits): void {
    const nowMs = performance.now();
    const byLeader = new Map<number, Input[]>();
    for (const input of inputs) {
      if (input.isAsked || (input.trouble !== null && input.trouble.againMs > nowMs)) continue;
      const leader = this.#cluster.knownLeader(input.of.topic, input.partition);
      if (leader === null) void this.#lookUp(input);
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), input]);
    }
    for (const [leader, led] of byLeader) if (!this.#underWay.has(leader)) void this.#fetch(leader, led, limits);
  }

  /** Until a fetch has ended, or one that has failed may be tried again; at most for so long. */
  async changed(mostMs: number): Promise<void> {
    const nowMs = performance.now();
    const again = this.#inputs.flatMap(({ isAsked, trouble }) => (isAsked || trouble === null ? [] : trouble.againMs));
    const waitMs = Math.min(mostMs, ...again.map((againMs) => againMs - nowMs));
    await new Promise<void>((resolve) => {
      const timer = waitMs === Infinity ? undefined : setTimeout(resolve, Math.max(0, waitMs));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #lookUp(input: Input): Promise<void> {
    input.isAsked = true;
    try {
      await this.#cluster.leader(input.of.topic, input.partition);
    } catch (error) {
      this.#failed(input, error);
    }
    input.isAsked = false;
    this.#wake();
  }

  async #fetch(leader: number, inputs: readonly Input[], limits: FetchLimits): Promise<void> {
    const sinceMs = performance.now();
    this.#underWay.set(leader, { isQuick: limits.waitMs === 0, sinceMs });
    const asked = inputs.map((input) => ({ input, from: input.next }));
    const wanted = asked.map(({ input: { of, partition }, from }): FetchPartition => ({ ...of, partition, from }));
    for (const input of inputs) input.isAsked = true;
    try {
      const answers = await this.#pool.send(leader, fetch(wanted, limits));
      const named = new Map(answers.map((answer) => [`${answer.topic}/${answer.partition}`, answer]));
      const answerOf = ({ of, partition }: Input): Fetched | undefined => named.get(`${of.topic}/${partition}`);
      await Promise.all(
        asked.map(async ({ input, from }) => await this.#answered(input, from, answerOf(input), sinceMs)),
      );
    } catch (error) {
      for (const input of inputs) this.#failed(input, error);
    }
    this.#underWay.delete(leader);
    for (const input of inputs) input.isAsked = false;
    this.#wake();
  }

  async #answered(input: Input, from: number, answer: Fetched | undefined, sentMs: number): Promise<void> {
    const { of, partition } = input;
    try {
      if (!answer) throw new Disconnected(`${of.topic} ${partition} was left unanswered`);
      if (answer.error === OFFSET_OUT_OF_RANGE) {
        input.next = await startBehind(this.#cluster, { ...of, partition, from });
        // What is there instead is still to be asked for.
        input.answered(-Infinity);
      } else {
        input.add(answer, from);
        input.answered(sentMs);
      }
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
}
