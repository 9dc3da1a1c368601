import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { benchmarkControl } from "../../../benchmarks/treasury/control.ts";
import { benchmarkGateway } from "../../../benchmarks/gateway/gateway.ts";
import { benchmarkCluster } from "../../../benchmarks/kafka/cluster.ts";
import { Systems } from "../../../benchmarks/kafka/systems.ts";
import { benchmarkTakeover } from "../../../benchmarks/kafka/takeover.ts";
import { benchmarkKafka } from "../../../benchmarks/kafka/throughput.ts";
import { benchmarkMemory } from "../../../benchmarks/serve/memory.ts";
import { serveKind } from "../../../src/log/topics.ts";
import { openKafkaFixture } from "../cluster-fixture.ts";
import { theBroker } from "../the-broker.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "stipend-bench-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("the Kafka benchmark runs: all three get through, paced sessions have latencies, and time has its stages", async () => {
  const profile = path.join(folder, "ours.cpuprofile");
  const small = { partitions: 3, users: 200, sessions: 3_000, rounds: 1, rates: [100], secondsARate: 2, profile };
  const { cpuUs, written, latencyMs, stages, ...figures } = await benchmarkKafka(small);
  for (const system of ["ours", "passThrough", "kafkaStreams"] as const) {
    expect(figures[system]).toBeGreaterThan(0);
    expect(cpuUs[system]).toBeGreaterThan(0);
  }
  // A decision for every session, and the user's record.
  expect(written.records).toBeGreaterThan(1);
  expect(latencyMs["100"]).toMatchObject({ decisions: 200 });
  expect(latencyMs["100"]?.p50).toBeLessThanOrEqual(latencyMs["100"]?.p99 ?? 0);
  const shares = Object.values(stages ?? {});
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 1);
  for (const stage of ["commit", "network", "decide"] as const) expect(stages?.[stage]).toBeGreaterThan(0);
  expect(existsSync(profile)).toBe(true);
}, 300_000);

it("the benchmark of one broker and three runs: both get through, and each rate has its latencies and their ratio", async () => {
  const small = { partitions: 2, users: 200, sessions: 3_000, rounds: 1, rates: [50], secondsARate: 2 };
  const { ours, latencyMs, ratio } = await benchmarkCluster(small);
  for (const on of ["one", "three"] as const) {
    expect(ours[on]).toBeGreaterThan(0);
    expect(latencyMs[on]["50"]).toMatchObject({ decisions: 100 });
  }
  expect(ratio.ours).toBeCloseTo(ours.three / ours.one, 1);
  expect(ratio.latency["50"]?.p50).toBeGreaterThan(0);
}, 300_000);

it("the benchmark's pass-through gets through when a transaction's records are more than one record batch may be", async () => {
  const { brokers } = await theBroker();
  const fixture = await openKafkaFixture(brokers, serveKind("bench"));
  try {
    const systems = new Systems({ partitions: 1, users: 10, sessions: 2_000 }, folder, brokers, "");
    await systems.fill(fixture.prefix);
    const written = { all: { records: 4_000, bytes: 4_000_000 } };
    expect(await systems.passThrough(fixture.prefix, written)).toMatchObject({ inputs: 1_000 });
  } finally {
    await fixture.close();
  }
}, 120_000);

it("the takeover benchmark runs: after each kill all partitions decide again, and not before anybody can know", async () => {
  const sessionTimeoutMs = 1_500;
  const small = { partitions: 2, users: 2_000, kills: 1, perSecond: 50, sessionTimeoutMs, tell: () => undefined };
  const { warmMs, coldMs, standbyMs, restore } = await benchmarkTakeover(small);
  for (const { all } of [warmMs, coldMs, standbyMs]) {
    expect(all).toHaveLength(1);
    expect(all[0]).toBeGreaterThan(sessionTimeoutMs / 2);
  }
  // One of two partitions, each user once at least.
  expect(restore.records).toBeGreaterThan(500);
}, 600_000);

it("the memory benchmark runs: every session is decided, and every measure has its minutes", async () => {
  const small = { minutes: 4, minuteMs: 2_000, perSecond: 50, users: 100, partitions: 2, sampleMs: 500 };
  const { decided, outcomes, measures } = await benchmarkMemory({ ...small, tell: () => undefined });
  expect(decided).toBeGreaterThan(100);
  expect(outcomes).toBeGreaterThan(0);
  for (const { minutesMiB } of Object.values(measures)) {
    expect(minutesMiB).toHaveLength(4);
    expect(Math.min(...minutesMiB)).toBeGreaterThan(1);
  }
  const [anonymous, rss] = [measures.anonymous.lastThirdMiB, measures.rss.lastThirdMiB];
  expect(anonymous).toBeGreaterThan(measures.heap.lastThirdMiB);
  expect(rss).toBeGreaterThan(anonymous);
}, 120_000);

it("the control benchmark runs: every command is applied everywhere, a killed instance's too, when others have its partitions", async () => {
  const small = { partitions: 3, perSecond: 30, commands: 7, kills: 1, sessionTimeoutMs: 2_000 };
  const { acceptedMs, appliedMs, appliedMsByKind, killed } = await benchmarkControl(small);
  expect(appliedMs.all).toHaveLength(7);
  expect(Object.keys(appliedMsByKind)).toHaveLength(6);
  expect(acceptedMs.p50).toBeLessThanOrEqual(appliedMs.p50);
  expect(killed.appliedMs.p50).toBeGreaterThan(1_000);
  expect(killed.silent).toHaveLength(1);
}, 300_000);

it("the gateway's benchmark runs: every request has its decision, on both logs, beside a direct client and an echo", async () => {
  const small = { partitions: 2, users: 200, rates: [20], secondsARate: 2 };
  const figures = await benchmarkGateway(small);
  for (const what of ["latencyMs", "embedded", "echo"] as const) {
    expect(figures[what]["20"], what).toMatchObject({ requests: 40, others: {} });
    expect(figures[what]["20"]?.p50, what).toBeLessThanOrEqual(figures[what]["20"]?.p99 ?? 0);
    expect(figures[what]["20"]?.pending, what).toBeLessThanOrEqual(1);
  }
  expect(figures.direct["20"]).toMatchObject({ decisions: 40 });
}, 300_000);
