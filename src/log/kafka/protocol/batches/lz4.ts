// LZ4's frame format as Kafka's clients write it: independent or linked blocks, no dictionary. Its checksums are not
// checked: the record batch around it has its own.

import { copyBack } from "./snappy.ts";
import { TooLarge, Unreadable } from "./unreadable.ts";

const MAGIC = 0x184d2204;
const STORED = 0x80000000;
const BLOCK_SIZES: Readonly<Record<number, number>> = { 4: 64 << 10, 5: 256 << 10, 6: 1 << 20, 7: 4 << 20 };

export function decodeLz4(bytes: Buffer, most: number): Buffer {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== MAGIC) throw new Unreadable("it is no LZ4 frame");
  const flags = bytes[4]!;
  const blockMost = BLOCK_SIZES[(bytes[5]! >>> 4) & 7] ?? 4 << 20;
  const blockChecksum = (flags & 0x10) === 0 ? 0 : 4;
  let at = 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4);
  // Linked blocks refer back into those before them: all are written into one buffer that grows.
  let out = Buffer.allocUnsafe(Math.min(Math.max(bytes.length * 4, blockMost), most + blockMost));
  let written = 0;
  for (;;) {
    const size = bytes.readUInt32LE(at);
    at += 4;
    if (size === 0) return out.subarray(0, written);
    const length = size % STORED;
    if (written + blockMost > out.length) {
      const larger = Buffer.allocUnsafe(Math.min((out.length + blockMost) * 2, most + blockMost));
      out.copy(larger, 0, 0, written);
      out = larger;
    }
    const block = bytes.subarray(at, at + length);
    written = size >= STORED ? written + block.copy(out, written) : decodeBlock(block, out, written);
    if (written > most) throw new TooLarge(most);
    at += length + blockChecksum;
  }
}

function decodeBlock(from: Buffer, out: Buffer, start: number): number {
  let at = 0;
  let written = start;
  while (at < from.length) {
    const token = from[at++]!;
    let literals = token >>> 4;
    if (literals === 15) for (let byte = 255; byte === 255; literals += byte) byte = from[at++] ?? 0;
    written += from.copy(out, written, at, at + literals);
    at += literals;
    if (at >= from.length) return written;
    const back = from.readUInt16LE(at);
    at += 2;
    let length = token & 15;
    if (length === 15) for (let byte = 255; byte === 255; length += byte) byte = from[at++] ?? 0;
    written = copyBack(out, written, back, length + 4);
  }
  return written;
}
