// Log source: a log's file as rows of columns, whatever it is written in.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { errorMessage } from "../../../domain/error-message.ts";
import { identifier } from "../sql.ts";
import type { CsvCopy } from "./csv-copy.ts";

/** With lines that end otherwise than is seen, a whole file may be taken for its header. */
const COLUMNS_SHOWN = 200;

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

/** Throws where the file lacks a column that is needed; `by`: what in the mapping names it. */
export function checkColumns(
  { path, columns }: LogSource,
  named: readonly { readonly column: string; readonly by: string }[],
): void {
  const unknown = named.filter(({ column }) => !columns.includes(column));
  if (unknown.length === 0) return;
  const told = unknown.map(({ column, by }) => `${by}: no column ${column} in the data`);
  const more = columns.length > COLUMNS_SHOWN ? `, … ${columns.length} columns` : "";
  throw new InvalidInput(`${told.join("\n")}\n${path} has: ${columns.slice(0, COLUMNS_SHOWN).join(", ")}${more}`);
}

/** The first line of what the database says: what follows is advice on its own options. */
export function databaseText(error: unknown): string {
  return errorMessage(error).split("\n")[0] ?? "";
}
