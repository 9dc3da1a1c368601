// Parquet
// A Parquet file as a source of rows. Its columns go by the names that stand in it: the database makes others of names that
// differ in case alone, or are there twice. Types that it would read as something else are refused.

import { symlink } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { itemAt } from "../../../domain/assert.ts";
import type { Database } from "../duckdb.ts";
import { identifier, pathLiteral } from "../sql.ts";
import { databaseText, plainColumn, type LogSource } from "./log-source.ts";

interface Column {
  readonly name: string;
  /** What the database calls it, and takes it for. */
  readonly own: string;
  readonly type: string;
  /** Digits of a DECIMAL. */
  readonly precision: number;
}

/** Of a DECIMAL: with more the database reads other numbers than are there. */
const DIGITS_MAX = 38;

/** `own`: the path under which the database reads it. */
export async function openParquet(
  db: Database,
  path: string,
  own: string,
  needed: ReadonlySet<string>,
): Promise<LogSource> {
  await symlink(resolve(path), own);
  const file = pathLiteral(own);
  const from = `read_parquet(${file}, hive_partitioning = false)`;
  const columns = await columnsOf(db, file, from).catch((error: unknown) => {
    throw new InvalidInput(`data: cannot read ${path}: ${databaseText(error)}`);
  });
  for (const column of columns) if (needed.has(column.name)) await check(db, path, from, column, columns);
  const known = new Map(columns.map((column) => [column.name, column]));
  return {
    path,
    columns: [...known.keys()],
    records: null,
    malformed: { count: 0, examples: [] },
    told: `${path}: Parquet`,
    all: `SELECT * FROM ${from}`,
    select: (wanted) => {
      const list = wanted.map(({ column, as }) => {
        const found = known.get(column);
        return `${plainColumn(found?.own ?? column, found?.type ?? "")} AS ${identifier(as)}`;
      });
      return `SELECT ${list.join(", ")} FROM ${from}`;
    },
    place: (row) => `row ${row + 1}`,
  };
}

async function columnsOf(db: Database, file: string, from: string): Promise<Column[]> {
  const described = await db.rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${from})`);
  const [, ...elements] = await db.rows(
    `SELECT name, COALESCE(num_children, 0), COALESCE(precision, 0) FROM parquet_schema(${file})`,
  );
  const top: (typeof elements)[number][] = [];
  // Each element has its children behind it.
  for (let at = 0, end = 0; at < elements.length; at += 1, end -= 1) {
    const element = itemAt(elements, at);
    if (end === 0) {
      top.push(element);
      end = 1;
    }
    end += Number(element[1]);
  }
  return described.map(([own, type], index) => {
    const [name = own, , precision = 0] = top[index] ?? [];
    return { name: String(name), own: String(own), type: String(type), precision: Number(precision) };
  });
}

async function check(
  db: Database,
  path: string,
  from: string,
  { name, own, type, precision }: Column,
  all: readonly Column[],
): Promise<void> {
  const refuse = (why: string): never => {
    throw new InvalidInput(`data: ${path}: ${why}`);
  };
  if (all.filter((other) => other.name === name).length > 1)
    refuse(`two columns are called ${name}: which one is meant cannot be told`);
  if (/^(STRUCT|MAP|UNION)|\]$/.test(type))
    refuse(`column ${name} is ${type}, several values in a row: write a column with the one that is meant`);
  if (precision > DIGITS_MAX)
    refuse(
      `column ${name} is a DECIMAL of ${precision} digits, and ${DIGITS_MAX} can be read: write it with fewer, or as DOUBLE`,
    );
  if (type !== "BLOB") return;
  const text = plainColumn(own, type);
  const numbered = `SELECT row_number() OVER () AS row, * FROM ${from}`;
  const [wrong] = await db.rows(
    `SELECT row FROM (${numbered}) WHERE ${identifier(own)} IS NOT NULL AND TRY(${text}) IS NULL LIMIT 1`,
  );
  if (wrong) refuse(`column ${name}: the bytes in row ${String(wrong[0])} are no UTF-8: write the column as text`);
}
