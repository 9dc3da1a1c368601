// Log file
// A path is a path: what is in its name means nothing, and what the file holds is told by its first bytes. The one pattern
// is what begins with `glob:`. Files are judged here before anything reads them.

import { createReadStream } from "node:fs";
import { glob, open, realpath, stat } from "node:fs/promises";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { errorMessage } from "../../../domain/error-message.ts";
import { CHUNK_BYTES, compressionOf, unpacked, type Compression } from "./packed.ts";

export interface LogFile {
  /** As it was named. */
  readonly path: string;
  readonly kind: "parquet" | "text";
  readonly compression: Compression | null;
}

const PATTERN = "glob:";
/** Enough for the mark of a tape archive. */
const HEAD_BYTES = 512;

/** By their first bytes: what cannot be read, and what to do about it. */
const OTHERS: readonly (readonly [magic: string, what: string])[] = [
  ["504b0304", "a ZIP archive (or a spreadsheet): unpack it, or export it as CSV"],
  ["425a68", "compressed by bzip2: unpack it, or use gzip"],
  ["fd377a585a00", "compressed by xz: unpack it, or use gzip"],
  ["4f626a01", "an Avro file: export it as Parquet or CSV"],
  ["4f5243", "an ORC file: export it as Parquet or CSV"],
  ["d0cf11e0", "an old spreadsheet: export it as CSV"],
  ["53514c69746520", "an SQLite database: export the table as CSV"],
  ["255044462d", "a PDF"],
  ["50415245", "an encrypted Parquet file: decrypt it"],
  ["4152524f5731", "an Arrow or Feather file: export it as Parquet or CSV"],
  ["894844460d0a", "an HDF5 file: export it as Parquet or CSV"],
];

/** The same of text, which may begin with white space. */
const OTHER_TEXTS: readonly (readonly [begin: RegExp, what: string])[] = [
  [/^\{\s*"|^\[\s*\{/, "JSON: export it as CSV or Parquet"],
  [/^<(!|html)/i, "a web page or XML, as of a download that failed"],
  [/^<\?xml/i, "XML: export it as CSV or Parquet"],
];

/** The files that were named, each once. Throws InvalidInput that names the one that cannot be read. */
export async function findLogFiles(named: readonly string[]): Promise<LogFile[]> {
  const paths: string[] = [];
  for (const name of named) paths.push(...(name.startsWith(PATTERN) ? await matching(name) : [name]));
  if (paths.length === 0) throw new InvalidInput("data: name at least one file");
  const files: LogFile[] = [];
  const known = new Map<string, string>();
  for (const path of paths) {
    const identity = await identityOf(path);
    const same = known.get(identity);
    if (same !== undefined)
      throw new InvalidInput(`data: ${same} and ${path} are one file: its rows would count twice`);
    known.set(identity, path);
    files.push(await judge(path));
  }
  return files;
}

/** The bytes of a text file, unpacked. A file that was cut short, or has something else packed in it, is an error. */
export async function* bytesOf({ path, compression }: LogFile): AsyncGenerator<Buffer> {
  if (compression === null) {
    yield* createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
    return;
  }
  let isFirst = true;
  for await (const bytes of unpacked(path, compression)) {
    const inside = isFirst ? whatInside(bytes) : null;
    if (inside !== null) throw new InvalidInput(`data: ${path}: inside ${compression} it is ${inside}`);
    isFirst = false;
    yield bytes;
  }
}

function whatInside(head: Buffer): string | null {
  const packed = compressionOf(head);
  if (packed !== null) return `packed once more, by ${packed}: unpack it once`;
  if (isParquet(head)) return "Parquet, which is packed in itself: unpack it";
  return whatElse(head);
}

async function matching(name: string): Promise<string[]> {
  const found: string[] = [];
  for await (const path of glob(name.slice(PATTERN.length))) found.push(path);
  if (found.length === 0) throw new InvalidInput(`data: no file matches ${name}`);
  return found.toSorted();
}

async function identityOf(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new InvalidInput(`data: no file ${path}${hint(path)}`);
    throw new InvalidInput(`data: cannot read ${path}: ${errorMessage(error)}`);
  });
  if (found.isDirectory())
    throw new InvalidInput(`data: ${path} is a folder; name the files in it, or a pattern such as glob:${path}/*.csv`);
  if (!found.isFile()) throw new InvalidInput(`data: ${path} is no plain file: it is read more than once`);
  return found.ino === 0 ? await realpath(path) : `${found.dev}:${found.ino}`;
}

function hint(path: string): string {
  return /[*?[{]/.test(path) ? ` (for a pattern say ${PATTERN}${path})` : "";
}

async function judge(path: string): Promise<LogFile> {
  const refuse = (why: string): never => {
    throw new InvalidInput(`data: ${path} ${why}`);
  };
  const { first, last } = await endsOf(path);
  if (first.length === 0) return refuse("is empty");
  const other = whatElse(first);
  if (other !== null) return refuse(`is ${other}`);
  if (isParquet(first)) {
    if (last !== "PAR1") return refuse("begins as Parquet does and does not end so: it was cut short, or is encrypted");
    return { path, kind: "parquet", compression: null };
  }
  return { path, kind: "text", compression: compressionOf(first) };
}

function isParquet(head: Buffer): boolean {
  return head.toString("latin1", 0, 4) === "PAR1";
}

/** What a file is that is not read; null for what may be a table. */
function whatElse(head: Buffer): string | null {
  const hex = head.toString("hex", 0, 16);
  const text = head.toString("utf8", 0, HEAD_BYTES).trimStart();
  if (head.toString("latin1", 257, 262) === "ustar") return "a tape archive: unpack it, and name the files in it";
  const other = OTHERS.find(([magic]) => hex.startsWith(magic)) ?? OTHER_TEXTS.find(([begin]) => begin.test(text));
  return other?.[1] ?? null;
}

async function endsOf(path: string): Promise<{ first: Buffer; last: string }> {
  const handle = await open(path).catch((error: Error) => {
    throw new InvalidInput(`data: cannot read ${path}: ${error.message}`);
  });
  try {
    const { size } = await handle.stat();
    const first = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const last = await handle.read(Buffer.alloc(4), 0, 4, Math.max(0, size - 4));
    return { first: first.buffer.subarray(0, first.bytesRead), last: last.buffer.toString("latin1") };
  } finally {
    await handle.close();
  }
}
