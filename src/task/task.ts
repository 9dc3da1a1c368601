// Task
// One partition's actor: claims it, restores it, and runs its cycles one after the other until it is stopped, fenced or
// fails. Law C2's order is in `#open` and `#seek`; the legality of everything else is lifecycle.ts.
//
// A task closes clean (drained, log released, another may claim at once) or dirty (everything in memory is dropped, the
// log is claimed again, which fences what may still be under way, and the store is restored from its stamp).

import { assert, must, unreachable } from "../domain/assert.ts";
import type { TaskKind, TaskLog, TopicSpec } from "../log/event-log.ts";
import type { ControlCodec, ControlRecord } from "./cycle/control-record.ts";
import type { CycleTook } from "./cycle/batch-size.ts";
import { runCycle, type CycleLimits } from "./cycle/cycle.ts";
import { LIFECYCLE, isOver, type TaskEvent, type TaskState } from "./lifecycle.ts";
import type { LocalStore, OpenStore } from "./store/local-store.ts";
import type { TaskObserver } from "./observer.ts";
import type { Processor } from "./processor.ts";
import { restore } from "./restore/restore.ts";
import { GivenUp, verdictOf } from "./cycle/verdicts.ts";

export interface TaskOptions<Facts> {
  readonly kind: TaskKind;
  readonly partition: number;
  readonly claim: () => Promise<TaskLog>;
  readonly openStore: OpenStore;
  readonly processor: Processor<Facts>;
  readonly codec: ControlCodec;
  readonly nowMs: () => number;
  /** A name that no other changelog has, for a changelog that is still empty. */
  readonly newLineage: () => string;
  /** Of this partition; asked for the progress of a restore that takes long. */
  readonly changelogEnd: () => Promise<number>;
  readonly topicSpecs: () => Promise<readonly TopicSpec[]>;
  readonly observer: TaskObserver;
}

/** So many dirty closes in a row without one cycle that got through are no accident any more. */
const MAX_RECOVERIES = 8;

export class Task<Facts> {
  readonly partition: number;
  readonly #options: TaskOptions<Facts>;
  #state: TaskState = "assigned";
  #log: TaskLog | null = null;
  #store: LocalStore | null = null;
  #control: ControlRecord | null = null;
  #inFlight: Promise<number> | null = null;
  #recoveries = 0;
  #troubles = 0;
  #trouble: Error | null = null;
  #lastCycle: CycleTook | null = null;
  #error: unknown = null;
  #givenUp = false;

  constructor(options: TaskOptions<Facts>) {
    this.#options = options;
    this.partition = options.partition;
  }

  get state(): TaskState {
    return this.#state;
  }

  /** What made it fail. */
  get error(): unknown {
    return this.#error;
  }

  /** The last control record: cycle, time and positions. */
  get control(): ControlRecord | null {
    return this.#control;
  }

  /** What its last cycle took; null before the first. */
  get lastCycle(): CycleTook | null {
    return this.#lastCycle;
  }

  /** Troubles since the last step that went well: how long to wait before the next is the caller's to say. */
  get troubles(): number {
    return this.#troubles;
  }

  /** The last of them; null when the last step went well. */
  get trouble(): Error | null {
    return this.#trouble;
  }

  /**
   * One step: opens when there is nothing open, then one cycle. Answers how much was done: the input records, or 1 for a
   * cycle that had none and still wrote something. Errors become verdicts; only `failed` is seen from outside.
   */
  async step(limits: CycleLimits): Promise<number> {
    assert(this.#inFlight === null, `task ${this.partition}: a step is under way`);
    const step = this.#step(limits);
    this.#inFlight = step;
    try {
      return await step;
    } finally {
      this.#inFlight = null;
    }
  }

  async #step(limits: CycleLimits): Promise<number> {
    try {
      if (this.#state === "assigned") await this.#open();
      if (this.#state === "held") await this.#seek();
      if (this.#state !== "running") return 0;
      const result = await runCycle(
        {
          ...this.#options,
          log: must(this.#log, "claimed log"),
          store: must(this.#store, "open store"),
          assertHeld: this.#assertHeld,
        },
        must(this.#control, "control record"),
        limits,
      );
      this.#control = result.control;
      this.#lastCycle = { records: result.inputs, tookMs: result.tookMs };
      this.#recoveries = 0;
      this.#troubles = 0;
      this.#trouble = null;
      if (result.cut) this.#become("retry");
      return result.inputs > 0 ? result.inputs : Number(result.committed);
    } catch (error) {
      await this.#judge(error);
      return 0;
    }
  }

  async #open(): Promise<void> {
    const { kind, claim, openStore, processor, codec, newLineage, partition, observer, changelogEnd } = this.#options;
    this.#become("open");
    const log = await claim();
    this.#log = log;
    this.#assertHeld();
    this.#store ??= openStore(partition, (key, value) => processor.index(key, value));
    this.#control = await restore({
      read: (from) => log.restore(from),
      store: this.#store,
      codec,
      newLineage,
      assertHeld: this.#assertHeld,
      progress: { kind: kind.kind, partition, by: "task", observer, changelogEnd },
    });
    this.#become("opened");
  }

  readonly #assertHeld = (): void => {
    if (this.#givenUp) throw new GivenUp(`task ${this.partition} was given up`);
  };

  async #seek(): Promise<void> {
    await must(this.#log, "claimed log").seek(must(this.#control, "control record").positions);
    this.#become("sought");
  }

  async #judge(error: unknown): Promise<void> {
    const { kind, observer, partition } = this.#options;
    const verdict = verdictOf(error);
    observer.trouble(kind.kind, partition, verdict, error);
    this.#troubles += 1;
    this.#trouble = error instanceof Error ? error : new Error(String(error));
    switch (verdict) {
      case "retry":
        return this.#become("retry");
      case "corrupted":
        await this.#dropAll();
        this.#recoveries += 1;
        if (this.#recoveries > MAX_RECOVERIES) return this.#fail(error);
        return this.#become("corrupted");
      case "migrated":
        await this.#dropAll();
        return this.#become("migrated");
      case "fatal":
        await this.#dropAll();
        return this.#fail(error);
      default:
        return unreachable(verdict);
    }
  }

  #fail(error: unknown): void {
    this.#error = error;
    this.#become("fatal");
  }

  /** A dirty close: the log is not released, for nobody knows what it still holds; the next claim fences it. */
  async #dropAll(): Promise<void> {
    this.#log = null;
    this.#control = null;
    const store = this.#store;
    this.#store = null;
    await store?.close();
  }

  /**
   * Stops after the step in flight; after `deadline` a step that has not reached its commit will not commit any more.
   * Whoever claims next fences whatever is left.
   */
  async stop(deadline?: Promise<void>): Promise<void> {
    if (isOver(this.#state)) return;
    this.#become("stop");
    const inFlight = this.#inFlight ?? Promise.resolve(0);
    const late = deadline?.then(() => {
      this.#givenUp = true;
    });
    await (late === undefined ? inFlight : Promise.race([inFlight, late]));
    if (this.#givenUp && this.#inFlight !== null) {
      void this.#inFlight.then(() => this.#close());
      return;
    }
    await this.#close();
  }

  async #close(): Promise<void> {
    const log = this.#log;
    await this.#dropAll();
    try {
      if (!isOver(this.#state)) await log?.release();
    } catch (error) {
      this.#options.observer.trouble(this.#options.kind.kind, this.partition, verdictOf(error), error);
    }
    this.#become("drained");
  }

  #become(event: TaskEvent): void {
    const next = LIFECYCLE[this.#state][event];
    assert(next !== "illegal", `task ${this.partition}: ${event} while ${this.#state}`);
    if (next === this.#state) return;
    this.#state = next;
    this.#options.observer.lifecycle(this.#options.kind.kind, this.partition, next);
  }
}
