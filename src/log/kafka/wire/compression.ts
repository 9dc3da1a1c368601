// Compression of record batches that others wrote (Stipend writes none): gzip and zstd are Node's own, snappy and LZ4
// are small enough to be here.

import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { LogError } from "../../event-log.ts";
import { decodeLz4 } from "./lz4.ts";
import { decodeSnappy } from "./snappy.ts";

const CODECS: Readonly<Record<number, (bytes: Buffer) => Buffer>> = {
  1: (bytes) => gunzipSync(bytes),
  2: decodeSnappy,
  3: decodeLz4,
  4: (bytes) => zstdDecompressSync(bytes),
};

export function decompress(codec: number, bytes: Buffer): Buffer {
  const decode = CODECS[codec];
  if (!decode) throw new LogError(`a record batch is compressed by codec ${codec}, which is none of Kafka's`);
  return decode(bytes);
}
