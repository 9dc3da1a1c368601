// CSV dialect
// How a CSV file is written: what the mapping names, and the rest seen in the file's first lines. The columns that are
// needed are known, so that the delimiter is the one that finds them and the header is the line that has them.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { RecordParser, type Dialect } from "./csv-records.ts";

/** What a mapping says of it; null: to be seen in the file. */
export interface CsvOptions {
  readonly delimiter: string | null;
  /** "none": quotes are text. */
  readonly quote: string | null;
  readonly escape: string | null;
  /** Whether there is a line of names; or the names themselves, of a file that has no such line. */
  readonly header: boolean | readonly string[] | null;
}

export const ANY_CSV: CsvOptions = { delimiter: null, quote: null, escape: null, header: null };

export interface SniffedCsv extends Dialect {
  /** Names of the columns, in order; those without a name are called column1, column2 … */
  readonly names: readonly string[];
  /** Where the first record of data begins, in bytes and in lines (from 1). */
  readonly offset: number;
  readonly line: number;
  /** Line of the header; null when it has none. */
  readonly headerLine: number | null;
}

const DELIMITERS = [",", ";", "\t", "|"] as const;
/** A header is looked for in so many lines. */
const HEADER_WITHIN = 50;

interface Candidate {
  readonly dialect: Dialect;
  readonly names: readonly string[];
  readonly found: number;
  readonly offset: number;
  readonly line: number;
  readonly headerLine: number | null;
}

/** `head`: the file's first bytes, all of them when `isWhole`. `needed`: columns that the mapping names. */
export function sniffCsv(
  path: string,
  head: Buffer,
  isWhole: boolean,
  needed: ReadonlySet<string>,
  options: CsvOptions,
): SniffedCsv {
  const newline = head.includes(10) || !head.includes(13) ? "lf" : "cr";
  const quote = options.quote === "none" ? null : (options.quote ?? '"');
  const escape = quote === null ? null : (options.escape ?? quote);
  const delimiters = options.delimiter === null ? DELIMITERS : [options.delimiter];
  const candidates = delimiters.map((delimiter): Candidate => {
    const dialect = { delimiter, quote, escape, newline } as const;
    return Array.isArray(options.header)
      ? withoutHeader(head, isWhole, dialect, options.header as readonly string[])
      : withHeader(head, isWhole, dialect, needed, options.header === false);
  });
  // More of the needed columns, then more columns at all; between equals the commoner delimiter.
  const [best] = candidates.toSorted((a, b) => b.found - a.found || b.names.length - a.names.length);
  if (best === undefined || best.names.length === 0) throw new InvalidInput(`data: ${path}: no header and no rows`);
  const names = named(path, best.names, needed);
  return { ...best.dialect, names, offset: best.offset, line: best.line, headerLine: best.headerLine };
}

function withHeader(
  head: Buffer,
  isWhole: boolean,
  dialect: Dialect,
  needed: ReadonlySet<string>,
  isNumbered: boolean,
): Candidate {
  let best: Candidate = { dialect, names: [], found: -1, offset: 0, line: 1, headerLine: null };
  for (const { names, offset, next, line, nextLine } of records(head, isWhole, dialect)) {
    if (isNumbered) return { dialect, names: names.map(() => ""), found: 0, offset, line, headerLine: null };
    const found = new Set(names.filter((name) => needed.has(name))).size;
    if (found > best.found) best = { dialect, names, found, offset: next, line: nextLine, headerLine: line };
    if (found === needed.size || line > HEADER_WITHIN) break;
  }
  return best;
}

function withoutHeader(head: Buffer, isWhole: boolean, dialect: Dialect, names: readonly string[]): Candidate {
  for (const record of records(head, isWhole, dialect))
    return {
      dialect,
      names,
      found: record.names.length === names.length ? 1 : 0,
      offset: record.offset,
      line: record.line,
      headerLine: null,
    };
  return { dialect, names, found: 0, offset: 0, line: 1, headerLine: null };
}

function* records(head: Buffer, isWhole: boolean, dialect: Dialect) {
  const parser = new RecordParser(dialect);
  let line = 1;
  for (let at = 0; at < head.length;) {
    const next = parser.parse(head, at, isWhole);
    if (next < 0) return;
    const nextLine = line + parser.breaks + 1;
    if (parser.end > at) {
      const names = Array.from({ length: parser.fields }, (_, field) => parser.text(head, field).trim());
      yield { names, offset: at, next, line, nextLine };
    }
    at = next;
    line = nextLine;
  }
}

/** Each name once: a second one gets a number, and is refused where it is needed. */
function named(path: string, names: readonly string[], needed: ReadonlySet<string>): string[] {
  const taken = new Set<string>();
  return names.map((name, index) => {
    if (taken.has(name) && needed.has(name))
      throw new InvalidInput(`data: ${path}: two columns are called ${name}: which one is meant cannot be told`);
    let own = name === "" ? `column${index + 1}` : name;
    for (let count = 1; taken.has(own); count += 1) own = `${name === "" ? `column${index + 1}` : name}_${count}`;
    taken.add(own);
    return own;
  });
}
