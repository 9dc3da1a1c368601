// Backup
// A copy of a log as one file, made while processes write, and a folder made from such a copy.
//
// Invariants:
//   1. The copy is of one committed state, the one at its beginning: SQLite's own backup reads it inside one transaction, which
//      others' commits do not touch.
//   2. A file appears under its name when it is whole and on the disk. Whoever is killed before leaves a file with `.partial`
//      behind, and the next one writes over it.

import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { LogError } from "../../event-log.ts";
import { FILE, logFile, openConnection } from "../sqlite/connection.ts";
import { checkFormat } from "../sqlite/format.ts";
import { retryWhileLocked } from "../sqlite/locked-retry.ts";
import { logErrorOf } from "../sqlite/sqlite-errors.ts";

const PARTIAL = ".partial";
/** Copied at a time, off the thread; between two of them it says how far it is. */
const PAGES_AT_ONCE = 1_000;

export interface BackupFigures {
  readonly bytes: number;
  readonly topics: number;
}

/**
 * Copies the folder's log to a new file. Meanwhile the write-ahead log cannot begin anew, so that the disk needs room for
 * what is written during the copy. `onProgress`: from 0 to 1.
 */
export async function backUp(
  folder: string,
  target: string,
  onProgress: (done: number) => void,
): Promise<BackupFigures> {
  if (existsSync(target)) throw new LogError(`${target}: it is there already: give another file`);
  if (!existsSync(join(folder, FILE))) throw new LogError(`${folder}: there is no log in it`);
  const draft = `${target}${PARTIAL}`;
  try {
    await copy(logFile(folder), draft, onProgress);
    makePlain(draft);
    const figures = check(draft);
    publish(draft, target);
    return figures;
  } catch (error) {
    rmSync(draft, { force: true });
    throw logErrorOf(error, draft, { committing: false });
  }
}

async function copy(file: string, draft: string, onProgress: (done: number) => void): Promise<void> {
  const { db } = await retryWhileLocked(file, () => openConnection(file, undefined), {}).catch((error: unknown) => {
    throw logErrorOf(error, file, { committing: false });
  });
  try {
    // The transaction begins with its first read.
    db.exec("BEGIN");
    db.prepare("SELECT 1 FROM folder").get();
    rmSync(draft, { force: true });
    closeSync(openSync(draft, "wx", 0o600));
    await backup(db, draft, {
      rate: PAGES_AT_ONCE,
      progress: ({ totalPages, remainingPages }) => onProgress(1 - remainingPages / Math.max(1, totalPages)),
    });
  } finally {
    db.close();
  }
}

/** Makes a folder that is missing or empty the log that the file is a copy of. */
export function restoreBackup(source: string, folder: string): BackupFigures {
  if (!existsSync(source)) throw new LogError(`${source}: there is no such file`);
  const target = logFile(folder);
  const others = readdirSync(dirname(target)).filter((name) => name !== `${FILE}${PARTIAL}`);
  if (others.length > 0)
    throw new LogError(
      `${dirname(target)}: is not empty (${others.join(", ")}): give a new folder (STIPEND_DIR names it)`,
    );
  try {
    const figures = check(source);
    const draft = `${target}${PARTIAL}`;
    rmSync(draft, { force: true });
    copyFileSync(source, draft, constants.COPYFILE_EXCL);
    chmodSync(draft, 0o600);
    publish(draft, target);
    return figures;
  } catch (error) {
    throw logErrorOf(error, source, { committing: false });
  }
}

/** One file, without a write-ahead log beside it; and without owners: processes that run a copied log are others. */
function makePlain(draft: string): void {
  const db = new DatabaseSync(draft);
  try {
    db.exec("PRAGMA journal_mode = DELETE; DELETE FROM owner");
  } finally {
    db.close();
  }
}

/** Reads all of it; throws when it is no copy of a log of this version, or damaged. */
function check(file: string): BackupFigures {
  if (!isDatabase(file)) throw new LogError(`${file}: is no backup of a log: \`stipend log backup FILE\` makes one`);
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    checkFormat(db, file);
    if (db.prepare("PRAGMA journal_mode").get()?.["journal_mode"] === "wal")
      throw new LogError(
        `${file}: is a log in use, of which a part is in other files: \`stipend log backup\` copies it`,
      );
    const found = db.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"];
    if (found !== "ok")
      throw new LogError(`${file}: is damaged (${String(found)}), by its disk or already where it was copied from`);
    const { topics } = db.prepare("SELECT count(*) AS topics FROM topic").get() as { readonly topics: number };
    return { bytes: statSync(file).size, topics };
  } finally {
    db.close();
  }
}

function isDatabase(file: string): boolean {
  const begins = Buffer.alloc(MAGIC.length);
  const handle = openSync(file, "r");
  try {
    readSync(handle, begins, 0, MAGIC.length, 0);
  } finally {
    closeSync(handle);
  }
  return begins.equals(MAGIC);
}

/** With which every database of SQLite begins. */
const MAGIC = Buffer.from("SQLite format 3\0");

/** The bytes are on the disk before the name is, and the name before anybody is told. */
function publish(draft: string, target: string): void {
  flush(draft);
  renameSync(draft, target);
  flush(dirname(target));
}

function flush(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
