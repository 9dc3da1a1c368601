// CSV copy
// A text file's records, checked one by one, as a CSV of one dialect: UTF-8, quotes doubled, every record with a field for
// each column. What reads the copy has nothing left to guess, and every record keeps the line it came from.

import { open, type FileHandle } from "node:fs/promises";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { must } from "../../../domain/assert.ts";
import { sniffCsv, type CsvOptions, type SniffedCsv } from "./csv-dialect.ts";
import { RecordParser } from "./csv-records.ts";
import { checkUtf8, decoded, type Encoding } from "./encoding.ts";
import { bytesOf, type LogFile } from "./log-file.ts";
import { RecordLines } from "./record-lines.ts";

export interface CsvCopy {
  readonly dialect: SniffedCsv;
  readonly encoding: Encoding;
  readonly records: number;
  /** Records that have no field for each column, left out of the copy. */
  readonly malformed: { readonly count: number; readonly examples: readonly string[] };
  readonly lines: RecordLines;
}

export interface CsvCopyOptions {
  readonly to: string;
  readonly needed: ReadonlySet<string>;
  readonly encoding: Encoding | null;
  readonly csv: CsvOptions;
}

const HEAD_BYTES = 1 << 18;
/** A record that is longer is a quote that nobody closes. */
const RECORD_BYTES_MAX = 1 << 21;
const EXAMPLES = 3;
const BACKSLASH = 92;
const LINE_END = Buffer.from("\n");

export async function copyCsv(file: LogFile, options: CsvCopyOptions): Promise<CsvCopy> {
  try {
    return await copyOnce(file, options);
  } catch (error) {
    // Quotes that are not doubled inside quotes may be escaped by a backslash; then all of the file must be so.
    if (!(error instanceof EscapedQuote) || options.csv.escape !== null) throw error;
    return await copyOnce(file, { ...options, csv: { ...options.csv, escape: "\\" } });
  }
}

class EscapedQuote extends InvalidInput {}

async function copyOnce(file: LogFile, options: CsvCopyOptions): Promise<CsvCopy> {
  const { encoding, bytes } = await decoded(file.path, bytesOf(file), options.encoding);
  const out = await open(options.to, "w");
  try {
    const copier = new Copier(file.path, options, encoding === "utf-8");
    for await (const chunk of bytes) await write(out, copier.take(chunk, false));
    await write(out, copier.take(Buffer.alloc(0), true));
    return { encoding, ...copier.result() };
  } finally {
    await out.close();
  }
}

async function write(out: FileHandle, parts: readonly Buffer[]): Promise<void> {
  if (parts.length > 0) await out.writeFile(Buffer.concat(parts));
}

class Copier {
  readonly #path: string;
  readonly #options: CsvCopyOptions;
  readonly #isChecked: boolean;
  readonly #lines = new RecordLines();
  readonly #examples: string[] = [];
  #begun: { readonly dialect: SniffedCsv; readonly parser: RecordParser } | null = null;
  #rest: Buffer = Buffer.alloc(0);
  #line = 1;
  #records = 0;
  #malformed = 0;
  /** Fields of a record: one more than there are columns where every line ends in a delimiter. */
  #fields = 0;

  /** `isChecked`: whether the bytes have yet to be looked at for what is not UTF-8. */
  constructor(path: string, options: CsvCopyOptions, isChecked: boolean) {
    this.#path = path;
    this.#options = options;
    this.#isChecked = isChecked;
  }

  /** Takes the next bytes and gives what is to be written. */
  take(chunk: Buffer, isLast: boolean): Buffer[] {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = data;
    if (this.#begun === null && data.length < HEAD_BYTES && !isLast) return [];
    const from = this.#begun === null ? this.#begin(data, isLast) : 0;
    const parts: Buffer[] = [];
    const line = this.#line;
    const end = this.#copy(data, from, isLast, parts);
    if (this.#isChecked) checkUtf8(this.#path, data.subarray(from, end), line);
    this.#rest = data.subarray(end);
    if (this.#rest.length > RECORD_BYTES_MAX) this.#refuseOpenQuote();
    return parts;
  }

  result(): Omit<CsvCopy, "encoding"> {
    const { dialect } = must(this.#begun, "the dialect of a file that was read");
    const malformed = { count: this.#malformed, examples: this.#examples };
    return { dialect, records: this.#records, malformed, lines: this.#lines };
  }

  #begin(data: Buffer, isWhole: boolean): number {
    const { needed, csv } = this.#options;
    if (data.length === 0) throw new InvalidInput(`data: ${this.#path}: no header and no rows`);
    const dialect = sniffCsv(this.#path, data, isWhole, needed, csv);
    if (this.#isChecked) checkUtf8(this.#path, data.subarray(0, dialect.offset), 1);
    this.#begun = { dialect, parser: new RecordParser(dialect) };
    this.#line = dialect.line;
    return dialect.offset;
  }

  /** Answers how far the bytes have been used. */
  #copy(data: Buffer, from: number, isLast: boolean, parts: Buffer[]): number {
    const { dialect, parser } = must(this.#begun, "a dialect");
    let at = from;
    while (at < data.length) {
      const next = parser.parse(data, at, isLast);
      if (next < 0) break;
      if (parser.fault === "a quote that is never closed") this.#refuseOpenQuote();
      if (parser.end > at) this.#put(data, at, dialect, parser, parts);
      this.#line += parser.breaks + 1;
      at = next;
    }
    return at;
  }

  #put(data: Buffer, from: number, { delimiter, names }: SniffedCsv, parser: RecordParser, parts: Buffer[]): void {
    const columns = names.length;
    if (this.#fields === 0) this.#fields = columns + (parser.fields === columns + 1 && endsEmpty(parser) ? 1 : 0);
    const isTrailed = this.#fields > columns;
    if (parser.fields !== this.#fields || parser.fault !== null || (isTrailed && !endsEmpty(parser)))
      return this.#leaveOut(data, parser);
    if (columns > 1 && isBlank(parser)) return this.#leaveOut(data, parser, "every field is empty");
    this.#lines.add(this.#records, this.#line);
    this.#records += 1;
    if (!parser.odd && !isTrailed && columns > 1) parts.push(data.subarray(from, parser.end), LINE_END);
    else {
      const fields = names.map((_, field) => quoted(parser.text(data, field)));
      parts.push(Buffer.from(fields.join(delimiter)), LINE_END);
    }
  }

  #leaveOut(data: Buffer, parser: RecordParser, why = `${parser.fields} fields in place of ${this.#fields}`): void {
    const last = parser.starts[parser.fields - 1] ?? 0;
    if (parser.fault !== null && data[(parser.ends[parser.fields - 1] ?? 1) - 1] === BACKSLASH && last > 0)
      throw new EscapedQuote(`data: ${this.#path}: line ${this.#line}: a quote after a backslash inside quotes`);
    this.#malformed += 1;
    if (this.#examples.length < EXAMPLES) this.#examples.push(`line ${this.#line} (${parser.fault ?? why})`);
  }

  #refuseOpenQuote(): never {
    throw new InvalidInput(
      `data: ${this.#path}: line ${this.#line}: a quote is opened there and never closed; ` +
        "if quotes are text in this file say `csv: { quote: none }` in the mapping",
    );
  }
}

function endsEmpty(parser: RecordParser): boolean {
  const last = parser.fields - 1;
  return parser.quoted[last] === false && parser.starts[last] === parser.ends[last];
}

/** As spreadsheets write below a table. */
function isBlank(parser: RecordParser): boolean {
  for (let field = 0; field < parser.fields; field += 1)
    if (parser.quoted[field] === true || parser.starts[field] !== parser.ends[field]) return false;
  return true;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
