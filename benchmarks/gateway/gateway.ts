// Gateway benchmark
// How long a request for a decision takes through `stipend gateway`, with `stipend run` beside it, on a Kafka broker on this
// machine and on the embedded log, each a process of its own; requests come by the clock (http-load.ts).
//
//   latencyMs   on Kafka, by rate: from when a request was due until its answer; pending: the share later than 50 ms
//   direct      on the same broker and allocator: a client that writes `sessions` and follows `decisions` (../kafka/latency.ts)
//   embedded    as latencyMs, on the embedded log
//   echo        a bare fastify that answers at once, under the same requests
//
//   npm run bench:gateway -- [--quick] [--json]
//
// Client, gateway, allocator and broker share the machine: a network and cores of their own are not measured.

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { runScript, USUAL } from "../../fixtures/script.ts";
import type { EventLog } from "../../src/log/event-log.ts";
import { openEmbeddedLog } from "../../src/log/embedded/log.ts";
import { latencies, type LatencyFigures } from "../kafka/latency.ts";
import { MAIN, started, startedAllocator, type Started } from "../lib/listening.ts";
import { makeLive } from "../lib/live-campaigns.ts";
import { onLog } from "../lib/on-broker.ts";
import type { Env } from "../lib/stipend.ts";
import { CAMPAIGN } from "../serve/serve-world.ts";
import { httpLatencies, type HttpLatency, type HttpLoadOptions } from "./http-load.ts";

export interface GatewayBenchOptions extends HttpLoadOptions {
  readonly partitions: number;
}

type ByRate = Readonly<Record<string, HttpLatency>>;

export interface GatewayFigures {
  readonly latencyMs: ByRate;
  readonly direct: LatencyFigures;
  readonly embedded: ByRate;
  readonly echo: ByRate;
  /** How busy the machine was with all of it: the load of the last minute before and after, and its processors. */
  readonly machine: { readonly before: number; readonly after: number; readonly processors: number };
}

export const QUICK: GatewayBenchOptions = { partitions: 4, users: 5_000, rates: [500], secondsARate: 5 };
export const FULL: GatewayBenchOptions = { partitions: 4, users: 25_000, rates: [500, 2_000], secondsARate: 20 };

export async function benchmarkGateway(options: GatewayBenchOptions): Promise<GatewayFigures> {
  const before = loadOfMinute();
  const echo = await overEcho(options);
  const embedded = await onEmbedded(options);
  const onKafka = await overKafka(options);
  return { ...onKafka, embedded, echo, machine: { before, after: loadOfMinute(), processors: cpus().length } };
}

async function overEcho(options: HttpLoadOptions): Promise<ByRate> {
  const echo = await started([path.join(import.meta.dirname, "echo.ts")], {}, "listening");
  try {
    return await httpLatencies(echo.address, options);
  } finally {
    await echo.end();
  }
}

async function onEmbedded(options: GatewayBenchOptions): Promise<ByRate> {
  const folder = mkdtempSync(path.join(tmpdir(), "stipend-bench-gateway-"));
  const dir = path.join(folder, "log");
  const log = await openEmbeddedLog({ folder: dir, now: Date.now, newToken: randomUUID });
  try {
    return await withAllocator(log, { STIPEND_DIR: dir }, options, () => throughGateway({ STIPEND_DIR: dir }, options));
  } finally {
    await log.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function overKafka(options: GatewayBenchOptions): Promise<Pick<GatewayFigures, "latencyMs" | "direct">> {
  return await onLog({ name: "gateway", prefix: "bench.", memory: "1g" }, async ({ folder, broker, log }) => {
    const env = {
      KAFKA_BROKERS: broker.brokers,
      KAFKA_TOPIC_PREFIX: "bench.",
      STIPEND_STATE_DIR: path.join(folder, "state"),
    };
    return await withAllocator(log, env, options, async () => {
      // A broker that has just begun is slow for whoever comes first.
      await latencies(log, { ...options, rates: [Math.max(...options.rates)] });
      return { latencyMs: await throughGateway(env, options), direct: await latencies(log, options) };
    });
  });
}

async function throughGateway(env: Env, options: GatewayBenchOptions): Promise<ByRate> {
  const gateway = await startedGateway(env);
  try {
    return await httpLatencies(gateway.address, options);
  } finally {
    await gateway.end();
  }
}

/** `stipend run` with the benchmark's campaign live. */
async function withAllocator<T>(
  log: EventLog,
  env: Env,
  { partitions }: GatewayBenchOptions,
  work: () => Promise<T>,
): Promise<T> {
  const allocator = await startedAllocator(env, partitions);
  try {
    await makeLive(log, [CAMPAIGN]);
    return await work();
  } finally {
    await allocator.end();
  }
}

async function startedGateway(env: Env): Promise<Started> {
  return await started([MAIN, "gateway", "--port", "0", "--json"], env, `"listening"`);
}

function loadOfMinute(): number {
  return Math.round((loadavg()[0] ?? 0) * 10) / 10;
}

function textOf({ latencyMs, direct, embedded, echo, machine }: GatewayFigures): string {
  const line = (name: string, rate: string, { p50, p99 }: { p50: number; p99: number }, more = ""): string =>
    `${name.padEnd(22)} ${rate.padStart(5)}/s  p50 ${p50} ms, p99 ${p99} ms${more}`;
  const lines = (name: string, byRate: ByRate): string[] =>
    Object.entries(byRate).map(([rate, of]) =>
      line(name, rate, of, `, pending at 50 ms ${(of.pending * 100).toFixed(1)} %${othersText(of)}`),
    );
  return [
    ...lines("gateway on Kafka", latencyMs),
    ...Object.entries(direct).map(([rate, of]) => line("direct on Kafka", rate, of)),
    ...lines("gateway on embedded", embedded),
    ...lines("bare fastify echo", echo),
    `load of the machine ${machine.before} before, ${machine.after} after, on ${machine.processors} processors`,
  ].join("\n");
}

function othersText({ others }: HttpLatency): string {
  const texts = Object.entries(others).map(([status, count]) => `${count} × ${status}`);
  return texts.length === 0 ? "" : `; ${texts.join(", ")}`;
}

await runScript(
  import.meta.url,
  { name: "bench:gateway", summary: "a request for a decision through the gateway, on both logs", options: USUAL },
  async ({ quick, json }) => {
    const figures = await benchmarkGateway(quick ? QUICK : FULL);
    console.log(json ? JSON.stringify(figures) : textOf(figures));
  },
);
