// CRC-32C (Castagnoli), which Kafka puts before each record batch; eight bytes at a time.

import { must } from "../../../../domain/assert.ts";

const POLYNOMIAL = 0x82f63b78;

const TABLES: readonly Uint32Array[] = (() => {
  const first = new Uint32Array(256);
  for (let i = 0; i < 256; i += 1) {
    let crc = i;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    first[i] = crc;
  }
  const tables = [first];
  for (let table = 1; table < 8; table += 1) {
    const before = must(tables[table - 1], "table");
    tables.push(before.map((crc) => (crc >>> 8) ^ first[crc & 0xff]!));
  }
  return tables;
})();

const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES.map((table) => table) as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

export function crc32c(bytes: Buffer, start = 0, end = bytes.length): number {
  let crc = ~0;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const low = crc ^ (b(bytes, at) | (b(bytes, at + 1) << 8) | (b(bytes, at + 2) << 16) | (b(bytes, at + 3) << 24));
    crc =
      t(T7, low & 0xff) ^
      t(T6, (low >>> 8) & 0xff) ^
      t(T5, (low >>> 16) & 0xff) ^
      t(T4, low >>> 24) ^
      t(T3, b(bytes, at + 4)) ^
      t(T2, b(bytes, at + 5)) ^
      t(T1, b(bytes, at + 6)) ^
      t(T0, b(bytes, at + 7));
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ t(T0, (crc ^ b(bytes, at)) & 0xff);
  return ~crc >>> 0;
}

function b(bytes: Buffer, at: number): number {
  return bytes[at]!;
}

function t(table: Uint32Array, index: number): number {
  return table[index]!;
}
