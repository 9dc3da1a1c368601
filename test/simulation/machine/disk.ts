// Disk: the local stores of one machine, as a process finds them when it starts: as they were left, lost, or without
// their last writes. A write may fail.

import type { Random } from "../../../src/domain/random.ts";
import {
  StoreFailed,
  type LocalStore,
  type OpenStore,
  type Stamp,
  type StateChange,
} from "../../../src/task/store/local-store.ts";
import { memoryStores } from "../../../src/task/store/memory-store.ts";
import type { Tally } from "../tally.ts";

/** How many writes back a disk can be set. */
const REMEMBERED = 2;

interface Undo {
  readonly changes: readonly StateChange[];
  readonly stamp: Stamp | null;
}

export interface DiskOptions {
  readonly random: Random;
  readonly tally: Tally;
  /** Of a write. */
  readonly failureRate: () => number;
}

export class Disk {
  readonly #options: DiskOptions;
  #stores = new Map<string, { readonly store: LocalStore; readonly undo: Undo[] }>();

  constructor(options: DiskOptions) {
    this.#options = options;
  }

  /** The stores of one kind of task. */
  storesOf(kind: string): OpenStore {
    return (partition, index) => {
      const name = `${kind}-${partition}`;
      const known = this.#stores.get(name) ?? { store: memoryStores().open(partition, index), undo: [] };
      this.#stores.set(name, known);
      return this.#remembering(known.store, known.undo);
    };
  }

  /** What the next process finds. */
  afterCrash(): void {
    const { random, tally } = this.#options;
    for (const [name, { store, undo }] of this.#stores) {
      const fate = random.unit();
      if (fate < 0.3) {
        this.#stores.delete(name);
        tally.count("store_lost");
      } else if (fate < 0.6 && undo.length > 0) {
        for (let back = 1 + random.below(undo.length); back > 0; back -= 1) takeBack(store, undo);
        tally.count("store_behind");
      } else tally.count("store_kept");
    }
  }

  #remembering(store: LocalStore, undo: Undo[]): LocalStore {
    const { random, tally, failureRate } = this.#options;
    const fail = (): void => {
      tally.count("store_failed");
      throw new StoreFailed("the disk does not answer");
    };
    return {
      get: (key) => store.get(key),
      due: (upTo, limit) => store.due(upTo, limit),
      stamp: () => store.stamp(),
      apply(changes, stamp) {
        const fate = random.unit();
        if (fate < failureRate() / 2) fail();
        const list = [...changes];
        const before = list.map(([key]): StateChange => [key, store.get(key) ?? null]);
        undo.push({ changes: before, stamp: store.stamp() });
        if (undo.length > REMEMBERED) undo.shift();
        store.apply(list, stamp);
        if (fate > 1 - failureRate() / 2) fail();
      },
      wipe() {
        undo.length = 0;
        store.wipe();
      },
      close: () => store.close(),
    };
  }
}

function takeBack(store: LocalStore, undo: Undo[]): void {
  const last = undo.pop();
  if (last === undefined) return;
  if (last.stamp === null) store.wipe();
  else store.apply(last.changes, last.stamp);
}
