// Environment
// The LMDB environment of a folder: the one file that touches it. A folder is opened once in a process, however many
// logs share it (LMDB forbids a second time), and all writes go through `write`.
//
//   V1. A write is one LMDB transaction: all of it or nothing, also when the process is killed within it. Writers of
//       all processes take turns by LMDB's robust lock, which a killed holder does not keep.
//   V2. When `write` resolves it is in the kernel's hands: it survives SIGKILL of every process. After a power loss the
//       folder is whole as of the last flush (lmdb-js' overlapping sync keeps that meta page apart), and may lack the
//       commits of the last moments. With `fsync` it resolves only when the disk has it.
//   V3. A full disk is `LogUnavailable`: the transaction was aborted, nothing happened.

import { mkdirSync, realpathSync } from "node:fs";
import { open, type RootDatabase } from "lmdb";
import { LogError, LogUnavailable, OutcomeUnknown } from "../event-log.ts";
import { COMMITS_KEY, FORMAT_KEY } from "./keys.ts";

const FORMAT = 1;
/** LMDB reserves this much address space at first and grows by itself; the file is only as large as its content. */
const MAP_BYTES = 1024 * 1024 * 1024;
const MAX_READERS = 512;

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
  closing: Promise<void> | undefined;
}

const shared = new Map<string, Shared>();

export async function openEnvironment(folder: string, fsync: boolean): Promise<Environment> {
  mkdirSync(folder, { recursive: true });
  const path = realpathSync(folder);
  const entry = await acquire(path);
  const { db } = entry;
  let open = true;

  const write = async <T>(work: () => T): Promise<T> => {
    if (!open) throw new LogUnavailable(`${path}: the log is closed`);
    let failure: unknown;
    const body = (): T | undefined => {
      try {
        return work();
      } catch (error) {
        failure = error;
        return undefined;
      }
    };
    const result = await db.transaction(body).catch((error: unknown) => {
      throw toLogError(path, failure ?? error);
    });
    if (failure !== undefined) throw toLogError(path, failure);
    if (fsync) await db.flushed;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- undefined only after a failure
    return result as T;
  };
  await write(() => checkFormat(path, db));

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

async function acquire(path: string): Promise<Shared> {
  const found = shared.get(path);
  if (found?.closing) {
    await found.closing;
    return acquire(path);
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
  });
  const entry: Shared = { db, users: 1, closing: undefined };
  shared.set(path, entry);
  return entry;
}

async function release(path: string, entry: Shared): Promise<void> {
  entry.users -= 1;
  if (entry.users > 0) return;
  entry.closing = (async () => {
    await entry.db.flushed;
    await entry.db.close();
    shared.delete(path);
  })();
  await entry.closing;
}

function checkFormat(path: string, db: Database): void {
  const found = db.get(FORMAT_KEY);
  if (found === undefined) void db.put(FORMAT_KEY, Buffer.from([FORMAT]));
  else if (found[0] !== FORMAT)
    throw new LogError(`${path}: written by another version (format ${found[0]}, this one reads ${FORMAT})`);
}

/** Inside a write: other processes see that there is something new. */
export function countCommit(db: Database): void {
  const count = Buffer.alloc(6);
  count.writeUIntBE(readCount(db.get(COMMITS_KEY)) + 1, 0, 6);
  void db.put(COMMITS_KEY, count);
}

function readCount(bytes: Buffer | undefined): number {
  return bytes?.readUIntBE(0, 6) ?? 0;
}

/** What LMDB could not put anywhere did not happen; other failures of a commit leave its outcome open. */
function toLogError(path: string, error: unknown): Error {
  if (!(error instanceof Error)) return new LogError(`${path}: ${String(error)}`);
  if (error instanceof LogError || error.name === "AssertionFailed") return error;
  if (/No space left|File too large|quota exceeded|MDB_MAP_FULL|mapsize/i.test(error.message))
    return new LogUnavailable(`${path}: cannot write, the disk is full: ${error.message}`, { cause: error });
  return new OutcomeUnknown(`${path}: ${error.message}`, { cause: error });
}
