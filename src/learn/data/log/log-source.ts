// Log source: a log's file as rows of columns, whatever it is written in.

import { errorMessage } from "../../../domain/error-message.ts";
import { identifier } from "../sql.ts";
import type { CsvCopy } from "./csv-copy.ts";

export interface LogSource {
  /** As it was named. */
  readonly path: string;
  readonly columns: readonly string[];
  /** Records of a CSV, each of which must come out as a row; null for Parquet. */
  readonly records: number | null;
  /** Lines that are no rows of the table. */
  readonly malformed: CsvCopy["malformed"];
  /** How it was read, for people. */
  readonly told: string;
  /** `SELECT` of all columns under their own names and types. */
  readonly all: string;
  /** `SELECT` of these columns: text, numbers or booleans. */
  select(columns: readonly { readonly column: string; readonly as: string }[]): string;
  /** Where a row is: `line 17` or `row 17`, from 1. */
  place(row: number): string;
}

/**
 * What is neither a number nor a flag is text, so that nothing that is done to a column depends on its type. Bytes are too:
 * some programs write texts without saying that they are.
 */
export function plainColumn(column: string, type: string): string {
  const isPlain = /^(VARCHAR|BOOLEAN|DOUBLE|FLOAT|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL.*)$/.test(type);
  if (type === "BLOB") return `decode(${identifier(column)})`;
  return isPlain ? identifier(column) : `CAST(${identifier(column)} AS VARCHAR)`;
}

/** The first line of what the database says: what follows is advice on its own options. */
export function databaseText(error: unknown): string {
  return errorMessage(error).split("\n")[0] ?? "";
}
