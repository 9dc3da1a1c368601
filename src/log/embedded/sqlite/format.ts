// Format
// What a folder is, settled once by whoever makes it: that it is a log of ours, the layout's version, and how it is flushed.
// It is made in one transaction, so that a process that is killed meanwhile leaves a log or an empty file.

import type { DatabaseSync } from "node:sqlite";
import { LogError } from "../../event-log.ts";
import { LAYOUT } from "./tables.ts";

/**
 * What a commit outlives, besides the death of every process, which it always outlives.
 * process: nothing more. A power loss may cost the folder. For tests, trials and benchmarks.
 * machine: after a power loss the folder is whole and may lack the commits of the last moments. No commit waits for the disk.
 * disk:    a commit resolves only when the disk has it.
 */
export type Durability = "process" | "machine" | "disk";

/** "Stip": how SQLite's header names the program that a file is of. */
const APPLICATION_ID = 0x53746970;
/** Raised when the layout changes; 1 was a folder of LMDB's. */
const FORMAT = 2;

/** A race of two checkpoints could damage a file before 3.51.3 (and 3.50.7); sqlite.org/wal.html, "The WAL-Reset Bug". */
export function checkVersion(version: string): void {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const number = major * 1_000_000 + minor * 1_000 + patch;
  if (number >= 3_051_003 || (number >= 3_050_007 && number < 3_051_000)) return;
  throw new LogError(
    `this Node (${process.version}) has SQLite ${version}, in which processes that share a log can damage it: ` +
      "run on a Node with SQLite 3.51.3 or newer (`node -p process.versions.sqlite` tells)",
  );
}

/**
 * Whether the folder is flushed. Refuses a file of another program or version, and to promise more than the folder keeps;
 * who promises nothing (tools that read and send) takes the folder as it was made, and makes a new one flushed.
 */
export function settleFormat(db: DatabaseSync, file: string, durability: Durability | undefined): boolean {
  if (isEmpty(db)) makeFormat(db, durability !== "process");
  checkFormat(db, file);
  const flushed = db.prepare("SELECT flushed FROM folder").get()?.["flushed"] === 1;
  if (!flushed && durability !== undefined && durability !== "process")
    throw new LogError(`${file}: was made with durability process, which is not ${durability}: begin an empty folder`);
  return flushed;
}

/** Refuses what is no log of this version. */
export function checkFormat(db: DatabaseSync, file: string): void {
  const application = pragma(db, "application_id");
  if (application !== APPLICATION_ID)
    throw new LogError(`${file}: is an SQLite file of another program, no log: begin an empty folder`);
  const format = pragma(db, "user_version");
  if (format !== FORMAT)
    throw new LogError(`${file}: written by another version (format ${format}, this one reads ${FORMAT})`);
}

function isEmpty(db: DatabaseSync): boolean {
  return pragma(db, "application_id") === 0 && db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}

/** Of several processes that make it at once, the first one's counts for all. */
function makeFormat(db: DatabaseSync, flushed: boolean): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    if (isEmpty(db))
      db.exec(
        `${LAYOUT}
         CREATE TABLE folder (flushed INTEGER NOT NULL) STRICT;
         INSERT INTO folder VALUES (${flushed ? 1 : 0});
         PRAGMA application_id = ${APPLICATION_ID};
         PRAGMA user_version = ${FORMAT};`,
      );
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function pragma(db: DatabaseSync, name: "application_id" | "user_version"): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
