import fc from "fast-check";
import { Partitioners } from "kafkajs";
import { describe, expect, it } from "vitest";
import { murmur2, partitionOf } from "../../src/log/partitioner.ts";

describe("the partitioner", () => {
  it("puts every key where kafkajs' default partitioner does", () => {
    const theirs = Partitioners.DefaultPartitioner();
    const metadata = (partitions: number) =>
      Array.from({ length: partitions }, (_, partitionId) => ({
        partitionErrorCode: 0,
        partitionId,
        leader: 0,
        replicas: [],
        isr: [],
      }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 50 }), (key, partitions) => {
        const message = { key: Buffer.from(key), value: null };
        const expected = theirs({ topic: "t", partitionMetadata: metadata(partitions), message });
        expect(partitionOf(key, partitions)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  // From Kafka's own UtilsTest.
  it.each([
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ])("murmur2 of %s is Kafka's", (key, expected) => {
    expect(murmur2(Buffer.from(key))).toBe(expected);
  });
});
