// Batches from strangers: however they are packed and whatever they claim, memory is bounded, every offset is passed over,
// what can be read is read, and what cannot is one record that says why.

import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import type { LogRecord } from "../../../src/log/event-log.ts";
import {
  BATCH_OVERHEAD,
  encodeRecordBatch,
  type BatchRecord,
} from "../../../src/log/kafka/protocol/batches/record-batch.ts";
import { MAX_UNPACKED_BYTES, storedBatches, type Room } from "../../../src/log/kafka/protocol/batches/stored-batch.ts";
import { compressed, CODECS, type CodecName } from "./compressed.ts";

const OWNER = { producerId: 7, producerEpoch: 0, firstSequence: 0, transactional: false };
const ROOMY: Room = { records: 1e9, bytes: 1e12 };

function batchOf(records: readonly BatchRecord[], firstOffset = 100): Buffer {
  const bytes = encodeRecordBatch(records, OWNER);
  bytes.writeBigInt64BE(BigInt(firstOffset), 0);
  return bytes;
}

const record = (value: Buffer): BatchRecord => ({ key: Buffer.from("k"), value, timestampMs: 1_000 });

function read(batch: Buffer, from = 0, room: Room = { ...ROOMY }): { records: LogRecord[]; next: number } {
  const records: LogRecord[] = [];
  let next = from;
  for (const stored of storedBatches(batch)) next = stored.decode(records, "topic", 3, from, room);
  return { records, next };
}

describe.each(Object.keys(CODECS) as CodecName[])("%s", (codec) => {
  test("is read", () => {
    const values = [Buffer.from("one"), Buffer.alloc(70_000, "y"), Buffer.from("three")];
    const { records, next } = read(compressed(codec, batchOf(values.map(record))));
    expect(records.map(({ value }) => value)).toEqual(values);
    expect(records.map(({ offset }) => offset)).toEqual([100, 101, 102]);
    expect(next).toBe(103);
  });

  test("a batch that unpacks to far more than it is becomes one record, and nothing is unpacked beyond the bound", () => {
    const bomb = compressed(codec, batchOf([record(Buffer.from("a")), record(Buffer.alloc(64 << 20, "x"))]));
    expect(bomb.length).toBeLessThan(4 << 20);
    const before = process.memoryUsage().rss;
    const { records, next } = read(bomb);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ offset: 100, partition: 3, topic: "topic", key: null });
    expect(records[0]?.unreadable).toContain(`larger than ${MAX_UNPACKED_BYTES} bytes`);
    expect(records[0]?.unreadable).toContain("offsets 100 to 101");
    expect(records[0]?.value).toEqual(bomb.subarray(BATCH_OVERHEAD));
    expect(next).toBe(102);
  });

  test("bytes that are not what it makes become one record", () => {
    const batch = compressed(codec, batchOf([record(Buffer.alloc(5_000, "z"))]));
    const cut = Buffer.from(batch.subarray(0, batch.length - 5));
    cut.writeInt32BE(cut.length - 12, 8);
    for (const odd of [cut, damaged(batch)]) {
      const { records, next } = read(odd);
      expect(next).toBe(101);
      expect(records.length).toBeLessThanOrEqual(1);
      for (const each of records) expect(each.offset).toBe(100);
    }
  });
});

function damaged(batch: Buffer): Buffer {
  const odd = Buffer.from(batch);
  odd.fill(0xff, BATCH_OVERHEAD + 2, BATCH_OVERHEAD + 20);
  return odd;
}

test("many records in few bytes are taken so many at a time", () => {
  const tiny = Array.from({ length: 50_000 }, (): BatchRecord => ({ key: null, value: null, timestampMs: 0 }));
  const batch = compressed("gzip", batchOf(tiny));
  expect(batch.length).toBeLessThan(200_000);
  let from = 100;
  for (let round = 0; from < 50_100; round += 1) {
    const room = { records: 20_000, bytes: 8 << 20 };
    const { records, next } = read(batch, from, room);
    expect(records[0]?.offset).toBe(from);
    expect(records.length).toBeLessThanOrEqual(20_000);
    expect(next).toBeGreaterThan(from);
    expect(room.bytes).toBeLessThan(8 << 20);
    from = next;
    expect(round).toBeLessThan(3);
  }
});

test.each<[string, (batch: Buffer) => void]>([
  ["a time of int64's end", (batch) => batch.writeBigInt64BE(2n ** 63n - 1n, 27)],
  ["a time of int64's beginning", (batch) => batch.writeBigInt64BE(-(2n ** 63n), 27)],
])("%s is the nearest that a calendar has", (_, change) => {
  const batch = batchOf([record(Buffer.from("v"))]);
  change(batch);
  const { records } = read(batch);
  expect(records).toHaveLength(1);
  expect(records[0]?.unreadable).toBeUndefined();
  expect(Number.isNaN(new Date(must(records[0], "record").timestampMs).getTime())).toBe(false);
});

test("a batch that claims two thousand million records is what its offsets have room for", () => {
  const batch = batchOf([record(Buffer.from("v"))]);
  batch.writeInt32BE(2 ** 31 - 1, 57);
  const { records, next } = read(batch);
  expect(records.map(({ unreadable, value }) => [unreadable, value?.toString()])).toEqual([[undefined, "v"]]);
  expect(next).toBe(101);
});

test.each<[string, (batch: Buffer) => void]>([
  ["a record of negative size", (batch) => void (batch[BATCH_OVERHEAD] = 1)],
  ["a key longer than its record", (batch) => void (batch[BATCH_OVERHEAD + 4] = 0x7e)],
  ["headers without end", (batch) => void (batch[batch.length - 1] = 0x7e)],
])("a batch that claims %s is one record, or what can be read and one", (_, change) => {
  const batch = batchOf([record(Buffer.from("v"))]);
  change(batch);
  const { records, next } = read(batch);
  expect(records.at(-1)?.unreadable).toMatch(/cannot be read/);
  expect(next).toBe(101);
});

test("names of headers are theirs: __proto__, the same twice, thousands of them", () => {
  const headers = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`h${n}`, Buffer.from([n & 255])]));
  Object.defineProperty(headers, "__proto__", { value: Buffer.from("own"), enumerable: true });
  const { records } = read(batchOf([{ ...record(Buffer.from("v")), headers }]));
  expect(Object.keys(must(records[0], "record").headers)).toHaveLength(10_001);
  expect(Object.getPrototypeOf(must(records[0], "record").headers)).toBe(Object.prototype);
});

test("changed anywhere behind its header, a batch yields records in order, and its offsets are passed over", () => {
  const plain = batchOf([record(Buffer.from("one")), record(Buffer.from("two")), record(Buffer.alloc(300, "3"))]);
  const packed = Object.keys(CODECS).map((codec) => compressed(codec as CodecName, plain));
  fc.assert(
    fc.property(
      fc.constantFrom(plain, ...packed),
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      (batch, changes) => {
        const changed = Buffer.from(batch);
        for (const [at, byte] of changes) {
          const place = BATCH_OVERHEAD + at;
          if (place < changed.length) changed[place] = byte;
        }
        const { records, next } = read(changed);
        expect(next).toBe(103);
        const offsets = records.map(({ offset }) => offset);
        expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b));
        for (const offset of offsets) expect(offset >= 100 && offset <= 102).toBe(true);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("bombs in a bomb: what was compressed twice is a value like any other", () => {
  const inner = gzipSync(Buffer.alloc(100 << 20));
  const { records } = read(compressed("zstd", batchOf([record(zstdCompressSync(inner))])));
  expect(records[0]?.unreadable).toBeUndefined();
});
