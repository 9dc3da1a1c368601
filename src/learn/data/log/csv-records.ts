// CSV records
// Cuts bytes of a CSV into records and fields (RFC 4180, with another delimiter, quote or escape where a dialect says so).
// Delimiters and quotes are ASCII, so that no character of UTF-8 is ever cut. Pure.

export interface Dialect {
  /** One ASCII character each. */
  readonly delimiter: string;
  /** Null: quotes are text. */
  readonly quote: string | null;
  /** Before a quote inside quotes: the quote itself (doubled), or a backslash. */
  readonly escape: string | null;
  /** How lines end: by a line feed, with or without a carriage return before it, or by a carriage return alone. */
  readonly newline: "lf" | "cr";
}

export type CsvFault = "text after a closing quote" | "a quote that is never closed";

const LF = 10;
const CR = 13;
const BLANK = 32;

/** Used again for each record. A quote counts only where nothing but blanks stands before it in its field; else it is text. */
export class RecordParser {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  readonly #cr: boolean;
  /** Of each field, without its quotes. */
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly quoted: boolean[] = [];
  fields = 0;
  fault: CsvFault | null = null;
  /** Whether the text has quotes, or a carriage return, where nothing stands around them. */
  odd = false;
  /** Line ends inside the record. */
  breaks = 0;
  /** Where the record ends, before its line end. */
  end = 0;

  constructor({ delimiter, quote, escape, newline }: Dialect) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#quote = quote === null ? -1 : quote.charCodeAt(0);
    this.#escape = escape === null ? -1 : escape.charCodeAt(0);
    this.#cr = newline === "cr";
  }

  /** Cuts the record that begins at `from`; answers where the next begins, or −1: its end has not come yet. */
  parse(data: Buffer, from: number, isLast: boolean): number {
    this.fields = 0;
    this.fault = null;
    this.odd = false;
    this.breaks = 0;
    let at = from;
    for (;;) {
      const begin = this.#pastBlanks(data, at);
      const isQuoted = data[begin] === this.#quote && this.#quote >= 0;
      if (isQuoted && begin > at) this.odd = true;
      const next = isQuoted ? this.#quotedField(data, begin) : this.#plainField(data, at);
      if (next < 0) {
        if (!isLast) return -1;
        this.#put(at, data.length, false);
        this.fault = "a quote that is never closed";
        this.end = data.length;
        return data.length;
      }
      if (next >= data.length) {
        if (!isLast) return -1;
        this.end = data.length;
        return data.length;
      }
      if (data[next] === this.#delimiter) {
        at = next + 1;
        // A delimiter at the very end has an empty field behind it.
        continue;
      }
      this.end = next;
      if (this.#cr || data[next] === LF) return next + 1;
      // A carriage return whose line feed may come with the next bytes.
      if (next + 1 >= data.length) return isLast ? data.length : -1;
      return next + 2;
    }
  }

  text(data: Buffer, field: number): string {
    const raw = data.toString("utf8", this.starts[field], this.ends[field]);
    if (this.quoted[field] !== true) return raw;
    const quote = String.fromCharCode(this.#quote);
    const escape = String.fromCharCode(this.#escape);
    if (this.#escape === this.#quote) return raw.replaceAll(quote + quote, quote);
    return raw.replaceAll(escape + quote, quote).replaceAll(escape + escape, escape);
  }

  #put(start: number, end: number, quoted: boolean): void {
    this.starts[this.fields] = start;
    this.ends[this.fields] = end;
    this.quoted[this.fields] = quoted;
    this.fields += 1;
  }

  #isEnd(data: Buffer, at: number): boolean {
    const byte = data[at];
    if (this.#cr) return byte === CR;
    return byte === LF || (byte === CR && (at + 1 >= data.length || data[at + 1] === LF));
  }

  #plainField(data: Buffer, from: number): number {
    let at = from;
    for (; at < data.length; at += 1) {
      const byte = data[at]!;
      if (byte === this.#delimiter || (byte <= CR && this.#isEnd(data, at))) break;
      if (byte === 34 || byte === CR || byte === LF || byte === this.#quote) this.odd = true;
    }
    this.#put(from, at, false);
    return at;
  }

  /** Answers where the field's closing quote has been passed and what ends it stands; −1: it is not closed. */
  #quotedField(data: Buffer, from: number): number {
    let at = from + 1;
    for (; ; at += 1) {
      const byte = data[at];
      if (byte === undefined) return -1;
      if (byte === (this.#cr ? CR : LF)) this.breaks += 1;
      else if (byte === this.#escape && byte !== this.#quote) at += 1;
      else if (byte === this.#quote) {
        if (this.#escape !== this.#quote || data[at + 1] !== this.#quote) break;
        at += 1;
      }
    }
    if (this.#quote !== 34 || this.#escape !== 34) this.odd = true;
    this.#put(from + 1, at, true);
    const next = this.#pastBlanks(data, at + 1);
    if (next > at + 1) this.odd = true;
    if (next >= data.length || data[next] === this.#delimiter || this.#isEnd(data, next)) return next;
    this.fault = "text after a closing quote";
    return this.#restOfLine(data, next);
  }

  #pastBlanks(data: Buffer, from: number): number {
    let at = from;
    while (data[at] === BLANK) at += 1;
    return at;
  }

  #restOfLine(data: Buffer, from: number): number {
    let at = from;
    while (at < data.length && !this.#isEnd(data, at)) at += 1;
    return at;
  }
}
