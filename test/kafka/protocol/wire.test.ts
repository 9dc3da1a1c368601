import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import type { LogRecord } from "../../../src/log/event-log.ts";
import { ProtocolReader, ProtocolWriter } from "../../../src/log/kafka/protocol/bytes.ts";
import * as calls from "../../../src/log/kafka/protocol/calls.ts";
import { crc32c } from "../../../src/log/kafka/protocol/batches/crc32c.ts";
import { fetch } from "../../../src/log/kafka/protocol/fetch-call.ts";
import * as group from "../../../src/log/kafka/protocol/group-calls.ts";
import { NEEDED } from "../../../src/log/kafka/protocol/needed.ts";
import {
  encodeRecordBatch,
  recordBytesMost,
  type BatchRecord,
} from "../../../src/log/kafka/protocol/batches/record-batch.ts";
import * as transaction from "../../../src/log/kafka/protocol/transaction-calls.ts";
import { storedBatches } from "../../../src/log/kafka/protocol/batches/stored-batch.ts";
import { VarintReader, signedVarintSize, writeSignedVarint } from "../../../src/log/varint.ts";

// kafkajs' own protocol code: another implementation to be held against.
const require = createRequire(import.meta.url);
const theirCrc: (bytes: Buffer) => number = require("kafkajs/src/protocol/recordBatch/crc32C");
const TheirDecoder: new (bytes: Buffer) => object = require("kafkajs/src/protocol/decoder");
const theirBatch: (
  decoder: object,
) => Promise<{ records: TheirRecord[] }> = require("kafkajs/src/protocol/recordBatch/v0/decoder");

interface TheirRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const safe = fc.maxSafeInteger();
const records: fc.Arbitrary<BatchRecord[]> = fc.array(
  fc.record({
    key: fc.option(bytes),
    value: fc.option(fc.oneof(bytes, fc.constant(Buffer.alloc(300, 7)))),
    headers: fc.dictionary(
      fc.string({ minLength: 1, maxLength: 8 }).filter((name) => name !== "__proto__"),
      bytes,
      {
        maxKeys: 3,
        noNullPrototype: true,
      },
    ),
    timestampMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  }),
  { minLength: 1, maxLength: 20 },
);
const OWNER = { producerId: 7, producerEpoch: 3, firstSequence: 11, transactional: true };

function decoded(batch: Buffer, from = 0): LogRecord[] {
  const into: LogRecord[] = [];
  for (const stored of storedBatches(batch))
    stored.decode(into, "topic", 5, from, { records: Infinity, bytes: Infinity });
  return into;
}

describe("the requests", () => {
  it("that nothing works without are asked for at the start, each in the version in which it is made", () => {
    const member = { group: "g", generation: 1, member: "m" };
    const owner = { ...OWNER, transactionalId: "t" };
    const join = { ...member, sessionTimeoutMs: 1, rebalanceTimeoutMs: 1, protocol: "p", metadata: Buffer.alloc(0) };
    const made = [
      transaction.produce(null, [], 1),
      fetch([], { waitMs: 0, maxBytes: 1, maxPartitionBytes: 1 }),
      calls.listOffsets("t", [], calls.LATEST),
      calls.metadata([]),
      group.commitOffsets(member, []),
      calls.offsetFetch("g"),
      calls.findCoordinator("group", "g"),
      group.joinGroup(join),
      group.heartbeat(member),
      group.leaveGroup(member),
      group.syncGroup(member, new Map(), 1),
      transaction.initProducerId(null, 1),
      transaction.addPartitions(owner, []),
      transaction.endTransaction(owner, true),
    ];
    expect(made.map(({ api, version, name }) => ({ api, version, name }))).toEqual(NEEDED);
  });
});

describe("the wire", () => {
  it("numbers of 64 bits come back, and those that are not safe are refused", () => {
    fc.assert(
      fc.property(safe, (value) => {
        expect(new ProtocolReader(new ProtocolWriter(1).i64(value).bytes).i64()).toBe(value);
      }),
    );
    expect(() => new ProtocolWriter().i64(2 ** 53)).toThrow(/safe/);
    expect(() => new ProtocolReader(Buffer.alloc(8, 0x7f)).i64()).toThrow(/safe/);
  });

  it("varints come back, and have the size that was computed", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer({ min: -(2 ** 51), max: 2 ** 51 })),
        (value) => {
          const out = Buffer.alloc(10);
          expect(writeSignedVarint(out, value, 0)).toBe(signedVarintSize(value));
          expect(new VarintReader(out, 0).signed()).toBe(value);
        },
      ),
    );
  });

  it("checksums are Castagnoli's, as kafkajs computes them and as the standard has them", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    fc.assert(
      fc.property(bytes, (value) => {
        expect(crc32c(value)).toBe(theirCrc(value) >>> 0);
      }),
    );
  });

  it("what is written comes back, every field of it", () => {
    fc.assert(
      fc.property(records, (batch) => {
        const out = encodeRecordBatch(batch, OWNER);
        expect(out.length).toBeLessThanOrEqual(batch.reduce((sum, record) => sum + recordBytesMost(record), 61));
        const back = decoded(out);
        expect(back.map((record) => record.offset)).toEqual(batch.map((_, index) => index));
        expect(back.map(({ key, value, headers, timestampMs }) => ({ key, value, headers, timestampMs }))).toEqual(
          batch,
        );
        expect(decoded(out, 3)).toHaveLength(Math.max(0, batch.length - 3));
      }),
    );
  });

  it("kafkajs reads what is written as the same", async () => {
    await fc.assert(
      fc.asyncProperty(records, async (batch) => {
        const { records: theirs } = await theirBatch(new TheirDecoder(encodeRecordBatch(batch, OWNER)));
        expect(theirs).toHaveLength(batch.length);
        for (const [index, record] of batch.entries()) {
          const their = must(theirs[index], "record");
          expect(Number(their.timestamp)).toBe(record.timestampMs);
          expect([their.key, their.value]).toEqual([record.key, record.value]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("a batch that is cut off is left for the next fetch", () => {
    const whole = encodeRecordBatch([{ key: null, value: Buffer.from("v"), timestampMs: 1 }], OWNER);
    for (let cut = 0; cut < whole.length; cut += 1) expect(decoded(whole.subarray(0, cut))).toEqual([]);
    expect(decoded(Buffer.concat([whole, whole.subarray(0, 30)]))).toHaveLength(1);
  });

  it("a message that ends within a value is an error, not a guess", () => {
    expect(() => new ProtocolReader(Buffer.from([0, 9, 1])).text()).toThrow(/ends within/);
  });
});

describe("a fetch's answer", () => {
  const at = (offset: number, batch: Buffer): Buffer => {
    const moved = Buffer.from(batch);
    moved.writeBigInt64BE(BigInt(offset), 0);
    return moved;
  };
  const record = (value: string): BatchRecord => ({
    key: Buffer.from([0, 0, 0, 0]),
    value: Buffer.from(value),
    timestampMs: 1,
  });
  const data = (offset: number, producerId: number, ...values: string[]): Buffer =>
    at(offset, encodeRecordBatch(values.map(record), { ...OWNER, producerId }));
  const marker = (offset: number, producerId: number, commits: boolean): Buffer => {
    const key = Buffer.from([0, 0, 0, commits ? 1 : 0]);
    const batch = encodeRecordBatch([{ key, value: Buffer.alloc(6), timestampMs: 1 }], { ...OWNER, producerId });
    batch.writeInt16BE(0x30, 21);
    return at(offset, batch);
  };
  /** As compaction leaves a batch of which nothing is needed but that it was there. */
  const emptied = (offset: number, last: number): Buffer => {
    const batch = Buffer.from(data(offset, 1, "x").subarray(0, 61));
    batch.writeInt32BE(49, 8);
    batch.writeInt32BE(last - offset, 23);
    batch.writeInt32BE(0, 57);
    return batch;
  };
  const answer = (aborted: readonly (readonly [number, number])[], parts: readonly Buffer[], from = 0) => {
    const body = new ProtocolWriter().i32(0).i16(0).i32(0);
    body.array(["t"], () => {
      body.text("t").array([0], () => {
        body.i32(0).i16(0).i64(100).i64(100).i64(0);
        body.array(aborted, ([producer, first]) => body.i64(producer).i64(first));
        body.i32(-1).blob(Buffer.concat(parts));
      });
    });
    const call = fetch([{ topic: "t", name: "t", partition: 0, from }], {
      waitMs: 0,
      maxBytes: 1,
      maxPartitionBytes: 1,
    });
    const fetched = must(call.decode(new ProtocolReader(body.bytes))[0], "answer");
    return { values: fetched.records.map(({ value }) => String(value)), next: fetched.next };
  };

  it("leaves out markers, and ends behind them", () => {
    expect(answer([], [data(0, 1, "a", "b"), marker(2, 1, true)])).toEqual({ values: ["a", "b"], next: 3 });
  });

  it("leaves out what was aborted, until the marker of its own producer", () => {
    const parts = [
      data(0, 1, "no"),
      data(1, 2, "yes"),
      marker(2, 2, true),
      data(3, 1, "no"),
      marker(4, 1, false),
      data(5, 1, "yes2"),
    ];
    expect(answer([[1, 0]], parts)).toEqual({ values: ["yes", "yes2"], next: 6 });
  });

  it("leaves out two transactions that were aborted before the same batch", () => {
    const parts = [
      data(10, 1, "no1"),
      data(11, 2, "no2"),
      marker(12, 1, false),
      marker(13, 2, false),
      data(14, 1, "yes"),
    ];
    expect(
      answer(
        [
          [1, 3],
          [2, 5],
        ],
        parts,
        10,
      ),
    ).toEqual({ values: ["yes"], next: 15 });
  });

  it("is not ended by a record whose key looks like a marker's", () => {
    expect(answer([[1, 0]], [data(0, 1, "no", "no"), data(2, 1, "no"), marker(3, 1, false)])).toEqual({
      values: [],
      next: 4,
    });
  });

  it("passes over batches that compaction has emptied", () => {
    expect(answer([], [emptied(0, 7), emptied(8, 20)])).toEqual({ values: [], next: 21 });
  });

  it("leaves out what is before the offset asked for", () => {
    expect(answer([], [data(0, 1, "a", "b", "c")], 2)).toEqual({ values: ["c"], next: 3 });
  });
});
