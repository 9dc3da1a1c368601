// Input buffers
// What has been fetched of a task's inputs and not been polled yet. At most one fetch is under way at each broker, and a poll
// takes the first that brings something: it never waits for a broker that has nothing.
//
// Invariant: buffers hold at most what one fetch of each broker brings beyond one poll, because a fetch is made only when
// somebody waits for records, or where the broker is known to have more. So back-pressure needs no pausing.

import type { LogRecord, Positions } from "../../event-log.ts";
import type { Cluster } from "../client/cluster.ts";
import { Input, type InputName } from "./input.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import { PartitionFetches } from "./partition-fetches.ts";
import { endOf } from "./partition-reader.ts";
import type { ReadYourWrites } from "./read-your-writes.ts";
import type { FetchLimits } from "../protocol/fetch-call.ts";
import { EARLIEST } from "../protocol/calls.ts";

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
  readonly #readYourWrites: ReadYourWrites;
  readonly #inputs: readonly Input[];
  readonly #fetches: PartitionFetches;
  /** Each input has been heard of. */
  #isReady = false;

  private constructor({ cluster, readYourWrites }: BufferContext, pool: ConnectionPool, inputs: readonly Input[]) {
    this.#readYourWrites = readYourWrites;
    this.#inputs = inputs;
    this.#fetches = new PartitionFetches(cluster, pool, inputs);
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
      return new Input(of, partition, position);
    });
    return new InputBuffers(context, pool, await Promise.all(inputs));
  }

  async poll(maxRecords: number, maxWaitMs: number, check: () => void): Promise<readonly LogRecord[]> {
    const startedMs = performance.now();
    if (this.#left() > 0) await this.#topUp(maxRecords, startedMs + TOP_UP_MS);
    for (;;) {
      check();
      // A poll fails for an input only when nothing has been had of it for as long as the settings' patience.
      this.#fetches.throwLost("fetch");
      this.#isReady ||= this.#inputs.every(({ answeredMs }) => answeredMs > -Infinity);
      const records = this.#isReady ? this.#take(maxRecords) : [];
      if (records.length > 0) {
        this.#fetchAhead(maxRecords);
        return records;
      }
      const leftMs = startedMs + maxWaitMs - performance.now();
      const lacking = this.#lacking(maxWaitMs > 0 ? -Infinity : startedMs);
      if (leftMs <= 0 && lacking.length === 0) return [];
      if (leftMs > 0) this.#start(this.#inputs, Math.min(Math.ceil(leftMs), LONGEST_FETCH_MS));
      else this.#start(lacking, 0);
      await this.#fetches.changed(leftMs > 0 ? leftMs : Infinity);
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
   * Of which it is not known that nothing is there: what has not answered a question of since then, or does not show yet
   * what this log has committed itself, whose markers may still be on their way.
   */
  #lacking(sinceMs: number): Input[] {
    return this.#inputs.filter(
      ({ of, partition, next, trouble, answeredMs }) =>
        trouble !== null ||
        answeredMs === -Infinity ||
        answeredMs < sinceMs ||
        next < this.#readYourWrites.watermark(of.topic, partition),
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
      this.#fetches.underWay.some(({ isQuick, sinceMs }) => isQuick && sinceMs + TOP_UP_MS > performance.now());
    while (isComing() && this.#left() < maxRecords) await this.#fetches.changed(untilMs - performance.now());
  }

  /** From brokers that are known to have more: their answer comes at once. */
  #fetchAhead(maxRecords: number): void {
    if (this.#left() >= maxRecords) return;
    this.#start(
      this.#inputs.filter((input) => input.left < maxRecords && input.next < input.end),
      0,
    );
  }

  #start(inputs: readonly Input[], waitMs: number): void {
    this.#fetches.start(inputs, { ...LIMITS, waitMs });
  }
}
