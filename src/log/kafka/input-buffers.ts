// Input buffers
// What has been fetched of a task's inputs and not been polled yet. A fetch asks for all inputs that a broker leads;
// it is made when somebody waits for records, and ahead only when the broker is known to have more. So buffers hold at
// most what one fetch brings beyond one poll: back-pressure needs no pausing.

import type { LogRecord, Positions } from "../event-log.ts";
import type { Cluster } from "./cluster.ts";
import { isPassing } from "./errors.ts";
import type { Lane } from "./lane.ts";
import { endOf, nextOf, startBehind } from "./partition-reader.ts";
import type { Visibility } from "./visibility.ts";
import { fetch, type Fetched, type FetchLimits, type FetchPartition } from "./wire/fetch-call.ts";
import { EARLIEST } from "./wire/calls.ts";

const OFFSET_OUT_OF_RANGE = 1;
const LIMITS: Omit<FetchLimits, "waitMs"> = { maxBytes: 4 * 1024 * 1024, maxPartitionBytes: 1024 * 1024 };
/** A waiting fetch keeps its connection busy for so long, and a task that is taken away waits for it. */
const LONGEST_FETCH_MS = 500;

export interface BufferWorld {
  readonly cluster: Cluster;
  readonly visibility: Visibility;
}

export interface InputName {
  /** As the port knows it, and as the cluster does. */
  readonly name: string;
  readonly topic: string;
}

class Input {
  readonly of: InputName;
  next: number;
  records: readonly LogRecord[] = [];
  /** How many of the records have been taken. */
  taken = 0;
  /** Behind the last record that was taken. */
  passed = 0;
  /** The committed end as last seen. */
  end = 0;

  constructor(of: InputName, next: number) {
    this.of = of;
    this.next = next;
  }

  get left(): number {
    return this.records.length - this.taken;
  }

  take(most: number, into: LogRecord[]): void {
    const until = Math.min(this.records.length, this.taken + most);
    for (let i = this.taken; i < until; i += 1) {
      const record = this.records[i];
      if (record) into.push(record);
    }
    if (until > 0) this.passed = (this.records[until - 1]?.offset ?? 0) + 1;
    this.taken = until;
    if (this.left === 0) this.records = [];
    if (this.left === 0) this.taken = 0;
  }

  add(fetched: Fetched): void {
    this.records = this.left === 0 ? fetched.records : this.records.slice(this.taken).concat(fetched.records);
    this.taken = 0;
    this.next = nextOf(fetched);
    this.end = fetched.end;
  }
}

export class InputBuffers {
  readonly #cluster: Cluster;
  readonly #lane: Lane;
  readonly #visibility: Visibility;
  readonly #partition: number;
  readonly #inputs: readonly Input[];
  /** By broker: the fetch that is under way there. */
  readonly #fetching = new Map<number, Promise<void>>();

  private constructor({ cluster, visibility }: BufferWorld, lane: Lane, partition: number, inputs: readonly Input[]) {
    this.#cluster = cluster;
    this.#visibility = visibility;
    this.#lane = lane;
    this.#partition = partition;
    this.#inputs = inputs;
  }

  /** An input without a position starts at its beginning. */
  static async open(
    world: BufferWorld,
    lane: Lane,
    partition: number,
    names: readonly InputName[],
    positions: Positions,
  ): Promise<InputBuffers> {
    const inputs = names.map(async (of) => {
      const position = positions[of.name] ?? (await endOf(world.cluster, of.topic, partition, EARLIEST));
      return new Input(of, position);
    });
    return new InputBuffers(world, lane, partition, await Promise.all(inputs));
  }

  async poll(maxRecords: number, maxWaitMs: number, check: () => void): Promise<readonly LogRecord[]> {
    const deadline = performance.now() + maxWaitMs;
    // What is being fetched ahead is there already: a batch with it is fuller, and costs no more to commit.
    if (this.#left() < maxRecords && this.#fetching.size > 0) await this.#settle(Promise.all(this.#fetching.values()));
    for (;;) {
      check();
      const records: LogRecord[] = [];
      for (const input of this.#inputs) input.take(maxRecords - records.length, records);
      if (records.length > 0) {
        this.#fetchAhead(maxRecords);
        return records;
      }
      const leftMs = deadline - performance.now();
      await this.#fetchAny(Math.min(Math.max(0, Math.ceil(leftMs)), LONGEST_FETCH_MS), leftMs <= 0);
      if (leftMs <= 0 && this.#left() === 0 && this.#seesOwn()) return [];
    }
  }

  /** A position as tools count it: where no record is left to take, the markers of transactions behind the last are passed. */
  told(name: string, position: number): number {
    const input = this.#inputs.find(({ of }) => of.name === name);
    return input === undefined || input.left > 0 || position < input.passed ? position : Math.max(position, input.next);
  }

  /** What this log has committed itself is there, though its markers may still be on their way. */
  #seesOwn(): boolean {
    return this.#inputs.every(({ of, next }) => next >= this.#visibility.end(of.topic, this.#partition));
  }

  #left(): number {
    return this.#inputs.reduce((sum, input) => sum + input.left, 0);
  }

  /** From brokers that are known to have more: their answer comes at once. */
  #fetchAhead(maxRecords: number): void {
    if (this.#left() >= maxRecords) return;
    const behind = this.#inputs.filter((input) => input.left < maxRecords && input.next < input.end);
    if (behind.length === 0) return;
    this.#start(behind, 0).catch(() => undefined);
  }

  /** Until one broker has brought something (or all, when everything that there is now is wanted). */
  async #fetchAny(waitMs: number, all: boolean): Promise<void> {
    await this.#cluster.persist(`fetch partition ${this.#partition}`, async () => {
      await this.#start(this.#inputs, waitMs);
      const fetches = [...this.#fetching.values()];
      await (all ? Promise.all(fetches) : Promise.race(fetches));
    });
  }

  /** A fetch at each broker that leads one of the inputs, where none is under way. */
  async #start(inputs: readonly Input[], waitMs: number): Promise<void> {
    const byLeader = new Map<number, Input[]>();
    for (const input of inputs) {
      const leader = await this.#cluster.leader(input.of.topic, this.#partition);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), input]);
    }
    for (const [leader, led] of byLeader) {
      if (this.#fetching.has(leader)) continue;
      const fetching = this.#fetch(leader, led, waitMs).finally(() => this.#fetching.delete(leader));
      fetching.catch(() => undefined);
      this.#fetching.set(leader, fetching);
    }
  }

  async #fetch(leader: number, inputs: readonly Input[], waitMs: number): Promise<void> {
    const wanted = inputs.map(({ of, next }): FetchPartition => ({ ...of, partition: this.#partition, from: next }));
    const answers = await this.#lane.send(leader, fetch(wanted, { ...LIMITS, waitMs }));
    for (const answer of answers) {
      const input = inputs.find(({ of }) => of.topic === answer.topic);
      if (!input) continue;
      if (answer.error === OFFSET_OUT_OF_RANGE) {
        input.next = await startBehind(this.#cluster, { ...input.of, partition: this.#partition, from: input.next });
        continue;
      }
      input.add(answer);
    }
  }

  /** A fetch that was made ahead may fail in a way that passes: the next one tells. */
  async #settle(fetching: Promise<unknown>): Promise<void> {
    await fetching.catch((error: unknown) => {
      if (!isPassing(error)) throw error;
    });
  }
}
