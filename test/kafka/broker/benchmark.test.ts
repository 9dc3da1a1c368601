import { expect, it } from "vitest";
import { benchmarkTakeover } from "../../../benchmarks/kafka-takeover.ts";
import { benchmarkKafka } from "../../../benchmarks/kafka.ts";
import { benchmarkMemory } from "../../../benchmarks/memory.ts";

it("the Kafka benchmark runs: all three systems get through, and every paced session has a latency", async () => {
  const small = { partitions: 3, users: 200, sessions: 3_000, rounds: 1, rates: [100], secondsARate: 2 };
  const figures = await benchmarkKafka(small);
  const { ours, passThrough, kafkaStreams, written, latencyMs } = figures;
  for (const rate of [ours, passThrough, kafkaStreams]) expect(rate).toBeGreaterThan(0);
  // A decision and the user's record, for every session.
  expect(written.records).toBeGreaterThan(1);
  expect(latencyMs["100"]).toMatchObject({ decisions: 200 });
  expect(latencyMs["100"]?.p50).toBeLessThanOrEqual(latencyMs["100"]?.p99 ?? 0);
}, 300_000);

it("the takeover benchmark runs: after each kill all partitions decide again, and not before anybody can know", async () => {
  const sessionTimeoutMs = 1_500;
  const small = { partitions: 2, users: 100, kills: 1, perSecond: 50, sessionTimeoutMs };
  const { warmMs, coldMs } = await benchmarkTakeover(small);
  for (const { all } of [warmMs, coldMs]) {
    expect(all).toHaveLength(1);
    expect(all[0]).toBeGreaterThan(sessionTimeoutMs / 2);
  }
}, 300_000);

it("the memory benchmark runs: every session is decided, and every measure has its minutes", async () => {
  const small = { minutes: 3, minuteMs: 2_000, perSecond: 50, users: 100, partitions: 2, sampleMs: 500 };
  const { decided, outcomes, measures } = await benchmarkMemory({ ...small, tell: () => undefined });
  expect(decided).toBeGreaterThan(100);
  expect(outcomes).toBeGreaterThan(0);
  for (const { minutesMiB } of Object.values(measures)) {
    expect(minutesMiB).toHaveLength(3);
    expect(Math.min(...minutesMiB)).toBeGreaterThan(1);
  }
  const [anonymous, rss] = [measures.anonymous.lastThirdMiB, measures.rss.lastThirdMiB];
  expect(anonymous).toBeGreaterThan(measures.heap.lastThirdMiB);
  expect(rss).toBeGreaterThan(anonymous);
}, 120_000);
