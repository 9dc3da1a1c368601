// Store holder
// Keeps a folder of stores to one process. A store is written by whoever has the partition, or copies it beside its owner;
// two processes in one folder would write over each other, and LMDB is not safe from one that opens it beside a writer. The
// lock is the kernel's, held through an empty SQLite file for as long as the process lives or needs it: one that is killed,
// however it is, has it no more, and one that is stopped has it still.

import { closeSync, mkdirSync, openSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreFailed } from "./local-store.ts";

/** SQLite's code of a file that another one has locked. */
const BUSY = 5;

interface Held {
  readonly lock: DatabaseSync;
  users: number;
}

/** By this process; it may hold a folder several times. */
const held = new Map<string, Held>();

/** Makes the folder this process's until what it answers is called; throws `StoreFailed` while another process has it. */
export function holdStores(given: string): () => void {
  mkdirSync(given, { recursive: true, mode: 0o700 });
  const folder = realpathSync(given);
  const found = held.get(folder) ?? { lock: take(folder), users: 0 };
  held.set(folder, found);
  found.users += 1;
  let holds = true;
  return () => {
    if (!holds) return;
    holds = false;
    found.users -= 1;
    if (found.users > 0) return;
    held.delete(folder);
    found.lock.close();
  };
}

function take(folder: string): DatabaseSync {
  const path = join(folder, "holder.lock");
  makeFile(path);
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec("BEGIN IMMEDIATE");
  } catch (error) {
    lock.close();
    if (!(error instanceof Error && "errcode" in error && error.errcode === BUSY)) throw error;
    throw new StoreFailed(
      `${folder}: ${holderOf(folder)} has its local stores here: give each process a folder of its own (STIPEND_STATE_DIR)`,
    );
  }
  writeFileSync(join(folder, "holder.pid"), String(process.pid), { mode: 0o600 });
  return lock;
}

/** Opened only by who makes it: to close a file that this process has locked would drop the lock (a rule of POSIX). */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

function holderOf(folder: string): string {
  try {
    return `process ${readFileSync(join(folder, "holder.pid"), "utf8")}`;
  } catch {
    return "another process";
  }
}
