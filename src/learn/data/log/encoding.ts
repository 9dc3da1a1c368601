// Encoding
// A log's bytes as UTF-8: as they are, or from the encoding that its byte order mark or the mapping names. Bytes that are
// not what they should be are refused with their place, never replaced and never left out.

import { isAscii, isUtf8 } from "node:buffer";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";

export const ENCODINGS = [
  "utf-8",
  "utf-16le",
  "utf-16be",
  "latin-1",
  "latin-9",
  "windows-1250",
  "windows-1251",
  "windows-1252",
  "shift_jis",
  "euc-kr",
  "gb18030",
  "big5",
] as const;
export type Encoding = (typeof ENCODINGS)[number];

const LABELS: Partial<Record<Encoding, string>> = { "latin-1": "iso-8859-1", "latin-9": "iso-8859-15" };
const LINE_FEED = 10;

export interface Decoded {
  readonly encoding: Encoding;
  readonly bytes: AsyncIterable<Buffer>;
}

/** `named`: by the mapping, which a byte order mark must not contradict. */
export async function decoded(path: string, bytes: AsyncIterable<Buffer>, named: Encoding | null): Promise<Decoded> {
  const iterator = bytes[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < 4) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const marked = markOf(head);
  if (marked !== null && named !== null && marked.encoding !== named)
    throw new InvalidInput(
      `data: ${path}: encoding: ${named} in the mapping, but its byte order mark says ${marked.encoding}`,
    );
  const encoding = marked?.encoding ?? named ?? "utf-8";
  if (marked === null && named === null) refuseUnmarked(path, head);
  const rest = following(head.subarray(marked?.bytes ?? 0), iterator);
  return { encoding, bytes: encoding === "utf-8" ? rest : transcoded(path, rest, encoding) };
}

/** Throws with the line, the byte in it and what it may be instead. `line`: of the first of the bytes, from 1. */
export function checkUtf8(path: string, bytes: Buffer, line: number): void {
  if (isUtf8(bytes)) return;
  const at = firstInvalid(bytes);
  const before = bytes.subarray(0, at);
  const from = before.lastIndexOf(LINE_FEED) + 1;
  const lines = before.reduce((count, byte) => (byte === LINE_FEED ? count + 1 : count), line);
  const end = bytes.indexOf(LINE_FEED, at);
  const text = bytes.subarray(from, end < 0 ? bytes.length : end);
  const likely = likelyEncoding(bytes.subarray(from));
  throw new InvalidInput(
    `data: ${path}: not UTF-8: line ${lines}, byte ${at - from + 1} is 0x${bytes[at]?.toString(16).padStart(2, "0")}; ` +
      `it may be ${likely}, then the line has ${JSON.stringify(shorten(decode(text, likely)))}: ` +
      `say \`encoding: ${likely}\` in the mapping, or write the file as UTF-8`,
  );
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function decode(bytes: Buffer, encoding: Encoding): string {
  return new TextDecoder(LABELS[encoding] ?? encoding).decode(bytes);
}

async function* following(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    for (;;) {
      const next = await rest.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

async function* transcoded(path: string, bytes: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(LABELS[encoding] ?? encoding, { fatal: true });
  const doubt = encoding.startsWith("utf") ? null : new Utf8Doubt();
  let passed = 0;
  try {
    for await (const chunk of bytes) {
      doubt?.see(chunk);
      yield Buffer.from(decoder.decode(chunk, { stream: true }));
      passed += chunk.length;
    }
    yield Buffer.from(decoder.decode());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new InvalidInput(`data: ${path}: not ${encoding}, somewhere after byte ${passed}`);
  }
  if (doubt?.isUtf8() === true)
    throw new InvalidInput(`data: ${path}: encoding: ${encoding} in the mapping, but the file is UTF-8: leave it out`);
}

/** Text that is read in a wrong encoding has other categories than the sessions; by chance nothing is UTF-8. */
class Utf8Doubt {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #possible = true;
  #beyondAscii = false;

  see(chunk: Buffer): void {
    if (!this.#possible) return;
    this.#beyondAscii ||= !isAscii(chunk);
    this.#decode(chunk, true);
  }

  isUtf8(): boolean {
    this.#decode(Buffer.alloc(0), false);
    return this.#possible && this.#beyondAscii;
  }

  #decode(chunk: Buffer, stream: boolean): void {
    try {
      this.#decoder.decode(chunk, { stream });
    } catch {
      this.#possible = false;
    }
  }
}

function markOf(head: Buffer): { encoding: Encoding; bytes: number } | null {
  const hex = head.toString("hex", 0, 3);
  if (hex === "efbbbf") return { encoding: "utf-8", bytes: 3 };
  if (hex.startsWith("fffe")) return { encoding: "utf-16le", bytes: 2 };
  if (hex.startsWith("feff")) return { encoding: "utf-16be", bytes: 2 };
  return null;
}

/** ASCII as UTF-16 has a NUL in every second place. */
function refuseUnmarked(path: string, head: Buffer): void {
  const [a = 1, b = 1, c = 1, d = 1] = head;
  const likely =
    b === 0 && d === 0 && a !== 0 && c !== 0
      ? "utf-16le"
      : a === 0 && c === 0 && b !== 0 && d !== 0
        ? "utf-16be"
        : null;
  if (head.length < 4 || likely === null) return;
  throw new InvalidInput(
    `data: ${path}: not UTF-8: byte 1 and on look like UTF-16: say \`encoding: ${likely}\` in the mapping`,
  );
}

function firstInvalid(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const size = characterBytes(bytes[at]!);
    if (!isUtf8(bytes.subarray(at, at + size))) return at;
    at += size;
  }
  return at;
}

function characterBytes(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

/** 0x80 to 0x9f are control characters in Latin-1, and letters and quotes in Windows' encoding. */
function likelyEncoding(bytes: Buffer): Encoding {
  return bytes.some((byte) => byte >= 0x80 && byte < 0xa0) ? "windows-1252" : "latin-1";
}
