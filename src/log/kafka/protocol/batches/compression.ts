// Compression of record batches that others wrote (Stipend writes none): gzip and zstd are Node's own, snappy and LZ4
// are small enough to be here. Half a megabyte may claim to be gigabytes: nothing is unpacked beyond a bound.

import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { decodeLz4 } from "./lz4.ts";
import { decodeSnappy } from "./snappy.ts";
import { TooLarge, Unreadable } from "./unreadable.ts";

type Decode = (bytes: Buffer, most: number) => Buffer;

const CODECS: Readonly<Record<number, Decode>> = {
  1: (bytes, most) => bounded(most, () => gunzipSync(bytes, { maxOutputLength: most })),
  2: decodeSnappy,
  3: decodeLz4,
  4: (bytes, most) => bounded(most, () => zstdDecompressSync(bytes, { maxOutputLength: most })),
};

/** At most `most` bytes; throws where there would be more, or where the bytes are not what the codec makes. */
export function decompress(codec: number, bytes: Buffer, most: number): Buffer {
  const decode = CODECS[codec];
  if (!decode) throw new Unreadable(`compressed by codec ${codec}, which is none of Kafka's`);
  return decode(bytes, most);
}

function bounded(most: number, decode: () => Buffer): Buffer {
  try {
    return decode();
  } catch (error) {
    if (error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE")
      throw new TooLarge(most);
    throw error;
  }
}
