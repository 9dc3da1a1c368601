// Staged log
// The files' rows, one after the other, in one typed table; and where each row came from, for whoever is told of one.

import { assert } from "../../../domain/assert.ts";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import type { Database } from "../duckdb.ts";
import type { Mapping } from "../mapping/mapping.ts";
import { outsidePart, type LogPart } from "../row-keys.ts";
import { columnsNamed, rawName, rawColumns, staged, stageSql } from "../staging.ts";
import { checkColumns, databaseText, type LogSource } from "./log-source.ts";
import { openSources } from "./open-sources.ts";

export const TABLE = "staged";
/** Fewer may be alike by chance. */
const COPY_ROWS = 100;

/** A value as the file has it, and where. */
export interface FoundRows {
  readonly place: string;
  /** Null for no value. */
  readonly text: string | null;
}

export interface StagedLog {
  readonly sources: readonly LogSource[];
  /** Lines of the files that are no rows of the table. */
  readonly malformed: { readonly count: number; readonly examples: readonly string[] };
  /** A column's values in the first rows of the table for which the condition holds, at most `most`. */
  find(condition: string, column: string, most: number): Promise<FoundRows[]>;
}

/** Rows that are not of the part stay in their places and are neither good nor bad: `bad` is null. */
export async function stageLog(
  db: Database,
  files: readonly string[],
  mapping: Mapping,
  part: LogPart = "all",
): Promise<StagedLog> {
  const named = columnsNamed(mapping);
  const needed = new Set(named.map(({ column }) => column));
  const sources = await openSources(db, files, needed, mapping.format);
  const firsts: number[] = [];
  let rows = 0;
  for (const source of sources) {
    checkColumns(source, named);
    firsts.push(rows);
    const into = rows === 0 && firsts.length === 1 ? `CREATE TABLE ${TABLE} AS` : `INSERT INTO ${TABLE}`;
    await db.run(`${into} ${stageSql(mapping, source.select(rawColumns(needed)))}`).catch((error: unknown) => {
      throw new InvalidInput(`data: cannot read ${source.path}: ${databaseText(error)}`);
    });
    const before = rows;
    rows = Number((await db.rows(`SELECT count(*) FROM ${TABLE}`))[0]?.[0]);
    assert(
      source.records === null || source.records === rows - before,
      `${source.path}: ${rows - before} rows came of ${source.records} records`,
    );
  }
  firsts.push(rows);
  const malformed = malformedOf(sources);
  if (rows === 0) throw new InvalidInput(`data: ${files.join(", ")}: no rows${noneIsOne(malformed)}`);
  if (sources.length > 1) await refuseCopies(db, sources, firsts);
  const outside = outsidePart(TABLE, part);
  if (outside !== null) await db.run(`UPDATE ${TABLE} SET ${staged.bad} = NULL WHERE rowid IN (${outside})`);
  return { sources, malformed, find: finder(db, sources, firsts) };
}

function finder(db: Database, sources: readonly LogSource[], firsts: readonly number[]): StagedLog["find"] {
  return async (condition, column, most) => {
    const found: FoundRows[] = [];
    for (const [index, source] of sources.entries()) {
      const [from = 0, to = 0] = firsts.slice(index);
      const own = `SELECT rowid AS row, ${condition} AS wanted FROM ${TABLE} WHERE rowid >= ${from} AND rowid < ${to} ORDER BY rowid`;
      const texts = source.select(rawColumns([column]));
      const rows = await db.rows(
        `SELECT row, CAST(${rawName(column)} AS VARCHAR) FROM (${own}) POSITIONAL JOIN (${texts}) WHERE wanted LIMIT ${most - found.length}`,
      );
      for (const [row, text] of rows)
        found.push({
          place: `${sources.length > 1 ? `${source.path} ` : ""}${source.place(Number(row) - from)}`,
          text: text === null || text === undefined ? null : String(text),
        });
      if (found.length >= most) break;
    }
    return found;
  };
}

function noneIsOne({ count, examples }: StagedLog["malformed"]): string {
  return count === 0 ? "" : `: none of its ${count} lines is one: ${examples.join(", ")}`;
}

function malformedOf(sources: readonly LogSource[]): StagedLog["malformed"] {
  const name = (source: LogSource): string => (sources.length > 1 ? `${source.path} ` : "");
  return {
    count: sources.reduce((sum, { malformed }) => sum + malformed.count, 0),
    examples: sources
      .flatMap((source) => source.malformed.examples.map((told) => `${name(source)}${told}`))
      .slice(0, 3),
  };
}

/** Its rows as they are staged, in whatever order and format: how many, and the sum of their hashes. */
async function contentOf(db: Database, from: number, to: number): Promise<string> {
  const own = `SELECT COLUMNS(*) FROM ${TABLE} WHERE rowid >= ${from} AND rowid < ${to}`;
  return String((await db.rows(`SELECT sum(CAST(hash(own) AS HUGEINT)) FROM (${own}) own`))[0]?.[0]);
}

/** Throws where two files hold the same rows, as of a copy, or of one log as CSV and as Parquet. */
async function refuseCopies(db: Database, sources: readonly LogSource[], firsts: readonly number[]): Promise<void> {
  const known = new Map<string, string>();
  for (const [index, { path }] of sources.entries()) {
    const [from = 0, to = 0] = firsts.slice(index);
    if (to - from < COPY_ROWS) continue;
    const content = `${to - from}:${await contentOf(db, from, to)}`;
    const same = known.get(content);
    if (same !== undefined)
      throw new InvalidInput(
        `data: ${same} and ${path} hold the same ${to - from} rows, which would count twice: name one of them`,
      );
    known.set(content, path);
  }
}
