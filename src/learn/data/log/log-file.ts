// Log file
// A path is a path: what is in its name means nothing, and what the file holds is told by its first bytes. The one pattern
// is what begins with `glob:`. Files are judged here before anything reads them.

import { createReadStream } from "node:fs";
import { glob, open, realpath, stat } from "node:fs/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { errorMessage } from "../../../domain/error-message.ts";

export interface LogFile {
  /** As it was named. */
  readonly path: string;
  readonly kind: "parquet" | "text";
  readonly compression: "gzip" | "zstd" | null;
}

const PATTERN = "glob:";
const CHUNK_BYTES = 1 << 20;

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
  ["7b22", "JSON: export it as CSV or Parquet"],
  ["5b7b", "JSON: export it as CSV or Parquet"],
  ["3c21", "a web page or XML, as of a download that failed"],
  ["3c68746d6c", "a web page, as of a download that failed"],
  ["3c3f786d6c", "XML: export it as CSV or Parquet"],
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

/** The bytes of a text file, unpacked. A file that was cut short is an error. */
export async function* bytesOf({ path, compression }: LogFile): AsyncGenerator<Buffer> {
  const source = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (compression === null) {
    yield* source as AsyncIterable<Buffer>;
    return;
  }
  const options = { chunkSize: CHUNK_BYTES };
  const unpacked = compression === "gzip" ? createGunzip(options) : createZstdDecompress(options);
  source.on("error", (error) => unpacked.destroy(error));
  try {
    yield* source.pipe(unpacked) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new InvalidInput(`data: cannot read ${path}: ${errorMessage(error)}`);
  } finally {
    source.destroy();
    unpacked.destroy();
  }
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
  const hex = first.toString("hex");
  const other = OTHERS.find(([magic]) => hex.startsWith(magic));
  if (other) return refuse(`is ${other[1]}`);
  if (first.toString("latin1", 0, 4) === "PAR1") {
    if (last !== "PAR1") return refuse("begins as Parquet does and does not end so: it was cut short, or is encrypted");
    return { path, kind: "parquet", compression: null };
  }
  const compression = hex.startsWith("1f8b") ? "gzip" : hex.startsWith("28b52ffd") ? "zstd" : null;
  return { path, kind: "text", compression };
}

async function endsOf(path: string): Promise<{ first: Buffer; last: string }> {
  const handle = await open(path).catch((error: Error) => {
    throw new InvalidInput(`data: cannot read ${path}: ${error.message}`);
  });
  try {
    const { size } = await handle.stat();
    const first = await handle.read(Buffer.alloc(16), 0, 16, 0);
    const last = await handle.read(Buffer.alloc(4), 0, 4, Math.max(0, size - 4));
    return { first: first.buffer.subarray(0, first.bytesRead), last: last.buffer.toString("latin1") };
  } finally {
    await handle.close();
  }
}
