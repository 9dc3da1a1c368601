// Mutations of a small log: of its cells, of how it is written, of its bytes, of its mapping. Each is drawn from a seed.

import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Random } from "../../src/domain/random.ts";
import { COLUMNS, MAPPING, type Column, type Row } from "./model.ts";

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!;
}

const FLAGS = [
  "1",
  "0",
  "1.00",
  "0.0",
  "TRUE",
  "False",
  " yes ",
  "n",
  "t",
  "1e0",
  "2",
  "-1",
  "0.5",
  "",
  "NULL",
  "maybe",
  "01",
  "١",
];
const NUMBERS = [
  "12",
  "12.50",
  " 7 ",
  "1e2",
  "-3",
  "+4",
  ".5",
  "1,5",
  "1.234,5",
  "1_000",
  "0x10",
  "",
  "NA",
  "nan",
  "inf",
  "1e39",
  "12 EUR",
  "2024-01-31",
  "31/12/2024",
  "-0",
  "+-0",
  "٣",
];
const TEXTS = [
  "NA",
  "",
  " ",
  "null",
  "Rome ",
  "r\u0000me",
  "Würzburg",
  "a,b",
  'say "hi"',
  "two\nlines",
  "'",
  '27"',
  "1.0",
  "true",
  "007",
  "9007199254740993",
  "\\N",
  "🏷️",
  "\u00a0x",
  "#",
  "=1+1",
];
const ARMS = ["none", " none", "None", "small", "7", "7.0", "07", "", "NULL", "large", "7,0"];
const CELLS: Readonly<Record<Column, readonly string[]>> = {
  age: NUMBERS,
  member: FLAGS,
  city: TEXTS,
  offer: ARMS,
  ordered: FLAGS,
  basket: NUMBERS,
  redeemed: FLAGS,
};

/** Some cells get other texts. */
export function mutateCells(random: Random, rows: readonly Row[]): Row[] {
  const changed = rows.map((row) => ({ ...row }));
  for (let count = random.below(4); count >= 0; count -= 1) {
    const column = pick(random, COLUMNS);
    pick(random, changed)[column] = pick(random, CELLS[column]);
  }
  if (random.below(6) === 0) changed.push({ ...pick(random, changed) });
  return changed;
}

export interface Written {
  readonly bytes: Buffer;
  readonly mapping: string;
  /** Line of each row. */
  readonly lines: readonly number[];
}

/** One of the ways in which programs write a CSV; the mapping names what cannot be seen in the file. */
export function writeSomehow(random: Random, rows: readonly Row[]): Written {
  const delimiter = pick(random, [",", ";", "\t", "|"]);
  const end = pick(random, ["\n", "\r\n"]);
  const quoteAll = random.below(4) === 0;
  const blanks = quoteAll ? " ".repeat(random.below(3)) : "";
  const order = [...COLUMNS, "note"].toSorted(() => random.unit() - 0.5);
  const notes = ["", 'say "hi"', "a;b,c|d\te", "line\nbreak", "\u0000", "é".repeat(random.below(40))];
  const quoted = (text: string): string =>
    quoteAll || /[",;|\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const before = random.below(5) === 0 ? ["# exported", `${random.below(99)}`] : [];
  let line = before.length + 2;
  const lines: number[] = [];
  const records = rows.map((row) => {
    const cells: Readonly<Record<string, string>> = { ...row, note: pick(random, notes) };
    lines.push(line);
    const text = order.map((name) => quoted(cells[name] ?? "")).join(`${blanks}${delimiter}${blanks}`);
    line += text.split("\n").length;
    return text;
  });
  const text = [...before, order.join(delimiter), ...records].join(end) + (random.below(2) === 0 ? end : "");
  return { ...encoded(random, text), lines };
}

function encoded(random: Random, text: string): { bytes: Buffer; mapping: string } {
  switch (random.below(6)) {
    case 0:
      return { bytes: Buffer.from(`\ufeff${text}`), mapping: MAPPING };
    case 1:
      return { bytes: Buffer.from(`\ufeff${text}`, "utf16le"), mapping: MAPPING };
    case 2: {
      const isLatin = Buffer.from(text, "latin1").toString("latin1") === text;
      if (!isLatin) return { bytes: Buffer.from(text), mapping: MAPPING };
      return {
        bytes: Buffer.from(text, "latin1"),
        mapping: random.below(2) === 0 ? `${MAPPING}encoding: latin-1\n` : MAPPING,
      };
    }
    case 3:
      return { bytes: packed(random, Buffer.from(text)), mapping: MAPPING };
    default:
      return { bytes: Buffer.from(text), mapping: MAPPING };
  }
}

/** In two parts, anywhere. */
function packed(random: Random, bytes: Buffer): Buffer {
  const pack = random.below(2) === 0 ? gzipSync : zstdCompressSync;
  const cut = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, cut), bytes.subarray(cut)].map((part) => pack(part)));
}

const CHARACTERS = [
  ",",
  '"',
  ";",
  "\n",
  "\r",
  "'",
  "0",
  "1",
  "9",
  " ",
  "a",
  "é",
  "\u0000",
  "-",
  ".",
  "\t",
  "|",
  "\ufeff",
];

/** Characters of a plain CSV put in, taken out, exchanged; lines doubled and dropped; its end cut off. */
export function mutateText(random: Random, rows: readonly Row[]): Buffer {
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  let text = [COLUMNS.join(","), ...rows.map((row) => COLUMNS.map((name) => cell(row[name])).join(","))].join("\n");
  for (let count = random.below(3); count >= 0; count -= 1) {
    const at = random.below(text.length);
    const lines = text.split("\n");
    const line = random.below(lines.length);
    switch (random.below(6)) {
      case 0:
        text = text.slice(0, at) + pick(random, CHARACTERS) + text.slice(at);
        break;
      case 1:
        text = text.slice(0, at) + text.slice(at + 1 + random.below(3));
        break;
      case 2:
        text = text.slice(0, at) + pick(random, CHARACTERS) + text.slice(at + 1);
        break;
      case 3:
        text = lines.toSpliced(line, 0, lines[line] ?? "").join("\n");
        break;
      case 4:
        text = lines.toSpliced(line, 1).join("\n");
        break;
      default:
        text = random.below(4) === 0 ? text.slice(0, Math.max(1, at)) : `${text}\n`;
    }
  }
  const bytes = Buffer.from(text);
  if (random.below(5) === 0) bytes[random.below(bytes.length)] = 128 + random.below(128);
  return bytes;
}

const PIECES = [
  "a",
  "b",
  "0",
  "1",
  ":",
  ",",
  "{",
  "}",
  "[",
  "]",
  '"',
  "'",
  " ",
  "\n",
  "-",
  "_",
  "missing: zero",
  "\u0000",
];

/** A character of the mapping more, less, or another. */
export function mutateMapping(random: Random): string {
  const at = random.below(MAPPING.length);
  const put = random.below(3) === 0 ? "" : pick(random, PIECES);
  return MAPPING.slice(0, at) + put + MAPPING.slice(at + random.below(2));
}
