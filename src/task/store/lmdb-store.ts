// LMDB store
// A local store on disk: one LMDB environment for each task, in a folder of its own. No write waits for the disk: what a
// killed process has written is in the kernel's hands. A store that a power cut may have left in part is thrown away when it
// is opened (lmdb-stores.ts) and restored from the changelog.

import { open, type Database, type RootDatabase } from "lmdb";
import { assert } from "../../domain/assert.ts";
import { errorMessage } from "../../domain/error-message.ts";
import { clearMark } from "./boot-mark.ts";
import {
  MAX_DUE_MS,
  MAX_STATE_KEY_BYTES,
  StoreFailed,
  dueTime,
  type DueIndex,
  type LocalStore,
  type Stamp,
  type StateChange,
} from "./local-store.ts";
import { clearOpens } from "./unclean-opens.ts";

/** Raised when what is on disk is laid out differently: an older layout is wiped and restored. */
const FORMAT = 1;
const TIME_BYTES = 6;
const NEVER = 2 ** 48 - 1;
const MiB = 1024 * 1024;
/** What must be free before a write: far more than one cycle's changes. */
const LEAST_FREE_BYTES = 64 * MiB;
const EMPTY = Buffer.alloc(0);

interface Meta {
  readonly format: number;
  readonly stamp: Stamp;
}

/** Room left on the disk of a folder. */
export type FreeBytes = (folder: string) => number;

export interface LmdbParts {
  readonly folder: string;
  readonly index: DueIndex;
  readonly freeBytes: FreeBytes;
  /** Asked when it is closed: whether nobody else has the folder open. */
  readonly isLast: () => boolean;
  /** Gives the hold of the stores' folder back. */
  readonly release: () => void;
  /** Told when what is on disk cannot be read or written. */
  readonly damaged: (error: unknown) => void;
}

/** A value is kept behind six bytes with its due time, so that a change finds its old index entry without the processor. */
export class LmdbStore implements LocalStore {
  readonly #folder: string;
  readonly #root: RootDatabase;
  readonly #values: Database<Buffer, string>;
  readonly #due: Database<Buffer, Buffer>;
  readonly #meta: Database<Meta, string>;
  readonly #index: DueIndex;
  readonly #freeBytes: FreeBytes;
  readonly #isLast: () => boolean;
  readonly #release: () => void;
  readonly #damaged: (error: unknown) => void;
  /** Due times of the keys that were read since the last write: what is changed was nearly always read before. */
  readonly #readDue = new Map<string, number>();
  #stamp: Stamp | null;

  constructor({ folder, index, freeBytes, isLast, release, damaged }: LmdbParts) {
    this.#folder = folder;
    this.#index = index;
    this.#freeBytes = freeBytes;
    this.#isLast = isLast;
    this.#release = release;
    this.#damaged = damaged;
    // Waiting for the disk takes 4 ms a cycle; copying pages to the file instead of writing in the map, half of a write.
    this.#root = open({
      path: folder,
      maxDbs: 4,
      noMemInit: true,
      useWritemap: true,
      noSync: true,
      overlappingSync: false,
    });
    this.#values = this.#root.openDB({ name: "values", encoding: "binary" });
    this.#due = this.#root.openDB({ name: "due", encoding: "binary", keyEncoding: "binary" });
    this.#meta = this.#root.openDB({ name: "meta", encoding: "json" });
    const meta = this.#meta.get("meta");
    this.#stamp = meta !== undefined && meta.format === FORMAT ? meta.stamp : null;
    if (this.#stamp === null) this.wipe();
  }

  /** LMDB's own copy would be an allocation outside of Node's pool, which costs more than the read. */
  get(key: string): Uint8Array | undefined {
    return this.#reading(() => this.#get(key));
  }

  #get(key: string): Uint8Array | undefined {
    const bytes = this.#values.getBinaryFast(key);
    if (bytes === undefined) {
      this.#readDue.set(key, NEVER);
      return undefined;
    }
    // Of the view that LMDB reuses, only the length is of this value.
    const { length } = bytes;
    const value = Buffer.allocUnsafe(length - TIME_BYTES);
    bytes.copy(value, 0, TIME_BYTES, length);
    this.#readDue.set(key, bytes.readUIntBE(0, TIME_BYTES));
    return value;
  }

  due(upTo: number, limit: number): readonly string[] {
    if (upTo < 0) return [];
    const end = timeBytes(Math.min(Math.floor(upTo), MAX_DUE_MS) + 1);
    const keys: string[] = [];
    this.#reading(() => {
      for (const entry of this.#due.getKeys({ end, limit })) keys.push(entry.toString("utf8", TIME_BYTES));
    });
    return keys;
  }

  #reading<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      this.#damaged(error);
      throw storeFailed("read", error);
    }
  }

  stamp(): Stamp | null {
    return this.#stamp;
  }

  apply(changes: Iterable<StateChange>, stamp: Stamp): void {
    const meta: Meta = { format: FORMAT, stamp };
    this.#checkSpace();
    try {
      this.#writing(() =>
        this.#root.transactionSync(() => {
          for (const [key, value] of changes) this.#set(key, value);
          void this.#meta.put("meta", meta);
        }),
      );
    } finally {
      this.#readDue.clear();
    }
    this.#stamp = stamp;
  }

  /** What our own code asserts says nothing of the disk. */
  #writing(act: () => void): void {
    try {
      failingAs("write", act);
    } catch (error) {
      if (error instanceof StoreFailed) this.#damaged(error);
      throw error;
    }
  }

  /** A full disk would kill a process that writes into a map. */
  #checkSpace(): void {
    const free = this.#freeBytes(this.#folder);
    if (free >= LEAST_FREE_BYTES) return;
    throw new StoreFailed(
      `local store: ${Math.floor(free / MiB)} MiB are left on the disk of ${this.#folder}, ` +
        `at least ${LEAST_FREE_BYTES / MiB} are needed: make room and start again, nothing is lost`,
    );
  }

  // Inside a synchronous transaction the promises of put and remove say nothing that its end does not say.
  #set(key: string, value: Uint8Array | null): void {
    const dueBefore = this.#dueBefore(key);
    const dueAfter = value === null ? NEVER : (dueTime(this.#index(key, value), key) ?? NEVER);
    if (dueBefore !== dueAfter) {
      if (dueBefore !== NEVER) void this.#due.remove(dueEntry(dueBefore, key));
      if (dueAfter !== NEVER) void this.#due.put(dueEntry(dueAfter, key), EMPTY);
    }
    this.#readDue.set(key, dueAfter);
    if (value === null) {
      void this.#values.remove(key);
      return;
    }
    const stored = Buffer.allocUnsafe(TIME_BYTES + value.length);
    stored.writeUIntBE(dueAfter, 0, TIME_BYTES);
    stored.set(value, TIME_BYTES);
    void this.#values.put(key, stored);
  }

  #dueBefore(key: string): number {
    return this.#readDue.get(key) ?? this.#values.getBinaryFast(key)?.readUIntBE(0, TIME_BYTES) ?? NEVER;
  }

  wipe(): void {
    this.#readDue.clear();
    failingAs("wipe", () =>
      this.#root.transactionSync(() => {
        this.#values.clearSync();
        this.#due.clearSync();
        this.#meta.clearSync();
      }),
    );
    this.#stamp = null;
  }

  async close(): Promise<void> {
    try {
      await this.#root.close();
      if (!this.#isLast()) return;
      clearMark(this.#folder, "data.mdb");
      clearOpens(this.#folder);
    } finally {
      this.#release();
    }
  }
}

function timeBytes(atMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(TIME_BYTES);
  bytes.writeUIntBE(atMs, 0, TIME_BYTES);
  return bytes;
}

function dueEntry(atMs: number, key: string): Buffer {
  const length = Buffer.byteLength(key);
  assert(length <= MAX_STATE_KEY_BYTES, `state key of ${length} bytes, at most ${MAX_STATE_KEY_BYTES}`);
  const entry = Buffer.allocUnsafe(TIME_BYTES + length);
  entry.writeUIntBE(atMs, 0, TIME_BYTES);
  entry.write(key, TIME_BYTES);
  return entry;
}

function storeFailed(what: string, error: unknown): StoreFailed {
  return new StoreFailed(`local store: cannot ${what}: ${errorMessage(error)}`, { cause: error });
}

export function failingAs<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && error.name === "AssertionFailed") throw error;
    throw storeFailed(what, error);
  }
}
