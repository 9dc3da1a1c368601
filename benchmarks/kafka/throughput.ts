// Kafka benchmark
// Serving on a real broker on this machine, one process each, all in one run on the same broker and the same sessions:
//
//   ours          serve tasks as `stipend run` has them: enrich, classify, decide, reserve, book, in exactly-once cycles
//   passThrough   a bare kafkajs pass-through that writes as many records of the same size in transactions
//   kafkaStreams  a Kafka Streams 4.3.1 job (exactly_once_v2): a RocksDB read and write and one record for each session
//
//   npm run bench:kafka -- [--quick] [--json] [--profile FILE]
//   npm run bench:kafka -- --brokers 3 [--quick] [--json]     ours alone, on one broker and on three (cluster.ts)
//
// The sessions are on the topic before a system starts. Each is warm when it has had the first fifth of them, and its rate
// is from there to the last, so that neither starting nor compiling counts. Ours and the pass-through take at most 1,000
// inputs a transaction, one transactional id a partition; Kafka Streams commits all its partitions each 100 ms
// (streams/Peer.java has its settings). Each decides in one thread. Before the rounds, ours runs once for nothing:
// what it writes is what the pass-through is to write, and the broker is warm then. In each round another goes first;
// figures are medians of the rounds. `cpuUs`: processor time for an input, all threads of the process; it holds on a
// machine that has other things to do, where rates do not.
// `latencyMs`: see latency.ts; the server has a process of its own.
// `stages`, with --profile: where the time of ours goes, in a run of its own (serve-stages.ts); FILE gets the CPU profile.
// Not measured: replication and a network, for broker and clients share one machine; the treasury; profiles and outcomes.

import path from "node:path";
import { runScript, USUAL } from "../../fixtures/script.ts";
import { option } from "../../src/cli/options.ts";
import { asText } from "../../src/settings/parse.ts";
import * as cluster from "./cluster.ts";
import type { LatencyFigures, LatencyOptions } from "./latency.ts";
import type { OursSaid, Written } from "./ours.ts";
import type { Paced } from "./pace.ts";
import { BROKERS, onBroker } from "../lib/on-broker.ts";
import { compileStreams, Systems, type SystemsOptions, type WrittenEach } from "./systems.ts";
import { STAGES, type Shares } from "../serve/serve-stages.ts";
import { median } from "../lib/quantile.ts";

export interface KafkaOptions extends SystemsOptions, LatencyOptions {
  readonly rounds: number;
  /** Takes `stages`, and leaves the CPU profile in this file; null leaves it out. */
  readonly profile: string | null;
}

const SYSTEMS = ["ours", "passThrough", "kafkaStreams"] as const;
type System = (typeof SYSTEMS)[number];
type EachSystem = Readonly<Record<System, number>>;

/** Inputs a second, medians of the rounds. */
export interface KafkaFigures extends EachSystem {
  /** Medians of the rounds' ratios. */
  readonly ratio: { readonly ofPassThrough: number; readonly ofKafkaStreams: number };
  /** For an input, all threads. */
  readonly cpuUs: EachSystem;
  readonly rounds: readonly EachSystem[];
  /** What ours writes for a session. */
  readonly written: WrittenEach;
  readonly cycle: { readonly inputs: number; readonly meanMs: OursSaid["meanMs"] };
  readonly latencyMs: LatencyFigures;
  /** Of the thread's time. */
  readonly stages: Shares | null;
}

export const QUICK: KafkaOptions = {
  partitions: 6,
  users: 5_000,
  sessions: 30_000,
  rounds: 1,
  rates: [500],
  secondsARate: 5,
  profile: null,
};
export const FULL: KafkaOptions = {
  partitions: 6,
  users: 25_000,
  sessions: 150_000,
  rounds: 3,
  rates: [500, 2_000, 5_000],
  secondsARate: 10,
  profile: null,
};

export async function benchmarkKafka(options: KafkaOptions): Promise<KafkaFigures> {
  return await onBroker({ name: "kafka", memory: "1g" }, async ({ folder, broker }) => {
    const streams = await compileStreams(folder);
    return await measured(new Systems(options, folder, broker.brokers, streams), options);
  });
}

async function measured(systems: Systems, options: KafkaOptions): Promise<KafkaFigures> {
  await systems.fill("warm.");
  const { written } = await systems.ours("warm.");
  const rounds: Record<System, Paced>[] = [];
  for (let round = 0; round < options.rounds; round += 1) rounds.push(await roundOf(systems, round, written));
  const last = rounds.at(-1)?.ours as OursSaid;
  const rates = rounds.map((round) => eachSystem((system) => Math.round(round[system].inputs / round[system].seconds)));
  const cpuUs = rounds.map((round) => eachSystem((system) => (round[system].cpuSeconds / round[system].inputs) * 1e6));
  return {
    ...eachSystem((system) => median(rates.map((of) => of[system]))),
    ratio: {
      ofPassThrough: rounded(median(rates.map(({ ours, passThrough }) => ours / passThrough))),
      ofKafkaStreams: rounded(median(rates.map(({ ours, kafkaStreams }) => ours / kafkaStreams))),
    },
    cpuUs: eachSystem((system) => rounded(median(cpuUs.map((of) => of[system])))),
    rounds: rates,
    written: systems.each(written),
    cycle: { inputs: Math.round(options.sessions / last.cycles), meanMs: last.meanMs },
    latencyMs: await systems.latencies("paced.", options),
    stages: options.profile === null ? null : await stagesOfOurs(systems, options.profile),
  };
}

/** The sessions are the same for all; in each round another begins. */
async function roundOf(systems: Systems, round: number, written: Written): Promise<Record<System, Paced>> {
  const prefix = `r${round}.`;
  await systems.fill(prefix);
  const run: Readonly<Record<System, () => Promise<Paced>>> = {
    ours: () => systems.ours(prefix),
    passThrough: () => systems.passThrough(prefix, written),
    kafkaStreams: () => systems.kafkaStreams(prefix, written),
  };
  const said: Partial<Record<System, Paced>> = {};
  for (const [turn] of SYSTEMS.entries()) {
    const system = SYSTEMS[(round + turn) % SYSTEMS.length] ?? "ours";
    said[system] = await run[system]();
  }
  return said as Record<System, Paced>;
}

async function stagesOfOurs(systems: Systems, file: string): Promise<Shares | null> {
  await systems.fill("profiled.");
  return (await systems.ours("profiled.", path.resolve(file))).stages;
}

function eachSystem(of: (system: System) => number): EachSystem {
  return { ours: of("ours"), passThrough: of("passThrough"), kafkaStreams: of("kafkaStreams") };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function textOf(of: KafkaFigures): string {
  const { ratio, cpuUs, written, cycle, latencyMs, stages } = of;
  const line = (name: string, system: System, more = ""): string =>
    `${name.padEnd(14)} ${of[system]} sessions a second, ${cpuUs[system]} µs of processor time each${more}`;
  const times = Object.entries(cycle.meanMs).map(([name, ms]) => `${name} ${ms} ms`);
  const shares = stages && STAGES.map((stage) => `${stage} ${(stages[stage] * 100).toFixed(1)} %`);
  return [
    line("ours", "ours"),
    line("pass-through", "passThrough", `; ours is ${ratio.ofPassThrough} of its rate`),
    line("Kafka Streams", "kafkaStreams", `; ours is ${ratio.ofKafkaStreams} of its rate`),
    `rounds         ${of.rounds.map((round) => SYSTEMS.map((system) => round[system]).join(" · ")).join(", ")}`,
    `written        ${written.records} records, ${written.bytes} bytes a session`,
    `a cycle        ${cycle.inputs} sessions; ${times.join(", ")}`,
    ...Object.entries(latencyMs).map(
      ([perSecond, { p50, p99, decisions }]) =>
        `at ${perSecond}/s p50 ${p50} ms, p99 ${p99} ms (${decisions} decisions)`,
    ),
    ...(shares === null ? [] : [`the thread     ${shares.join(", ")}`]),
  ].join("\n");
}

await runScript(
  import.meta.url,
  {
    name: "bench:kafka",
    summary: "decisions on a broker, against a bare pass-through and Kafka Streams; or on three brokers, against one",
    options: {
      ...USUAL,
      brokers: BROKERS,
      profile: option("file", "says where the time of ours goes, and where its CPU profile goes", asText),
    },
  },
  async ({ quick, json, brokers, profile }) => {
    if (brokers === 3) {
      const figures = await cluster.benchmarkCluster(quick ? cluster.QUICK : cluster.FULL);
      console.log(json ? JSON.stringify(figures) : cluster.clusterText(figures));
      return;
    }
    const figures = await benchmarkKafka({ ...(quick ? QUICK : FULL), profile: profile ?? null });
    console.log(json ? JSON.stringify(figures) : textOf(figures));
  },
);
