// What the log benchmark holds the log against: SQLite itself.

import { DatabaseSync } from "node:sqlite";
import type { OutRecord } from "../../src/log/event-log.ts";

/** Commits the n-th cycle of some decisions. */
export type Committer = (records: readonly OutRecord[], n: number) => Promise<unknown>;

const NONE = new Uint8Array(0);

/** SQLite itself: each record as a value of its own, or a commit's values together as one. */
export function openBare(path: string) {
  const db = new DatabaseSync(path);
  db.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE bare (id INTEGER PRIMARY KEY, value BLOB)",
  );
  const insert = db.prepare("INSERT INTO bare (value) VALUES (?)");
  const put = (values: readonly Uint8Array[]): void => {
    db.exec("BEGIN IMMEDIATE");
    for (const value of values) insert.run(value);
    db.exec("COMMIT");
  };
  const bytesOf = (records: readonly OutRecord[]): Uint8Array[] => records.map((record) => record.value ?? NONE);
  const each: Committer = async (records) => put(bytesOf(records));
  const together: Committer = async (records) => put([Buffer.concat(bytesOf(records))]);
  return { each, together, close: async () => db.close() };
}
