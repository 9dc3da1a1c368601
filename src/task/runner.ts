// Runner
// Joins a kind of task with a processor for each partition, and keeps its tasks going: one actor each, cycles on a
// timer when it is quiet, drained when the partition is taken away or the process ends.
// The same tasks can be stepped by hand, in partition order and at a stated time, for lock-step simulation and tests.

import { assert, must } from "../domain/assert.ts";
import type { EventLog, Membership, TaskKind, TaskLog } from "../log/event-log.ts";
import { BatchSize } from "./cycle/batch-size.ts";
import type { ControlCodec } from "./cycle/control-record.ts";
import { isOver } from "./lifecycle.ts";
import type { OpenStore } from "./store/local-store.ts";
import { unobserved, type TaskObserver } from "./observer.ts";
import type { Processor } from "./processor.ts";
import { Standby } from "./restore/standby.ts";
import { Task } from "./task.ts";

export interface Clock {
  nowMs(): number;
  /** After `ms`; 0 lets everything else that waits have its turn first. */
  sleep(ms: number): Promise<void>;
}

export interface RunnerOptions<Facts> {
  readonly log: EventLog;
  readonly kind: TaskKind;
  readonly processor: (partition: number) => Processor<Facts>;
  readonly openStore: OpenStore;
  readonly codec: ControlCodec;
  readonly clock: Clock;
  readonly newLineage: () => string;
  /** Most records in a cycle. */
  readonly maxRecords: number;
  /** How long a live task's cycle may take (batch-size.ts); left out: every cycle may take `maxRecords`. */
  readonly cycleMs?: number;
  /** How often a quiet task has a timer cycle. */
  readonly idleMs: number;
  /** How long a partition that is taken away may go on with its cycle; then it will not commit. */
  readonly drainMs: number;
  /** How often copies of the partitions that others run are brought up to date (standby.ts); left out: there are none. */
  readonly standbyMs?: number;
  readonly observer?: TaskObserver;
}

export interface Runner<Facts> {
  /** By partition; tasks that were taken by others included until the log takes the partition away. */
  readonly tasks: readonly Task<Facts>[];
  /** Null without `standbyMs`; kept by `run`, or by hand. */
  readonly standby: Standby | null;
  /** Each task one step, in partition order, at `nowMs`; answers how much was done (Task.step). Throws what made a task fail. */
  stepAll(nowMs: number): Promise<number>;
  /** Steps until a whole round did nothing; answers how much was done. */
  runUntilIdle(nowMs: number): Promise<number>;
  /** Lets the tasks run by themselves until `stop`; rejects with what made one fail, after the others were stopped. */
  run(): Promise<void>;
  /** Drains, gives all partitions back and leaves. */
  stop(): Promise<void>;
}

const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 5_000;
const MAX_IDLE_ROUNDS = 1_000;
/**
 * Where a live task's batches begin, and the least that they come to: so many take some 10 ms. Fewer would make no cycle
 * shorter, where a process has many partitions and each waits for the others; and sessions, which come behind the grants of
 * all campaigns, would not come at all.
 */
const FIRST_RECORDS = 500;
const LEAST_RECORDS = 200;

export async function joinRunner<Facts>(options: RunnerOptions<Facts>): Promise<Runner<Facts>> {
  const runner = new KindRunner(options);
  await runner.join();
  return runner;
}

class KindRunner<Facts> implements Runner<Facts> {
  readonly #options: RunnerOptions<Facts>;
  readonly #observer: TaskObserver;
  readonly #tasks = new Map<number, Task<Facts>>();
  readonly standby: Standby | null;
  #membership: Membership | null = null;
  #manualMs: number | null = null;
  #running: PromiseWithResolvers<void> | null = null;
  #stopped: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;

  constructor(options: RunnerOptions<Facts>) {
    this.#options = options;
    this.#observer = options.observer ?? unobserved;
    this.standby = options.standbyMs === undefined ? null : this.#createStandby();
  }

  #createStandby(): Standby {
    const { processor } = this.#options;
    return new Standby({
      ...this.#options,
      index: (partition) => {
        const of = processor(partition);
        return (key, value) => of.index(key, value);
      },
      isOwned: (partition) => this.#tasks.has(partition),
      observer: this.#observer,
    });
  }

  async join(): Promise<void> {
    this.#membership = await this.#options.log.join(this.#options.kind, {
      assigned: (partition, claim) => this.#assigned(partition, claim),
      revoked: (partition) => this.#revoked(partition),
      failed: (error) => this.#fail(error),
    });
  }

  get tasks(): readonly Task<Facts>[] {
    return [...this.#tasks.values()].sort((a, b) => a.partition - b.partition);
  }

  #assigned(partition: number, claim: () => Promise<TaskLog>): void {
    const { log, kind, processor, openStore, codec, newLineage, clock } = this.#options;
    const { standby } = this;
    const before = this.#tasks.get(partition);
    assert(before === undefined || isOver(before.state), `${kind.kind} ${partition} was assigned twice`);
    const task = new Task({
      kind,
      partition,
      claim: standby === null ? claim : () => standby.leave(partition).then(claim),
      openStore: (of, index) => standby?.handOver(of) ?? openStore(of, index),
      codec,
      newLineage,
      processor: processor(partition),
      nowMs: () => this.#manualMs ?? clock.nowMs(),
      changelogEnd: async () => must((await log.ranges(kind.changelog))[partition], `partition ${partition}`).end,
      topicSpecs: () => log.topics(),
      observer: this.#observer,
    });
    this.#tasks.set(partition, task);
    if (this.#running !== null) void this.#act(task);
  }

  async #revoked(partition: number): Promise<void> {
    const task = this.#tasks.get(partition);
    if (task === undefined) return;
    await task.stop(this.#running === null ? undefined : this.#options.clock.sleep(this.#options.drainMs));
    this.#noteFailed(task);
    this.#tasks.delete(partition);
  }

  /** Also what failed in the last step before a stop is the end of the run. */
  #noteFailed(task: Task<Facts>): void {
    if (task.state === "failed") this.#failure ??= { error: task.error };
  }

  async stepAll(nowMs: number): Promise<number> {
    assert(this.#running === null, "stepped by hand while running by itself");
    this.#manualMs = nowMs;
    let done = 0;
    for (const task of this.tasks) {
      if (isOver(task.state)) continue;
      done += await task.step({ maxRecords: this.#options.maxRecords, maxWaitMs: 0 });
      if (task.state === "failed") throw task.error;
    }
    return done;
  }

  async runUntilIdle(nowMs: number): Promise<number> {
    let total = 0;
    let idle = 0;
    for (;;) {
      const done = await this.stepAll(nowMs);
      total += done;
      idle = done === 0 ? idle + 1 : 0;
      const troubled = this.tasks.some((task) => task.troubles > 0 && !isOver(task.state));
      if (idle > 0 && !troubled) return total;
      if (idle > MAX_IDLE_ROUNDS) throw new Error(`${this.#options.kind.kind}: ${idle} rounds of trouble in a row`);
    }
  }

  run(): Promise<void> {
    assert(this.#running === null && this.#stopped === null, "a runner runs once");
    this.#manualMs = null;
    this.#running = Promise.withResolvers<void>();
    for (const task of this.tasks) void this.#act(task);
    void this.#standBy();
    return this.#running.promise;
  }

  async #standBy(): Promise<void> {
    const { clock, standbyMs = 0 } = this.#options;
    while (this.standby !== null && this.#stopped === null) {
      await this.standby.round();
      await clock.sleep(standbyMs);
    }
  }

  async #act(task: Task<Facts>): Promise<void> {
    const { clock, maxRecords, idleMs, cycleMs } = this.#options;
    const size = new BatchSize(cycleMs === undefined ? maxRecords : FIRST_RECORDS, {
      targetMs: cycleMs ?? Infinity,
      min: LEAST_RECORDS,
      max: maxRecords,
    });
    try {
      while (!isOver(task.state) && task.state !== "stopping") {
        await task.step({ maxRecords: size.after(task.lastCycle), maxWaitMs: idleMs });
        if (isOver(task.state)) break;
        const troubles = task.troubles;
        await clock.sleep(troubles === 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (troubles - 1), LONGEST_WAIT_MS));
      }
      if (task.state === "failed") this.#fail(task.error);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.stop().catch(() => undefined);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    try {
      await this.#membership?.leave();
      // A log that has forgotten us does not revoke what we still hold.
      await Promise.all(this.tasks.map((task) => task.stop()));
      for (const task of this.tasks) this.#noteFailed(task);
      await this.standby?.stop();
    } catch (error) {
      this.#failure ??= { error };
    }
    if (this.#failure === null) this.#running?.resolve();
    else this.#running?.reject(this.#failure.error);
  }
}
