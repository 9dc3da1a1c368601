// Packed lists: rows of doubles in one byte string, little-endian. A user's record has several short lists of numbers;
// as bytes they are copied, not parsed, when the record passes through.

import { assert, itemAt } from "../../../domain/assert.ts";

export const DOUBLE_BYTES = 8;
export const NOTHING: Uint8Array = new Uint8Array(0);

export function packDoubles(values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * DOUBLE_BYTES);
  for (let index = 0; index < values.length; index += 1)
    bytes.writeDoubleLE(itemAt(values, index), index * DOUBLE_BYTES);
  return bytes;
}

export function unpackDoubles(bytes: Uint8Array): number[] {
  assert(bytes.length % DOUBLE_BYTES === 0, `${bytes.length} bytes are no list of doubles`);
  const buffer = asBuffer(bytes);
  const values: number[] = [];
  for (let at = 0; at < buffer.length; at += DOUBLE_BYTES) values.push(buffer.readDoubleLE(at));
  return values;
}

/** The list with a row more at its end, and without its oldest rows when it would have more than `maxRows`. */
export function appendRow(bytes: Uint8Array, row: readonly number[], maxRows: number): Buffer {
  const rowBytes = row.length * DOUBLE_BYTES;
  const keep = Math.min(bytes.length, (maxRows - 1) * rowBytes);
  const out = Buffer.allocUnsafe(keep + rowBytes);
  out.set(bytes.subarray(bytes.length - keep), 0);
  for (let index = 0; index < row.length; index += 1)
    out.writeDoubleLE(itemAt(row, index), keep + index * DOUBLE_BYTES);
  return out;
}

/** Where the row begins whose first column is `first`; −1 when there is none. */
export function findRow(bytes: Uint8Array, columns: number, first: number): number {
  const buffer = asBuffer(bytes);
  for (let at = 0; at < buffer.length; at += columns * DOUBLE_BYTES) if (buffer.readDoubleLE(at) === first) return at;
  return -1;
}

export function doubleAt(bytes: Uint8Array, at: number): number {
  return asBuffer(bytes).readDoubleLE(at);
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
