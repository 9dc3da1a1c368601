// A local store in memory: for tests, for simulation, and for machines that would rather restore than have a disk.
// It lives as long as its `MemoryStores`, so that a test can keep, lose or copy what a crashed task has left.

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
  /** Binary heap by (time, key); entries that #dueOf no longer agrees with are stale and dropped when they surface. */
  readonly #heap: Due[] = [];
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
      const top = this.#heap[0];
      if (top === undefined || top.atMs > upTo) break;
      popHeap(this.#heap);
      const last = found.at(-1);
      const repeated = last !== undefined && last.key === top.key && last.atMs === top.atMs;
      if (!repeated && this.#dueOf.get(top.key) === top.atMs) found.push(top);
    }
    for (const entry of found) pushHeap(this.#heap, entry);
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
    pushHeap(this.#heap, { atMs, key });
  }

  wipe(): void {
    this.#values.clear();
    this.#dueOf.clear();
    this.#heap.length = 0;
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
function isBefore(a: Due, b: Due): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  return a.key !== b.key && Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) < 0;
}

function pushHeap(heap: Due[], entry: Due): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(entry, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = entry;
}

function popHeap(heap: Due[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    const right = heap[2 * at + 2];
    if (left === undefined) break;
    const useRight = right !== undefined && isBefore(right, left);
    const child = useRight ? right : left;
    if (!isBefore(child, last)) break;
    heap[at] = child;
    at = 2 * at + (useRight ? 2 : 1);
  }
  heap[at] = last;
}
