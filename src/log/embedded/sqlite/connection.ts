// Connection
// A folder's SQLite file, opened. Opening an existing log only reads; a new one is made whole or not at all. The file is never
// opened by anything but SQLite: closing it elsewhere in the process would drop SQLite's locks (a rule of POSIX).

import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { errorMessage } from "../../../domain/error-message.ts";
import { LogError } from "../../event-log.ts";
import { checkVersion, settleFormat, type Durability } from "./format.ts";
import { ACCESS } from "./sqlite-errors.ts";

export const FILE = "log.sqlite";
/** Of a new file: larger pages make large commits cheaper and small ones longer on the disk. */
const PAGE_BYTES = 16_384;
/** A commit that finds the write-ahead log this long copies it back itself, should the thread that does so not keep up. */
const AUTOMATIC_CHECKPOINT_PAGES = (64 * 1024 * 1024) / PAGE_BYTES;
const CACHE_KIB = 8 * 1024;

export interface Connection {
  readonly db: DatabaseSync;
  /** Whether what is committed is flushed (format.ts). */
  readonly flushed: boolean;
}

/** The path of the folder's file; the folder is made when it is missing, for its owner alone. */
export function logFile(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = realpathSync(folder);
  if (existsSync(join(path, "data.mdb")) || existsSync(join(path, "format.json")))
    throw new LogError(
      `${path}: a log of an earlier version, kept by LMDB, which this version does not read and leaves as it is: ` +
        "begin an empty folder (STIPEND_DIR names it), or go on with the earlier version",
    );
  return join(path, FILE);
}

/** Throws SQLite's own errors, the one for a lock among them: then the same again may pass. */
export function openConnection(file: string, durability: Durability | undefined): Connection {
  checkVersion(sqliteVersion());
  makeFile(file);
  // Locks are waited for by whoever calls, without holding up the process.
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    if (journalMode(db, "") !== "wal" && !startsWal(db))
      throw new LogError(
        `${file}: the file system cannot share memory between processes: use a folder on a local disk`,
      );
    const flushed = settleFormat(db, file, durability);
    const synchronous = durability === "disk" ? "FULL" : flushed ? "NORMAL" : "OFF";
    db.exec(
      `PRAGMA synchronous = ${synchronous};
       PRAGMA wal_autocheckpoint = ${AUTOMATIC_CHECKPOINT_PAGES};
       PRAGMA journal_size_limit = ${AUTOMATIC_CHECKPOINT_PAGES * PAGE_BYTES};
       PRAGMA cache_size = -${CACHE_KIB};
       PRAGMA trusted_schema = OFF;
       PRAGMA cell_size_check = ON;`,
    );
    return { db, flushed };
  } catch (error) {
    db.close();
    throw error;
  }
}

function sqliteVersion(): string {
  const db = new DatabaseSync(":memory:");
  const row = db.prepare("SELECT sqlite_version() AS version").get();
  db.close();
  return String(row?.["version"]);
}

/** SQLite gives the files beside it the same mode. */
function makeFile(file: string): void {
  try {
    if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK);
    else closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return;
    throw new LogError(`${file}: ${errorMessage(error)}: ${ACCESS}`, {
      cause: error,
    });
  }
}

function startsWal(db: DatabaseSync): boolean {
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
  return journalMode(db, " = WAL") === "wal";
}

function journalMode(db: DatabaseSync, change: "" | " = WAL"): unknown {
  return db.prepare(`PRAGMA journal_mode${change}`).get()?.["journal_mode"];
}
