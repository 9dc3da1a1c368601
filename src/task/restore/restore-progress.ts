// Restore progress
// What a restore says of itself while it goes on. A short one says only that it is over; a long one asks once how far the
// changelog goes, and tells how far it is.

import type { LogRecord } from "../../log/event-log.ts";
import type { RestoredBy, RestoreObserver } from "../observer.ts";

const TOLD_EVERY_MS = 500;

export interface ProgressOf {
  readonly kind: string;
  readonly partition: number;
  readonly by: RestoredBy;
  readonly observer: RestoreObserver;
  /** Asked in a restore that takes long. */
  readonly changelogEnd: () => Promise<number>;
}

export class RestoreProgress {
  readonly #of: ProgressOf;
  readonly #startedMs: number;
  #toldMs: number;
  #first: number | null = null;
  #next = 0;
  /** Null before anybody was asked, and where nobody could say. */
  #end: number | null = null;
  #records = 0;
  #bytes = 0;
  #toldRecords = 0;

  constructor(of: ProgressOf) {
    this.#of = of;
    this.#startedMs = of.observer.elapsedMs();
    this.#toldMs = this.#startedMs;
  }

  /** After a batch is in the store. */
  async passed(batch: readonly LogRecord[]): Promise<void> {
    for (const { offset, key, value } of batch) {
      this.#first ??= offset;
      this.#next = offset + 1;
      this.#bytes += (key?.length ?? 0) + (value?.length ?? 0);
    }
    this.#records += batch.length;
    if (this.#of.observer.elapsedMs() - this.#toldMs < TOLD_EVERY_MS) return;
    this.#end ??= await this.#of.changelogEnd().catch(() => null);
    this.#tell(false);
  }

  over(): void {
    this.#tell(true);
  }

  #tell(over: boolean): void {
    const { kind, partition, by, observer } = this.#of;
    this.#toldMs = observer.elapsedMs();
    const [first, end] = [this.#first ?? 0, Math.max(this.#next, this.#end ?? 0)];
    const isKnown = over || this.#end !== null;
    observer.restore({
      kind,
      partition,
      by,
      records: this.#records,
      bytes: this.#bytes,
      newRecords: this.#records - this.#toldRecords,
      tookMs: this.#toldMs - this.#startedMs,
      left: over ? 0 : isKnown ? end - this.#next : null,
      share: over ? 1 : isKnown ? (this.#next - first) / Math.max(1, end - first) : null,
      over,
    });
    this.#toldRecords = this.#records;
  }
}
