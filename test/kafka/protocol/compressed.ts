// Packs a record batch as clients do: gzip and zstd by Node, snappy and LZ4 by hand, in the least that each format allows:
// literals, and runs of one byte as copies.

import { gzipSync, zstdCompressSync } from "node:zlib";
import { BATCH_OVERHEAD } from "../../../src/log/kafka/protocol/batches/record-batch.ts";

export const CODECS = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
export type CodecName = keyof typeof CODECS;

const PACK: Readonly<Record<CodecName, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gzipSync(bytes),
  snappy,
  lz4,
  zstd: (bytes) => zstdCompressSync(bytes),
};

export function compressed(codec: CodecName, batch: Buffer): Buffer {
  const out = Buffer.concat([batch.subarray(0, BATCH_OVERHEAD), PACK[codec](batch.subarray(BATCH_OVERHEAD))]);
  out.writeInt16BE(out.readInt16BE(21) | CODECS[codec], 21);
  out.writeInt32BE(out.length - 12, 8);
  return out;
}

/** Alternately bytes as they are, and how often the last of them comes again. */
function* runs(bytes: Buffer): Generator<{ readonly literal: Buffer; readonly again: number }> {
  for (let at = 0; at < bytes.length;) {
    const start = at;
    let same = 1;
    while (at < bytes.length && same < 64) {
      at += 1;
      same = at < bytes.length && bytes[at] === bytes[at - 1] ? same + 1 : 1;
    }
    let end = at;
    while (end < bytes.length && bytes[end] === bytes[at - 1]) end += 1;
    yield { literal: bytes.subarray(start, at), again: end - at };
    at = end;
  }
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) out.push((left % 128) | 128);
  return Buffer.from([...out, left]);
}

function snappy(bytes: Buffer): Buffer {
  const parts = [varint(bytes.length)];
  for (const { literal, again } of runs(bytes)) {
    const head = Buffer.alloc(5, 63 << 2);
    head.writeUInt32LE(literal.length - 1, 1);
    parts.push(head, literal);
    for (let left = again; left > 0;) {
      const length = Math.min(left, 64);
      parts.push(Buffer.from([((length - 1) << 2) | 2, 1, 0]));
      left -= length;
    }
  }
  return Buffer.concat(parts);
}

const LZ4_BLOCK = 4 << 20;

function lz4(bytes: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from("04224d186070", "hex"), Buffer.from([0])];
  for (let at = 0; at < bytes.length; at += LZ4_BLOCK) {
    const block = lz4Block(bytes.subarray(at, at + LZ4_BLOCK));
    const size = Buffer.alloc(4);
    size.writeUInt32LE(block.length);
    parts.push(size, block);
  }
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}

function lz4Block(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  // The last sequence is literals alone.
  const body = bytes.subarray(0, Math.max(0, bytes.length - 5));
  let rest: Buffer = Buffer.alloc(0);
  for (const { literal, again } of runs(body)) {
    const all = Buffer.concat([rest, literal]);
    if (again < 4) {
      rest = Buffer.concat([all, Buffer.alloc(again, literal.subarray(-1))]);
      continue;
    }
    parts.push(sequence(all, again), Buffer.from([1, 0]), extra(again - 4));
    rest = Buffer.alloc(0);
  }
  const last = Buffer.concat([rest, bytes.subarray(body.length)]);
  return Buffer.concat([...parts, sequence(last, 4)]);
}

function sequence(literal: Buffer, match: number): Buffer {
  const token = (Math.min(literal.length, 15) << 4) | Math.min(match - 4, 15);
  return Buffer.concat([Buffer.from([token]), extra(literal.length), literal]);
}

function extra(length: number): Buffer {
  if (length < 15) return Buffer.alloc(0);
  const rest = length - 15;
  return Buffer.concat([Buffer.alloc(Math.floor(rest / 255), 255), Buffer.from([rest % 255])]);
}
