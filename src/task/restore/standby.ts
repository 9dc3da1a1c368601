// Standby
// Copies of the partitions that other members run: every so often each is brought to the end of its changelog. Whoever takes a
// partition over then reads only what came since. A takeover is as ever: claim → restore from the stamp → seek.
//
// Invariants:
//   B1. A store has one writer. `leave` resolves when nothing here writes the partition's store any more; then the task gets
//       it, open as it is (`handOver`), since to close it is to wait for the disk.
//   B2. Whatever a copy meets, it is closed and begun again later: a copy never stops a task, and is never needed.
//   B3. A copy is a local store like any other (laws C1, C3). The same restore fills it, from committed records only and
//       without a claim, so it is behind the changelog or level with it, never ahead.

import { errorMessage } from "../../domain/error-message.ts";
import type { EventLog, TaskKind } from "../../log/event-log.ts";
import type { ControlCodec } from "../cycle/control-record.ts";
import type { DueIndex, LocalStore, OpenStore } from "../store/local-store.ts";
import type { TaskObserver } from "../observer.ts";
import { restore } from "./restore.ts";
import { GivenUp } from "../cycle/verdicts.ts";

export interface StandbyOptions {
  readonly log: Pick<EventLog, "ranges" | "read">;
  readonly kind: TaskKind;
  readonly openStore: OpenStore;
  /** Of a partition's processor. */
  readonly index: (partition: number) => DueIndex;
  readonly codec: ControlCodec;
  /** Whether a task of this member has the partition, or is about to. */
  readonly isOwned: (partition: number) => boolean;
  readonly observer: TaskObserver;
}

interface Copying {
  readonly partition: number;
  readonly ending: AbortController;
  readonly done: Promise<void>;
}

export class Standby {
  readonly #options: StandbyOptions;
  readonly #stores = new Map<number, LocalStore>();
  /** The changelog's end that each copy has reached. */
  readonly #reached = new Map<number, number>();
  #copying: Copying | null = null;
  #stopped = false;
  #told = "";

  constructor(options: StandbyOptions) {
    this.#options = options;
  }

  /** Each copy once to the changelog's end, one after the other. Does not throw. */
  async round(): Promise<void> {
    const { log, kind, isOwned } = this.#options;
    try {
      for (const { partition, end } of await log.ranges(kind.changelog)) {
        if (this.#stopped) return;
        if (isOwned(partition) || this.#reached.get(partition) === end) continue;
        const ending = new AbortController();
        this.#copying = { partition, ending, done: this.#copy(partition, end, ending.signal) };
        await this.#copying.done;
        this.#copying = null;
      }
    } catch (error) {
      this.#tell(0, error);
    }
  }

  /** A task is to have the partition (`isOwned` says so already): resolves when its store is not written here any more. */
  async leave(partition: number): Promise<void> {
    this.#reached.delete(partition);
    if (this.#copying?.partition !== partition) return;
    this.#copying.ending.abort();
    await this.#copying.done;
  }

  /** The store of a partition that was left, for its task; null when there is none. */
  handOver(partition: number): LocalStore | null {
    const store = this.#stores.get(partition) ?? null;
    this.#stores.delete(partition);
    return store;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#copying?.ending.abort();
    await this.#copying?.done;
    for (const partition of [...this.#stores.keys()]) await this.#close(partition);
  }

  async #copy(partition: number, end: number, signal: AbortSignal): Promise<void> {
    const { log, kind, openStore, index, codec, observer } = this.#options;
    const name = kind.changelog;
    try {
      const store = this.#stores.get(partition) ?? openStore(partition, index(partition));
      this.#stores.set(partition, store);
      await restore({
        read: (from) => log.read(name, partition, from, { signal }),
        store,
        codec,
        // An empty changelog gives a copy nothing to name.
        newLineage: () => "",
        assertHeld() {
          if (signal.aborted) throw new GivenUp(`the copy of ${kind.kind} ${partition} was given up`);
        },
        progress: { kind: kind.kind, partition, by: "standby", observer, changelogEnd: async () => end },
      });
      this.#reached.set(partition, end);
      this.#told = "";
    } catch (error) {
      if (signal.aborted) return;
      this.#tell(partition, error);
      await this.#close(partition);
    }
  }

  async #close(partition: number): Promise<void> {
    this.#reached.delete(partition);
    try {
      await this.handOver(partition)?.close();
    } catch (error) {
      this.#tell(partition, error);
    }
  }

  /** Told once, and not at each try. */
  #tell(partition: number, error: unknown): void {
    const message = errorMessage(error);
    if (message !== this.#told) this.#options.observer.trouble(this.#options.kind.kind, partition, "retry", error);
    this.#told = message;
  }
}
