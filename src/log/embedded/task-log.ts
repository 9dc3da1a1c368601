// Task log
// A claimed partition on the embedded log. The epoch is checked inside the write transaction of each commit, and before
// each read, so that a fenced owner learns of it in whatever it does.

import { setImmediate } from "node:timers/promises";
import {
  Fenced,
  UnknownTopic,
  type LogRecord,
  type OutRecord,
  type Positions,
  type TaskKind,
  type TaskLog,
} from "../event-log.ts";
import { appendGroups, prepareGroups } from "./append.ts";
import type { Core } from "./core.ts";
import { checkEpoch, commitPositions, raiseEpoch } from "./ownership.ts";
import { BatchReader } from "./reader.ts";

const RESTORE_BATCH = 1_000;

export interface Claimant {
  readonly core: Core;
  readonly kind: TaskKind;
  readonly partition: number;
  /** Of the membership. */
  readonly token: string;
  /** Set when the partition was given back. */
  over(): boolean;
}

export async function claimEmbeddedTask(claimant: Claimant): Promise<TaskLog> {
  const { core, kind, partition, token } = claimant;
  if (claimant.over()) throw new Fenced(`${kind.kind}-${partition} was given back`);
  await core.catalogue.load([kind.changelog, ...kind.inputs]);
  const { environment } = core;
  const epoch = await environment.write(() => raiseEpoch(environment.tables, kind, partition, token));
  return new EmbeddedTaskLog(claimant, epoch);
}

class EmbeddedTaskLog implements TaskLog {
  readonly partition: number;
  readonly #claimant: Claimant;
  readonly #epoch: number;
  #readers: readonly BatchReader[];
  #released = false;

  constructor(claimant: Claimant, epoch: number) {
    this.partition = claimant.partition;
    this.#claimant = claimant;
    this.#epoch = epoch;
    this.#readers = this.#open({});
  }

  async *restore(from: number): AsyncGenerator<readonly LogRecord[]> {
    const { core, kind } = this.#claimant;
    const { tables } = core.environment;
    const topic = core.catalogue.topic(kind.changelog);
    const { end } = await this.#read(() => tables.head(topic.id, this.partition));
    const reader = new BatchReader(tables, topic, this.partition, from);
    for (;;) {
      const records = await this.#read(() => {
        const found: LogRecord[] = [];
        reader.take(RESTORE_BATCH, found, end);
        return found;
      });
      if (records.length === 0) return;
      yield records;
      await setImmediate();
    }
  }

  async seek(positions: Positions): Promise<void> {
    await this.#read(() => undefined);
    this.#checkInputs(positions);
    this.#readers = this.#open(positions);
  }

  async poll(limits: { readonly maxRecords: number; readonly maxWaitMs: number }): Promise<readonly LogRecord[]> {
    const { environment, watcher } = this.#claimant.core;
    const deadline = performance.now() + limits.maxWaitMs;
    for (;;) {
      const { seen, records } = await this.#read(() => {
        const found: LogRecord[] = [];
        for (const reader of this.#readers) reader.take(limits.maxRecords - found.length, found);
        return { seen: environment.commits(), records: found };
      });
      const leftMs = deadline - performance.now();
      if (records.length > 0 || leftMs <= 0) return records;
      await watcher.sleep(seen, leftMs);
    }
  }

  async commit(records: readonly OutRecord[], positions: Positions): Promise<{ readonly changelogEnd: number }> {
    this.#checkOver();
    this.#checkInputs(positions);
    const { core, kind } = this.#claimant;
    const { environment, catalogue } = core;
    const changelog = catalogue.topic(kind.changelog);
    const groups = await prepareGroups(catalogue, records, core.now(), core.keyless);
    const { tables } = environment;
    const changelogEnd = await environment.write(() => {
      const entry = checkEpoch(tables, kind, this.partition, this.#epoch);
      appendGroups(tables, groups);
      commitPositions(tables, kind, this.partition, entry, positions);
      return tables.head(changelog.id, this.partition).end;
    });
    core.watcher.wake();
    return { changelogEnd };
  }

  async release(): Promise<void> {
    this.#released = true;
  }

  #open(positions: Positions): readonly BatchReader[] {
    const { core, kind } = this.#claimant;
    return kind.inputs.map(
      (name) =>
        new BatchReader(core.environment.tables, core.catalogue.topic(name), this.partition, positions[name] ?? 0),
    );
  }

  #checkOver(): void {
    const { kind } = this.#claimant;
    if (this.#released || this.#claimant.over()) throw new Fenced(`${kind.kind}-${this.partition} was given back`);
  }

  /** On a state in which the partition is still this claim's. */
  async #read<T>(work: () => T): Promise<T> {
    this.#checkOver();
    const { core, kind } = this.#claimant;
    core.checkOpen();
    return core.environment.read(() => {
      checkEpoch(core.environment.tables, kind, this.partition, this.#epoch);
      return work();
    });
  }

  #checkInputs(positions: Positions): void {
    const { kind } = this.#claimant;
    for (const topic of Object.keys(positions))
      if (!kind.inputs.includes(topic)) throw new UnknownTopic(`${topic} is not an input of ${kind.kind}`);
  }
}
