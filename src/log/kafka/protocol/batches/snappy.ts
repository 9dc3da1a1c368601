// Snappy's raw format, and the framing that Kafka's Java clients put around it (a header, then blocks with their length).

import { VarintReader } from "../../../varint.ts";
import { TooLarge, Unreadable } from "./unreadable.ts";

const FRAME_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const FRAME_HEADER = 16;

export function decodeSnappy(bytes: Buffer, most: number): Buffer {
  if (!bytes.subarray(0, FRAME_MAGIC.length).equals(FRAME_MAGIC)) return decodeBlock(bytes, most);
  const blocks: Buffer[] = [];
  let left = most;
  for (let at = FRAME_HEADER; at < bytes.length;) {
    const length = bytes.readInt32BE(at);
    if (length < 0) throw new Unreadable("a snappy block has a negative length");
    const block = decodeBlock(bytes.subarray(at + 4, at + 4 + length), left);
    blocks.push(block);
    left -= block.length;
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

function decodeBlock(from: Buffer, most: number): Buffer {
  const length = new VarintReader(from, 0);
  const size = length.unsigned();
  let { at } = length;
  if (size > most) throw new TooLarge(most);
  const out = Buffer.allocUnsafe(size);
  let written = 0;
  while (at < from.length) {
    const tag = from[at++]!;
    const kind = tag & 3;
    if (kind === 0) {
      let length = (tag >>> 2) + 1;
      if (length > 60) {
        const extra = length - 60;
        length = from.readUIntLE(at, extra) + 1;
        at += extra;
      }
      written += from.copy(out, written, at, at + length);
      at += length;
      continue;
    }
    const length = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const width = kind === 1 ? 1 : kind === 2 ? 2 : 4;
    const back = from.readUIntLE(at, width) + (kind === 1 ? (tag >>> 5) * 256 : 0);
    at += width;
    written = copyBack(out, written, back, length);
  }
  if (written !== size) throw new Unreadable(`a snappy block has ${written} bytes where it says ${size}`);
  return out;
}

/** Byte by byte: what is copied may overlap what is written, and then repeats. */
export function copyBack(out: Buffer, at: number, back: number, length: number): number {
  if (back <= 0 || back > at || at + length > out.length)
    throw new Unreadable("it refers to bytes that it does not have");
  if (back >= length) out.copyWithin(at, at - back, at - back + length);
  else for (let i = 0; i < length; i += 1) out[at + i] = out[at + i - back]!;
  return at + length;
}
