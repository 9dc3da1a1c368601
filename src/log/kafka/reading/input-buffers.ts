// Input buffers
// What has been fetched of a task's inputs and not been polled yet. At most one fetch is under way at each broker, and a poll
// takes the first that brings something: it never waits for a broker that has nothing.
//
// Invariant: buffers hold at most what one fetch of each broker brings beyond one poll, because a fetch is made only when
// somebody waits for records, or where the broker is known to have more. So back-pressure needs no pausing.

import type { LogRecord, Positions } from "../../event-log.ts";
import type { Cluster } from "../client/cluster.ts";
import { Disconnected, isRetriable, KafkaError } from "../client/errors.ts";
import { Input, type InputName } from "./input.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import { endOf, startBehind } from "./partition-reader.ts";
import type { ReadYourWrites } from "./read-your-writes.ts";
import { fetch, type Fetched, type FetchLimits, type FetchPartition } from "../protocol/fetch-call.ts";
import { EARLIEST } from "../protocol/calls.ts";

const OFFSET_OUT_OF_RANGE = 1;
const LIMITS: Omit<FetchLimits, "waitMs"> = { maxBytes: 4 * 1024 * 1024, maxPartitionBytes: 1024 * 1024 };
/** A fetch that waits keeps its connection busy for so long. */
const LONGEST_FETCH_MS = 500;
/** How long a poll that has records already waits for more that can be had at once. */
const TOP_UP_MS = 20;

export interface BufferContext {
  readonly cluster: Cluster;
  readonly readYourWrites: ReadYourWrites;
}

export class InputBuffers {
  readonly #cluster: Cluster;
  readonly #pool: ConnectionPool;
  readonly #readYourWrites: ReadYourWrites;
  readonly #partition: number;
  readonly #inputs: readonly Input[];
  /** By broker: since when the fetch there is under way, and whether the broker answers it at once. */
  readonly #fetching = new Map<number, { readonly isQuick: boolean; readonly sinceMs: number }>();
  /** Each input has been heard of. */
  #isReady = false;
  #wake: () => void = () => undefined;

  private constructor(
    { cluster, readYourWrites }: BufferContext,
    pool: ConnectionPool,
    partition: number,
    inputs: readonly Input[],
  ) {
    this.#cluster = cluster;
    this.#readYourWrites = readYourWrites;
    this.#pool = pool;
    this.#partition = partition;
    this.#inputs = inputs;
  }

  /** An input without a position starts at its beginning. */
  static async open(
    context: BufferContext,
    pool: ConnectionPool,
    partition: number,
    names: readonly InputName[],
    positions: Positions,
  ): Promise<InputBuffers> {
    const inputs = names.map(async (of) => {
      const position = positions[of.name] ?? (await endOf(context.cluster, of.topic, partition, EARLIEST));
      return new Input(of, position);
    });
    return new InputBuffers(context, pool, partition, await Promise.all(inputs));
  }

  async poll(maxRecords: number, maxWaitMs: number, check: () => void): Promise<readonly LogRecord[]> {
    const startedMs = performance.now();
    if (this.#left() > 0) await this.#topUp(maxRecords, startedMs + TOP_UP_MS);
    for (;;) {
      check();
      const nowMs = performance.now();
      this.#throwLost(nowMs);
      const records = this.#isReady ? this.#take(maxRecords) : [];
      if (records.length > 0) {
        this.#fetchAhead(maxRecords);
        return records;
      }
      const leftMs = startedMs + maxWaitMs - nowMs;
      const lacking = this.#lacking(maxWaitMs > 0 ? -Infinity : startedMs);
      if (leftMs <= 0 && lacking.length === 0) return [];
      if (leftMs > 0) this.#start(this.#inputs, Math.min(Math.ceil(leftMs), LONGEST_FETCH_MS));
      else this.#start(lacking, 0);
      await this.#changed(leftMs > 0 ? leftMs : Infinity);
    }
  }

  /** As tools count it. */
  told(name: string, position: number): number {
    return this.#inputs.find(({ of }) => of.name === name)?.told(position) ?? position;
  }

  #take(maxRecords: number): LogRecord[] {
    const records: LogRecord[] = [];
    for (const input of this.#inputs) input.take(maxRecords - records.length, records);
    return records;
  }

  #left(): number {
    return this.#inputs.reduce((sum, input) => sum + input.left, 0);
  }

  /**
   * An input whose leader is away is asked for again while the others go on. A poll fails for it only when that has lasted
   * for as long as the settings' patience, or when nothing has been had of it yet.
   */
  #throwLost(nowMs: number): void {
    const lost = this.#inputs.find((input) => input.isLost(nowMs, this.#cluster.settings.retryDeadlineMs));
    if (lost) throw this.#cluster.failure(`fetch ${lost.of.topic} ${this.#partition}`, lost.trouble?.error);
  }

  /**
   * Of which it is not known that nothing is there: what has not answered a question of since then, or does not show yet
   * what this log has committed itself, whose markers may still be on their way.
   */
  #lacking(sinceMs: number): Input[] {
    return this.#inputs.filter(
      ({ of, next, trouble, answeredMs }) =>
        trouble !== null ||
        answeredMs === -Infinity ||
        answeredMs < sinceMs ||
        next < this.#readYourWrites.watermark(of.topic, this.#partition),
    );
  }

  /** What is there already makes a fuller batch, and costs no more to commit. */
  async #topUp(maxRecords: number, untilMs: number): Promise<void> {
    if (this.#left() >= maxRecords) return;
    this.#start(
      this.#inputs.filter((input) => input.left < maxRecords),
      0,
    );
    const isComing = (): boolean =>
      [...this.#fetching.values()].some(({ isQuick, sinceMs }) => isQuick && sinceMs + TOP_UP_MS > performance.now());
    while (isComing() && this.#left() < maxRecords) await this.#changed(untilMs - performance.now());
  }

  /** From brokers that are known to have more: their answer comes at once. */
  #fetchAhead(maxRecords: number): void {
    if (this.#left() >= maxRecords) return;
    this.#start(
      this.#inputs.filter((input) => input.left < maxRecords && input.next < input.end),
      0,
    );
  }

  /** A fetch at each broker that leads one of the inputs, where none is under way. */
  #start(inputs: readonly Input[], waitMs: number): void {
    const nowMs = performance.now();
    const byLeader = new Map<number, Input[]>();
    for (const input of inputs) {
      if (input.isAsked || (input.trouble !== null && input.trouble.againMs > nowMs)) continue;
      const leader = this.#cluster.knownLeader(input.of.topic, this.#partition);
      if (leader === null) void this.#lookUp(input);
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), input]);
    }
    for (const [leader, led] of byLeader) if (!this.#fetching.has(leader)) void this.#fetch(leader, led, waitMs);
  }

  async #lookUp(input: Input): Promise<void> {
    input.isAsked = true;
    try {
      await this.#cluster.leader(input.of.topic, this.#partition);
    } catch (error) {
      this.#failed(input, error);
    }
    input.isAsked = false;
    this.#wake();
  }

  async #fetch(leader: number, inputs: readonly Input[], waitMs: number): Promise<void> {
    const sentMs = performance.now();
    this.#fetching.set(leader, { isQuick: waitMs === 0, sinceMs: sentMs });
    const wanted = inputs.map(({ of, next }): FetchPartition => ({ ...of, partition: this.#partition, from: next }));
    for (const input of inputs) input.isAsked = true;
    try {
      const answers = await this.#pool.send(leader, fetch(wanted, { ...LIMITS, waitMs }));
      await Promise.all(inputs.map((input, index) => this.#answered(input, wanted[index], answers, sentMs)));
    } catch (error) {
      for (const input of inputs) this.#failed(input, error);
    }
    this.#fetching.delete(leader);
    for (const input of inputs) input.isAsked = false;
    this.#isReady ||= this.#inputs.every(({ answeredMs }) => answeredMs > -Infinity);
    this.#wake();
  }

  async #answered(
    input: Input,
    wanted: FetchPartition | undefined,
    answers: readonly Fetched[],
    sentMs: number,
  ): Promise<void> {
    try {
      const answer = answers.find(({ topic }) => topic === wanted?.topic);
      if (!answer || !wanted) throw new Disconnected(`${input.of.topic} ${this.#partition} was left unanswered`);
      if (answer.error === OFFSET_OUT_OF_RANGE) {
        input.next = await startBehind(this.#cluster, wanted);
        // What is there instead is still to be asked for.
        input.answered(-Infinity);
      } else {
        input.add(answer, wanted.from);
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

  /** Until a fetch has ended, or one that has failed may be tried again; at most for so long. */
  async #changed(mostMs: number): Promise<void> {
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
}
