// One broker and three
// What replication costs: serving on one broker and on a cluster of three (replication 3, min.insync.replicas 2), both on this
// machine and both up all the time, in turns, so that what else the machine does meets both.
//
//   npm run bench:kafka -- --brokers 3 [--quick] [--json]
//
//   ours       sessions a second of serve tasks that find their topic full (kafka.ts), medians of the rounds
//   latencyMs  of a decision, for sessions that come by the clock (latency.ts)
//   ratio      three's to one's: of `ours`, and of p50 and p99 at each rate

import path from "node:path";
import type { LatencyFigures, LatencyOptions } from "./latency.ts";
import { Systems, type SystemsOptions } from "./systems.ts";
import { onBroker, type OnBroker } from "../lib/on-broker.ts";
import { median } from "../lib/quantile.ts";

export interface ClusterOptions extends SystemsOptions, LatencyOptions {
  readonly rounds: number;
}

export interface OneAndThree<T> {
  readonly one: T;
  readonly three: T;
}

export interface ClusterFigures {
  readonly ours: OneAndThree<number>;
  readonly latencyMs: OneAndThree<LatencyFigures>;
  readonly ratio: {
    readonly ours: number;
    readonly latency: Readonly<Record<string, { readonly p50: number; readonly p99: number }>>;
  };
}

export const QUICK: ClusterOptions = {
  partitions: 6,
  users: 5_000,
  sessions: 30_000,
  rounds: 1,
  rates: [100, 500],
  secondsARate: 5,
};
export const FULL: ClusterOptions = {
  partitions: 6,
  users: 25_000,
  sessions: 150_000,
  rounds: 3,
  rates: [100, 500, 2_000],
  secondsARate: 20,
};

export async function benchmarkCluster(options: ClusterOptions): Promise<ClusterFigures> {
  const systemsOn = ({ folder, broker }: OnBroker): Systems =>
    new Systems(options, path.join(folder, "stores"), broker.brokers, "");
  return await onBroker({ name: "one", memory: "512m" }, async (one) =>
    onBroker({ name: "three", memory: "512m", brokers: 3 }, async (three) =>
      measured(options, { one: systemsOn(one), three: systemsOn(three) }),
    ),
  );
}

async function measured(options: ClusterOptions, on: OneAndThree<Systems>): Promise<ClusterFigures> {
  // The brokers are to be warm for what counts: Java compiles what is called often, and three have more to compile.
  await each(on, (systems) => systems.latencies("warm.", options));
  const rounds: OneAndThree<number>[] = [];
  for (let round = 0; round < options.rounds; round += 1)
    rounds.push(await each(on, (systems) => throughput(systems, `r${round}.`)));
  const latencyMs = await each(on, (systems) => systems.latencies("paced.", options));
  const ours = { one: median(rounds.map(({ one }) => one)), three: median(rounds.map(({ three }) => three)) };
  const latency = options.rates.map((rate) => {
    const of = (which: "p50" | "p99"): number =>
      rounded((latencyMs.three[rate]?.[which] ?? Number.NaN) / (latencyMs.one[rate]?.[which] ?? Number.NaN));
    return [rate, { p50: of("p50"), p99: of("p99") }] as const;
  });
  return { ours, latencyMs, ratio: { ours: rounded(ours.three / ours.one), latency: Object.fromEntries(latency) } };
}

async function throughput(systems: Systems, prefix: string): Promise<number> {
  await systems.fill(prefix);
  const { inputs, seconds } = await systems.ours(prefix);
  return Math.round(inputs / seconds);
}

async function each<T>(on: OneAndThree<Systems>, ask: (systems: Systems) => Promise<T>): Promise<OneAndThree<T>> {
  return { one: await ask(on.one), three: await ask(on.three) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

export function clusterText({ ours, latencyMs, ratio }: ClusterFigures): string {
  return [
    `ours         ${ours.one} sessions a second on one broker, ${ours.three} on three: ${ratio.ours} of it`,
    ...Object.entries(ratio.latency).map(([rate, { p50, p99 }]) => {
      const [one, three] = [latencyMs.one[rate], latencyMs.three[rate]];
      const times = `p50 ${one?.p50} and ${three?.p50} ms (× ${p50}), p99 ${one?.p99} and ${three?.p99} ms (× ${p99})`;
      return `at ${rate}/s`.padEnd(13) + times;
    }),
  ].join("\n");
}
