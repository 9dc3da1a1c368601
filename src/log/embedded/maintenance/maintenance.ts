// Maintenance
// Retention and compaction of the embedded log, in steps that hold the write lock for a bounded amount of work each.
//
// Invariants:
//   1. A step decides inside its transaction, on what is there then: it can be repeated, interrupted by a kill, or run by
//      two processes.
//   2. A tombstone is dropped only when it is old enough for all readers to have seen it, and when all records before it
//      are already without its key.

import type { LogRecord } from "../../event-log.ts";
import { BATCH_BYTES, BatchCursor, encodeBatch, recordBytes } from "../batch.ts";
import type { Core } from "../core.ts";
import type { StoredTopic } from "../sqlite/tables.ts";

const DAY_MS = 86_400_000;
/** Input of one step, bytes. */
const STEP_BYTES = 256 * 1024;
const KEYS_MAX = 500_000;
const DIRTY_BYTES_MIN = 32 * 1024 * 1024;

export interface MaintenanceOptions {
  /** How often it looks for something to do. */
  readonly everyMs?: number;
  /** How long a tombstone is kept. */
  readonly tombstoneMs?: number;
  /** Between two steps at least; never less than twice as long as a step took, so that commits come first. */
  readonly pauseMs?: number;
  /** After each round by itself: null, or what made it fail; the next one tries again. */
  readonly onRound?: (error: unknown) => void;
}

interface StepResult {
  /** Where the next step begins; null at the end. */
  readonly next: number | null;
}

export class Maintenance {
  readonly #core: Core;
  readonly #everyMs: number;
  readonly #tombstoneMs: number;
  readonly #pauseMs: number;
  readonly #onRound: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(core: Core, options: MaintenanceOptions) {
    this.#core = core;
    this.#everyMs = options.everyMs ?? 10_000;
    this.#tombstoneMs = options.tombstoneMs ?? DAY_MS;
    this.#pauseMs = options.pauseMs ?? 5;
    this.#onRound = options.onRound ?? (() => undefined);
  }

  start(): void {
    if (this.#timer !== undefined || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#inTurn(() => this.#round(this.#core.now(), false))
        .then(
          () => this.#onRound(null),
          (error: unknown) => this.#onRound(error),
        )
        .then(() => this.start());
    }, this.#everyMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** All topics, whether or not it is worth it. */
  run(nowMs: number): Promise<void> {
    return this.#inTurn(() => this.#round(nowMs, true));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#running.then(work);
    this.#running = turn.catch(() => undefined);
    return turn;
  }

  async #round(nowMs: number, force: boolean): Promise<void> {
    for (const topic of await this.#core.catalogue.all()) {
      for (let partition = 0; partition < topic.spec.partitions; partition += 1) {
        if (this.#stopped) return;
        if (topic.spec.cleanup === "compact") await this.#compact(topic, partition, nowMs, force);
        else if (topic.spec.retentionMs !== null) await this.#retain(topic, partition, nowMs - topic.spec.retentionMs);
      }
    }
  }

  async #steps(from: number, step: (from: number) => StepResult): Promise<boolean> {
    for (let next: number | null = from; next !== null;) {
      if (this.#stopped) return false;
      const at: number = next;
      const before = performance.now();
      next = (await this.#core.environment.write(() => step(at))).next;
      if (next !== null) await this.#pause(performance.now() - before);
    }
    return true;
  }

  #pause(stepMs: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#pauseMs === 0 ? 0 : Math.max(this.#pauseMs, 2 * stepMs)));
  }

  /** Batches whose newest record is older than the topic keeps them go, from the front. */
  async #retain(topic: StoredTopic, partition: number, oldestMs: number): Promise<void> {
    const { tables } = this.#core.environment;
    await this.#steps(0, () => {
      const old: number[] = [];
      let end = 0;
      let bytes = 0;
      for (const batch of tables.batches(topic.id, partition, 0)) {
        const cursor = new BatchCursor(batch.bytes, batch.offset);
        if (cursor.newestMs >= oldestMs || bytes > STEP_BYTES) break;
        old.push(batch.offset);
        end = cursor.last + 1;
        bytes += batch.bytes.length;
      }
      if (old.length === 0) return { next: null };
      for (const offset of old) tables.removeBatch(topic.id, partition, offset);
      const head = tables.head(topic.id, partition);
      tables.putHead(topic.id, partition, { ...head, start: end, dirtyBytes: Math.max(0, head.dirtyBytes - bytes) });
      return { next: bytes > STEP_BYTES ? 0 : null };
    });
  }

  /**
   * When what came since the last compaction outweighs what that one left:
   *   1. the last offset of each key since then is noted (at most KEYS_MAX keys: then the rest waits for the next round)
   *   2. from the front, records with a later one of their key are dropped, and small batches put together
   *   3. the place reached is noted; the next round begins its notes there
   */
  async #compact(topic: StoredTopic, partition: number, nowMs: number, force: boolean): Promise<void> {
    const { environment } = this.#core;
    const { tables } = environment;
    const before = await environment.read(() => tables.head(topic.id, partition));
    const worth = before.dirtyBytes > Math.max(DIRTY_BYTES_MIN, before.cleanBytes);
    if (before.end === 0 || !(force || worth)) return;
    const { keys, to } = await this.#note(topic, partition, before.cleanedTo, before.end);
    const tombstonesBefore = nowMs - this.#tombstoneMs;
    let kept = 0;
    const whole = await this.#steps(before.start, (from) => {
      const step = this.#rewrite(topic, partition, from, to, (record) => isKept(record, keys, tombstonesBefore));
      kept += step.kept;
      return step;
    });
    if (!whole) return;
    await environment.write(() => {
      const head = tables.head(topic.id, partition);
      const dirtyBytes = Math.max(0, head.dirtyBytes + head.cleanBytes - before.cleanBytes - before.dirtyBytes);
      tables.putHead(topic.id, partition, { ...head, cleanBytes: kept, dirtyBytes, cleanedTo: to });
    });
  }

  /** The last offset of each key from `from` on, as far as memory allows; `to` is how far that is. */
  async #note(topic: StoredTopic, partition: number, from: number, end: number) {
    const keys = new Map<string, number>();
    let at = from;
    while (at < end && keys.size < KEYS_MAX) {
      const from = at;
      at = await this.#core.environment.read(() => this.#noteStep(topic, partition, from, end, keys));
      await this.#pause(0);
    }
    return { keys, to: at };
  }

  /** Where the next step begins. */
  #noteStep(topic: StoredTopic, partition: number, from: number, end: number, keys: Map<string, number>): number {
    let bytes = 0;
    for (const batch of this.#core.environment.tables.batches(topic.id, partition, from)) {
      if (batch.offset >= end) break;
      const cursor = new BatchCursor(batch.bytes, batch.offset);
      while (!cursor.done) {
        const record = cursor.next(topic.spec.name, partition);
        if (record.key !== null) keys.set(latin1(record.key), record.offset);
      }
      bytes += batch.bytes.length;
      if (bytes > STEP_BYTES) return cursor.last + 1;
    }
    return end;
  }

  /** Inside a write: one step of batches from `from` on, put together as they are kept. */
  #rewrite(topic: StoredTopic, partition: number, from: number, to: number, keep: (record: LogRecord) => boolean) {
    const { tables } = this.#core.environment;
    const survivors: LogRecord[] = [];
    const old: number[] = [];
    let bytes = 0;
    let changed = false;
    let next: number | null = null;
    for (const batch of tables.batches(topic.id, partition, from)) {
      const cursor = new BatchCursor(batch.bytes, batch.offset);
      if (cursor.last >= to) break;
      if (bytes + batch.bytes.length > STEP_BYTES && bytes > 0) {
        next = batch.offset;
        break;
      }
      bytes += batch.bytes.length;
      old.push(batch.offset);
      while (!cursor.done) {
        const record = cursor.next(topic.spec.name, partition);
        if (keep(record)) survivors.push(record);
        else changed = true;
      }
    }
    if (!changed && !isFragmented(old.length, bytes)) return { next, kept: bytes };
    const batches = putTogether(survivors);
    for (const offset of old) tables.removeBatch(topic.id, partition, offset);
    for (const { first, encoded } of batches) tables.addBatch(topic.id, partition, first, encoded);
    return { next, kept: batches.reduce((sum, { encoded }) => sum + encoded.length, 0) };
  }
}

function putTogether(records: readonly LogRecord[]): { readonly first: number; readonly encoded: Buffer }[] {
  const batches: { readonly first: number; readonly encoded: Buffer }[] = [];
  let batch: LogRecord[] = [];
  let bytes = 0;
  const cut = (): void => {
    const first = batch[0]?.offset;
    if (first === undefined) return;
    batches.push({ first, encoded: encodeBatch(batch.map((record) => ({ ...record, delta: record.offset - first }))) });
    batch = [];
    bytes = 0;
  };
  for (const record of records) {
    const size = recordBytes(record);
    if (bytes + size > BATCH_BYTES) cut();
    batch.push(record);
    bytes += size;
  }
  cut();
  return batches;
}

function isKept(record: LogRecord, lastOf: ReadonlyMap<string, number>, tombstonesBeforeMs: number): boolean {
  if (record.key === null) return true;
  const last = lastOf.get(latin1(record.key));
  if (last !== undefined && record.offset < last) return false;
  return record.value !== null || record.timestampMs >= tombstonesBeforeMs;
}

/** Many small batches where a few would do. */
function isFragmented(batches: number, bytes: number): boolean {
  return batches > 8 && bytes / batches < BATCH_BYTES / 8;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
