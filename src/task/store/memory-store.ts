// A local store in memory: for tests, for simulation, and for machines that keep no state on a disk.
// It lives as long as its `MemoryStores`, so that a test can keep, lose or copy what a crashed task has left.

import TinyQueue from "tinyqueue";
import {
  dueTime,
  type DueIndex,
  type LocalStore,
  type OpenStore,
  type Stamp,
  type StateChange,
} from "./local-store.ts";

interface Due {
  readonly atMs: number;
  readonly key: string;
}

class MemoryStore implements LocalStore {
  readonly #values = new Map<string, Uint8Array>();
  readonly #dueOf = new Map<string, number>();
  /** Entries that #dueOf no longer agrees with are stale and dropped when they surface. */
  #queue = new TinyQueue<Due>([], byTime);
  readonly #index: DueIndex;
  #stamp: Stamp | null = null;

  constructor(index: DueIndex) {
    this.#index = index;
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  due(upTo: number, limit: number): readonly string[] {
    const found: Due[] = [];
    while (found.length < limit) {
      const top = this.#queue.peek();
      if (top === undefined || top.atMs > upTo) break;
      this.#queue.pop();
      const last = found.at(-1);
      const repeated = last !== undefined && last.key === top.key && last.atMs === top.atMs;
      if (!repeated && this.#dueOf.get(top.key) === top.atMs) found.push(top);
    }
    for (const entry of found) this.#queue.push(entry);
    return found.map((entry) => entry.key);
  }

  stamp(): Stamp | null {
    return this.#stamp;
  }

  apply(changes: Iterable<StateChange>, stamp: Stamp): void {
    const dated = Array.from(changes, ([key, value]) => ({
      key,
      value,
      atMs: value === null ? null : dueTime(this.#index(key, value), key),
    }));
    for (const { key, value, atMs } of dated) this.#set(key, value, atMs);
    this.#stamp = stamp;
  }

  #set(key: string, value: Uint8Array | null, atMs: number | null): void {
    if (value === null) {
      this.#values.delete(key);
      this.#dueOf.delete(key);
      return;
    }
    this.#values.set(key, value);
    if (atMs === null) {
      this.#dueOf.delete(key);
      return;
    }
    if (this.#dueOf.get(key) === atMs) return;
    this.#dueOf.set(key, atMs);
    this.#queue.push({ atMs, key });
  }

  wipe(): void {
    this.#values.clear();
    this.#dueOf.clear();
    this.#queue = new TinyQueue([], byTime);
    this.#stamp = null;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export interface MemoryStores {
  readonly open: OpenStore;
  /** As if the disk of the partition had been lost. */
  lose(partition: number): void;
}

export function memoryStores(): MemoryStores {
  const stores = new Map<number, MemoryStore>();
  return {
    open(partition, index) {
      const store = stores.get(partition) ?? new MemoryStore(index);
      stores.set(partition, store);
      return store;
    },
    lose(partition) {
      stores.delete(partition);
    },
  };
}

/** By time, then by the keys' UTF-8 bytes, as the store on disk orders them. */
function byTime(a: Due, b: Due): number {
  return a.atMs - b.atMs || (a.key === b.key ? 0 : Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}
