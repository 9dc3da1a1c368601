// A CSV read once more, character by character and without a thought for speed, to hold the reader against. Commas, double
// quotes, line feeds; a quote counts only where nothing but blanks stands before it in its field.

import { COLUMNS, type Column, type Row } from "./model.ts";

/** Null for a text that must be refused. */
export function referenceRows(bytes: Buffer): { readonly rows: Row[]; readonly lines: number[] } | null {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
  const records = recordsOf(text);
  const head = records?.findIndex(({ fields }) =>
    COLUMNS.every((name) => fields.some((field) => field.trim() === name)),
  );
  if (records === null || head === undefined || head < 0) return null;
  const names = records[head]!.fields.map((field) => field.trim());
  if (COLUMNS.some((name) => names.filter((other) => other === name).length > 1)) return null;
  const data = records.slice(head + 1);
  const [first] = data;
  if (first === undefined || data.some(({ isBlank }) => isBlank)) return null;
  const width = names.length + (first.fields.length === names.length + 1 && first.fields.at(-1) === "" ? 1 : 0);
  if (data.some(({ fields }) => fields.length !== width)) return null;
  if (width > names.length && data.some(({ fields }) => fields.at(-1) !== "")) return null;
  const cell = (fields: readonly string[], name: Column): string => fields[names.indexOf(name)] ?? "";
  const rows = data.map(({ fields }) => Object.fromEntries(COLUMNS.map((name) => [name, cell(fields, name)])) as Row);
  return { rows, lines: data.map(({ line }) => line) };
}

interface CsvRecord {
  readonly fields: string[];
  readonly line: number;
  /** Nothing but delimiters. */
  isBlank: boolean;
}

function recordsOf(text: string): CsvRecord[] | null {
  const records: CsvRecord[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const record: CsvRecord = { fields: [], line, isBlank: false };
    const began = at;
    for (;;) {
      let field = "";
      const begin = pastBlanks(text, at);
      if (text[begin] === '"') {
        at = begin + 1;
        for (;;) {
          if (at >= text.length) return null;
          if (text[at] === '"' && text[at + 1] === '"') {
            field += '"';
            at += 2;
          } else if (text[at] === '"') break;
          else {
            if (text[at] === "\n") line += 1;
            field += text[at];
            at += 1;
          }
        }
        at = pastBlanks(text, at + 1);
        if (at < text.length && text[at] !== "," && !isEnd(text, at)) return null;
      } else
        while (at < text.length && text[at] !== "," && !isEnd(text, at)) {
          field += text[at];
          at += 1;
        }
      record.fields.push(field);
      if (text[at] !== ",") break;
      at += 1;
    }
    const isEmpty = at === began;
    record.isBlank = /^,*$/.test(text.slice(began, at));
    at += text[at] === "\r" ? 2 : 1;
    line += 1;
    if (!isEmpty) records.push(record);
  }
  return records;
}

function pastBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === " ") at += 1;
  return at;
}

function isEnd(text: string, at: number): boolean {
  return text[at] === "\n" || (text[at] === "\r" && (text[at + 1] === "\n" || at + 1 === text.length));
}
