import fc from "fast-check";
import { Partitioners } from "kafkajs";
import { describe, expect, it } from "vitest";
import { murmur2, partitionOf, type Partitioner } from "../../src/log/partitioner.ts";

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
        expect(partitionOf(key, { partitioner: "murmur2", partitions })).toBe(expected);
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

  // What the clients themselves put there: franz-go 1.22.3 (its default; SaramaCompatHasher over FNV-1a), Sarama 1.61.1
  // (NewConsistentCRCHashPartitioner, NewHashPartitioner). librdkafka is held to them on a broker: test/kafka/broker/clients.
  it.each([
    ["a", 100772, 344195, 963672],
    ["ab", 154486, 395908, 268064],
    ["abc", 468670, 565905, 919011],
    ["u1", 335349, 511086, 477022],
    ["user-4711", 330998, 995249, 611236],
    ["ümläut", 156138, 306107, 419807],
    ["日本", 668289, 701706, 833703],
    ["foobar", 147095, 922071, 228336],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", 579413, 339126, 148799],
  ])("of %s among 1,000,003: murmur2 %i, crc32 %i, fnv1a %i, as the clients have it", (key, murmur, crc, fnv) => {
    const among = (partitioner: Partitioner) => partitionOf(Buffer.from(key), { partitioner, partitions: 1_000_003 });
    expect([among("murmur2"), among("crc32"), among("fnv1a")]).toEqual([murmur, crc, fnv]);
  });

  it("takes the sign away as Sarama does, and not as its reference partitioner does", () => {
    // FNV-1a of these keys is negative as a signed integer: a, user-4711, 日本, foobar.
    const key = Buffer.from("a");
    expect(partitionOf(key, { partitioner: "fnv1a", partitions: 1_000_003 })).not.toBe(513538);
  });
});
