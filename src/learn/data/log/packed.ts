// Packed
// The text of a file that is packed by gzip or zstd, all of it: several members or frames behind one another, padding and
// skippable frames between them. The libraries stop without a word where one ends and something else stands behind it.

import { createReadStream } from "node:fs";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { errorMessage } from "../../../domain/error-message.ts";

export type Compression = "gzip" | "zstd";

export const CHUNK_BYTES = 1 << 20;
const SKIPPABLE = /^5[0-9a-f]2a4d18/;
/** Magic and length of a skippable frame. */
const FRAME_HEAD = 8;

/** By a file's first bytes; null where they are those of neither. */
export function compressionOf(head: Buffer): Compression | null {
  const hex = head.toString("hex", 0, 4);
  if (hex.startsWith("1f8b")) return "gzip";
  return hex === "28b52ffd" || SKIPPABLE.test(hex) ? "zstd" : null;
}

/** Throws InvalidInput where the file was cut short, or has bytes that are no part of what is packed. */
export async function* unpacked(path: string, compression: Compression): AsyncGenerator<Buffer> {
  const source = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const packed = new PackedBytes(source);
  try {
    while (await packed.passPadding()) yield* onePart(packed, compression);
  } catch (error) {
    throw new InvalidInput(`data: cannot read ${path}: ${errorMessage(error)}, after ${packed.at} bytes`);
  } finally {
    source.destroy();
  }
}

/** As far as the library goes from here. */
async function* onePart(packed: PackedBytes, compression: Compression): AsyncGenerator<Buffer> {
  const unpacking = compression === "gzip" ? createGunzip() : createZstdDecompress();
  let chunk: Buffer = Buffer.alloc(0);
  let before = 0;
  const feed = async (): Promise<void> => {
    for (;;) {
      chunk = await packed.take();
      before = unpacking.bytesWritten;
      if (chunk.length === 0) break;
      // One at a time, so that it is known which one the library did not use up.
      await new Promise<void>((resolve, reject) => {
        unpacking.write(chunk, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
      if (unpacking.bytesWritten - before < chunk.length) return;
    }
    unpacking.end();
  };
  try {
    feed().catch((error: unknown) => unpacking.destroy(error as Error));
    yield* unpacking as AsyncIterable<Buffer>;
    if (unpacking.bytesWritten === 0) throw new Error("what stands there is no part of it");
    packed.putBack(chunk.subarray(unpacking.bytesWritten - before));
  } finally {
    unpacking.destroy();
  }
}

class PackedBytes {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes taken and not put back. */
  at = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next bytes; none at the end. */
  async take(): Promise<Buffer> {
    await this.#fill(1);
    const taken = this.#rest;
    this.#rest = Buffer.alloc(0);
    this.at += taken.length;
    return taken;
  }

  /** What was taken last and not used. */
  putBack(bytes: Buffer): void {
    this.#rest = bytes;
    this.at -= bytes.length;
  }

  /** Goes past zeros, with which tapes and archives pad, and skippable frames; answers whether anything is left. */
  async passPadding(): Promise<boolean> {
    for (;;) {
      await this.#fill(FRAME_HEAD);
      if (this.#rest.length === 0) return false;
      const zeros = this.#rest.findIndex((byte) => byte !== 0);
      if (zeros !== 0) this.#drop(zeros < 0 ? this.#rest.length : zeros);
      else if (this.#rest.length < FRAME_HEAD || !SKIPPABLE.test(this.#rest.toString("hex", 0, 4))) return true;
      else {
        const length = FRAME_HEAD + this.#rest.readUInt32LE(4);
        await this.#fill(length);
        this.#drop(length);
      }
    }
  }

  #drop(bytes: number): void {
    this.at += Math.min(bytes, this.#rest.length);
    this.#rest = this.#rest.subarray(bytes);
  }

  async #fill(bytes: number): Promise<void> {
    while (this.#rest.length < bytes) {
      const next = await this.#chunks.next();
      if (next.done === true) return;
      this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    }
  }
}
