// Log source
// A log's files as the database reads them: each under a name of its own in the scratch folder, so that nothing in a path is
// a pattern, a partition or an address; a CSV in the copy that leaves nothing to guess.

import { join } from "node:path";
import { errorMessage } from "../../../domain/error-message.ts";
import type { Database } from "../duckdb.ts";
import { identifier, literal, pathLiteral } from "../sql.ts";
import type { CsvOptions } from "./csv-dialect.ts";
import { copyCsv, type CsvCopy } from "./csv-copy.ts";
import type { Encoding } from "./encoding.ts";
import { findLogFiles, type LogFile } from "./log-file.ts";
import { openParquet } from "./parquet.ts";

/** What a mapping says of how the files are written. */
export interface FileFormat {
  readonly encoding: Encoding | null;
  readonly csv: CsvOptions;
}

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

/** Opens the files that are named. Throws InvalidInput that names the file and what to do. */
export async function openSources(
  db: Database,
  named: readonly string[],
  needed: ReadonlySet<string>,
  format: FileFormat,
): Promise<LogSource[]> {
  const sources: LogSource[] = [];
  for (const [index, file] of (await findLogFiles(named)).entries()) {
    const own = join(db.folder, `log-${index}`);
    sources.push(
      file.kind === "parquet" ? await openParquet(db, file.path, own, needed) : await csv(file, own, needed, format),
    );
  }
  return sources;
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

async function csv(
  file: LogFile,
  own: string,
  needed: ReadonlySet<string>,
  { encoding, csv: options }: FileFormat,
): Promise<LogSource> {
  const copy = await copyCsv(file, { to: own, needed, encoding, csv: options });
  const { names, delimiter } = copy.dialect;
  const columns = names.map((_, index) => `c${index}: 'VARCHAR'`).join(", ");
  const ownNames = names.map((name, index) => `c${index} AS ${identifier(name)}`).join(", ");
  const from =
    `read_csv(${pathLiteral(own)}, auto_detect = false, header = false, delim = ${literal(delimiter)}, quote = '"', ` +
    `escape = '"', new_line = '\\n', nullstr = '', strict_mode = true, columns = {${columns}}, compression = 'none', ` +
    "hive_partitioning = false, max_line_size = 4194304)";
  return {
    path: file.path,
    columns: names,
    records: copy.records,
    malformed: copy.malformed,
    told: `${file.path}: ${dialectText(file, copy)}`,
    all: `SELECT ${ownNames} FROM ${from}`,
    select: (wanted) => {
      const list = wanted.map(({ column, as }) => `c${names.indexOf(column)} AS ${identifier(as)}`);
      return `SELECT ${list.join(", ")} FROM ${from}`;
    },
    place: (row) => `line ${copy.lines.at(row)}`,
  };
}

function dialectText({ compression }: LogFile, { dialect, encoding, records }: CsvCopy): string {
  const { delimiter, quote, escape, headerLine, newline } = dialect;
  return [
    `CSV${compression === null ? "" : ` in ${compression}`}`,
    encoding.toUpperCase(),
    `delimiter ${delimiter === "\t" ? "tab" : `'${delimiter}'`}`,
    quote === null ? "no quotes" : `quote '${quote}'`,
    ...(escape === quote ? [] : [`escape '${escape}'`]),
    ...(newline === "cr" ? ["lines end in carriage returns"] : []),
    headerLine === null ? "no header" : `header in line ${headerLine}`,
    `${records} rows`,
  ].join(", ");
}

/** The first line of what the database says: what follows is advice on its own options. */
export function databaseText(error: unknown): string {
  return errorMessage(error).split("\n")[0] ?? "";
}
