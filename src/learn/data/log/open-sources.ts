// Open sources
// A log's files as the database reads them: each under a name of its own in the scratch folder, so that nothing in a path is
// a pattern, a partition or an address; a CSV in the copy that leaves nothing to guess.

import { join } from "node:path";
import type { Database } from "../duckdb.ts";
import { identifier, literal, pathLiteral } from "../sql.ts";
import type { CsvOptions } from "./csv-dialect.ts";
import { copyCsv, type CsvCopy } from "./csv-copy.ts";
import type { Encoding } from "./encoding.ts";
import { findLogFiles, type LogFile } from "./log-file.ts";
import type { LogSource } from "./log-source.ts";
import { openParquet } from "./parquet.ts";

/** What a mapping says of how the files are written. */
export interface FileFormat {
  readonly encoding: Encoding | null;
  readonly csv: CsvOptions;
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
