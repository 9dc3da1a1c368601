// Environment
// The LMDB environment of a folder: the one file that touches it. A folder is opened once in a process, however many
// logs share it (LMDB forbids a second time), and all writes go through `write`.
//
//   V1. A write is one LMDB transaction: all of it or nothing, also when the process is killed within it. Writers of
//       all processes take turns by LMDB's robust lock, which a killed holder does not keep.
//   V2. When `write` resolves it is in the kernel's hands: it survives SIGKILL of every process. What a power loss leaves
//       is the folder's durability, chosen when it is made (format.ts).
//   V3. A write that LMDB refuses (a full disk) is `LogUnavailable` when it is sure that nothing happened, and otherwise
//       `OutcomeUnknown`.

import { mkdirSync, realpathSync } from "node:fs";
import { open, type RootDatabase } from "lmdb";
import { AssertionFailed } from "../../domain/assert.ts";
import { LogError, LogUnavailable, OutcomeUnknown } from "../event-log.ts";
import { settleFormat, type Durability } from "./format.ts";
import { COMMITS_KEY } from "./keys.ts";

/** LMDB reserves this much address space at first and grows by itself; the file is only as large as its content. */
const MAP_BYTES = 1024 * 1024 * 1024;
const MAX_READERS = 512;
/** How long to wait for the reason of a failure. */
const CAUSE_MS = 200;

export type Database = RootDatabase<Buffer, Buffer>;

export interface Environment {
  readonly path: string;
  readonly db: Database;
  /** Runs `work` in a write transaction. It must not await, and must not write before it has checked everything. */
  write<T>(work: () => T): Promise<T>;
  /** Makes the next read see what other processes have committed. */
  refresh(): void;
  /** Commits of all processes so far. */
  commits(): number;
  close(): Promise<void>;
}

interface Shared {
  readonly db: Database;
  users: number;
  /** The last write failed: lmdb-js would wait for its flush for ever, so such an environment stays open for the next. */
  failed: boolean;
  closing: Promise<void> | undefined;
}

const shared = new Map<string, Shared>();

export async function openEnvironment(folder: string, durability: Durability | undefined): Promise<Environment> {
  mkdirSync(folder, { recursive: true });
  const path = realpathSync(folder);
  const flushed = settleFormat(path, durability);
  const entry = await acquire(path, flushed);
  const { db } = entry;
  let open = true;

  const write = async <T>(work: () => T): Promise<T> => {
    if (!open) throw new LogUnavailable(`${path}: the log is closed`);
    const attempt = { transaction: -1, failure: undefined as unknown };
    const body = (): T | undefined => {
      try {
        attempt.transaction = db.getWriteTxnId();
        return work();
      } catch (error) {
        attempt.failure = error;
        return undefined;
      }
    };
    try {
      entry.failed = true;
      const result = await db.transaction(body);
      entry.failed = false;
      if (attempt.failure !== undefined) throw new Error("the work failed", { cause: attempt.failure });
      if (durability === "disk") await db.flushed;
      return result as T;
    } catch (error) {
      throw await verdictOf(path, db, attempt.transaction, attempt.failure ?? error);
    }
  };

  return {
    path,
    db,
    write,
    refresh: () => db.resetReadTxn(),
    commits: () => readCount(db.get(COMMITS_KEY)),
    async close() {
      if (!open) return;
      open = false;
      await release(path, entry);
    },
  };
}

async function acquire(path: string, flushed: boolean): Promise<Shared> {
  const found = shared.get(path);
  if (found?.closing) {
    await found.closing;
    return acquire(path, flushed);
  }
  if (found) {
    found.users += 1;
    return found;
  }
  const db: Database = open({
    path,
    encoding: "binary",
    keyEncoding: "binary",
    mapSize: MAP_BYTES,
    maxReaders: MAX_READERS,
    noSubdir: false,
    ...(flushed ? { overlappingSync: true } : { noSync: true, overlappingSync: false }),
    ...OWN_TRANSACTIONS,
  });
  const entry: Shared = { db, users: 1, failed: false, closing: undefined };
  shared.set(path, entry);
  return entry;
}

async function release(path: string, entry: Shared): Promise<void> {
  entry.users -= 1;
  if (entry.users > 0 || entry.failed) return;
  entry.closing = (async () => {
    await entry.db.flushed;
    await entry.db.close();
    shared.delete(path);
  })();
  await entry.closing;
}

/** Inside a write: other processes see that there is something new. */
export function countCommit(db: Database): void {
  const count = Buffer.alloc(6);
  count.writeUIntBE(readCount(db.get(COMMITS_KEY)) + 1, 0, 6);
  void db.put(COMMITS_KEY, count);
}

/** A small entry of the folder's own: settings, owners, positions. Never records. */
export function getJson<T>(db: Database, key: Buffer): T | undefined {
  const bytes = db.get(key);
  return bytes === undefined ? undefined : parseJson<T>(bytes);
}

export function parseJson<T>(bytes: Buffer): T {
  return JSON.parse(bytes.toString("utf8")) as T;
}

/** Inside a write. */
export function putJson(db: Database, key: Buffer, value: unknown): void {
  void db.put(key, Buffer.from(JSON.stringify(value)));
}

function readCount(bytes: Buffer | undefined): number {
  return bytes?.readUIntBE(0, 6) ?? 0;
}

/** lmdb-js gives the promise of an event turn's batch to nobody, and when it rejects the process would end: so no batches. */
const OWN_TRANSACTIONS = { eventTurnBatching: false } as const;

/** A refusal of the work's own, or what became of a transaction that LMDB could not finish. */
async function verdictOf(path: string, db: Database, transaction: number, error: unknown): Promise<unknown> {
  if (error instanceof LogError || error instanceof AssertionFailed) return error;
  const cause = await causeOf(error);
  const message = `${path}: ${cause instanceof Error ? cause.message : String(cause)}`;
  return wasCommitted(db, transaction)
    ? new OutcomeUnknown(message, { cause })
    : new LogUnavailable(`cannot write, nothing was changed (is the disk full?): ${message}`, { cause });
}

/** lmdb-js gives the reason of a failed commit by a promise that rejects with it. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !("commitError" in error)) return error;
  const reason = Promise.resolve(error.commitError).then(
    () => error,
    (found: unknown) => found,
  );
  return Promise.race([reason, new Promise((resolve) => setTimeout(resolve, CAUSE_MS, error))]);
}

/** Transaction ids rise by one with each commit and are given again after a failure: a lower last one says no for sure. */
function wasCommitted(db: Database, transaction: number): boolean {
  db.resetReadTxn();
  const stats: object = db.getStats();
  const last: unknown = "lastTxnId" in stats ? stats.lastTxnId : undefined;
  return transaction < 0 || typeof last !== "number" || last >= transaction;
}
