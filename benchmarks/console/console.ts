// Console benchmark
// `stipend console` beside an allocator that decides 2,000 sessions a second of 50 campaigns on 24 partitions: each a process
// of its own, on the embedded log or on a Kafka broker on this machine.
//
//   pageMs      how long each page takes to be answered, asked one after the other
//   updateMs    from when the log has taken a status or a decision until an open page shows it (probes.ts)
//   memoryMiB   of a console, what only it has (heap, stacks, buffers), by samples: medians of the first and the last third,
//               and the most
//   cpu         processor time of a console over the time, with its pages open: 1 is one processor
//   allocatorMs a decision's time with no console, and with three that have pages open, in turns; ratio: with over without
//
//   npm run bench:console -- [--kafka] [--quick] [--rate 2000] [--json]
//
// All of it shares the machine: what more work costs is in the ratio, whoever does it.

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runScript, USUAL } from "../../fixtures/script.ts";
import { flag, option } from "../../src/cli/options.ts";
import { asNumber } from "../../src/settings/parse.ts";
import { must } from "../../src/domain/assert.ts";
import { openEmbeddedLog } from "../../src/log/embedded/log.ts";
import type { EventLog } from "../../src/log/event-log.ts";
import { MAIN, started, startedAllocator, type Started } from "../lib/listening.ts";
import { makeLive } from "../lib/live-campaigns.ts";
import { onLog } from "../lib/on-broker.ts";
import { anonymousMiB, cpuSeconds } from "../lib/process-figures.ts";
import { quantiles } from "../lib/quantile.ts";
import type { Env } from "../lib/stipend.ts";
import {
  delayOf,
  hundredths,
  loadOfMinute,
  middleOf,
  tenths,
  textOf,
  type ConsoleFigures,
  type Turns,
} from "./figures.ts";
import { SteadyLoad } from "../lib/steady-load.ts";
import { Probes } from "./probes.ts";
import { pageMs, Viewer } from "./viewer.ts";

export interface ConsoleBenchOptions {
  readonly kafka: boolean;
  readonly partitions: number;
  readonly campaigns: number;
  readonly users: number;
  readonly perSecond: number;
  readonly warmSeconds: number;
  /** One console is watched for so long. */
  readonly watchSeconds: number;
  /** Of each of both, one after the other. */
  readonly turns: number;
  readonly secondsATurn: number;
  readonly consoles: number;
  readonly tell: (line: string) => void;
}

const SIZE = { partitions: 24, campaigns: 50, users: 50_000, perSecond: 2_000, consoles: 3 };
export const QUICK: Omit<ConsoleBenchOptions, "kafka" | "tell"> = {
  ...{ ...SIZE, warmSeconds: 4, watchSeconds: 15, turns: 1, secondsATurn: 8 },
};
export const FULL: typeof QUICK = { ...SIZE, warmSeconds: 10, watchSeconds: 60, turns: 3, secondsATurn: 15 };

const STEADY_WITHIN_MS = 60_000;
const SAMPLE_MS = 1_000;
const SETTLE_MS = 2_000;
const PAGES_PAUSE_MS = 50;

export async function benchmarkConsole(options: ConsoleBenchOptions): Promise<ConsoleFigures> {
  const before = loadOfMinute();
  const work = (log: EventLog, env: Env): Promise<Measured> => onRunning(log, env, options);
  const measured = options.kafka ? await onKafka(work) : await onEmbedded(work);
  const machine = { before, after: loadOfMinute(), processors: cpus().length };
  return { log: options.kafka ? "kafka" : "embedded", ...measured, machine };
}

type Measured = Omit<ConsoleFigures, "log" | "machine">;
type Work = (log: EventLog, env: Env) => Promise<Measured>;

async function onEmbedded(work: Work): Promise<Measured> {
  const folder = mkdtempSync(path.join(tmpdir(), "stipend-bench-console-"));
  const dir = path.join(folder, "log");
  const log = await openEmbeddedLog({ folder: dir, now: Date.now, newToken: randomUUID });
  try {
    return await work(log, { STIPEND_DIR: dir });
  } finally {
    await log.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function onKafka(work: Work): Promise<Measured> {
  const broker = { name: "console", prefix: "bench.", memory: "1g" };
  return await onLog(broker, async ({ folder, broker: { brokers }, log }) => {
    const state = path.join(folder, "state");
    return await work(log, { KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: "bench.", STIPEND_STATE_DIR: state });
  });
}

async function onRunning(log: EventLog, env: Env, options: ConsoleBenchOptions): Promise<Measured> {
  const { partitions, warmSeconds, perSecond, users, tell } = options;
  const campaigns = Array.from({ length: options.campaigns }, (_, at) => `bench-${at}`);
  const allocator = await startedAllocator(env, partitions);
  const load = new SteadyLoad(log, { campaigns, users, perSecond });
  try {
    tell(`${campaigns.length} campaigns on ${partitions} partitions`);
    await makeLive(log, campaigns);
    tell(`${perSecond} sessions a second, ${warmSeconds} s to get warm`);
    await load.start();
    await sleep(warmSeconds * 1_000);
    await load.steady(STEADY_WITHIN_MS);
    const watched = await watch(log, env, load, options);
    return { ...watched, allocatorMs: await inTurns(env, allocator, load, options) };
  } finally {
    await load.stop();
    await allocator.end();
  }
}

async function startedConsole(env: Env): Promise<Started> {
  return await started([MAIN, "console", "--port", "0", "--json"], env, `"console"`);
}

/** One console, its pages asked for and its updates timed. */
async function watch(
  log: EventLog,
  env: Env,
  load: SteadyLoad,
  { watchSeconds, tell }: ConsoleBenchOptions,
): Promise<Omit<Measured, "allocatorMs">> {
  const decision = must(load.last, "a decision");
  const open = await startedConsole(env);
  const probes = await Probes.like(log, "bench-0", decision);
  const viewers = [new Viewer((page) => probes.seen(page)), new Viewer(), new Viewer()];
  const urls = ["/api/campaigns", "/api/campaigns/bench-0", "/api/changes"];
  try {
    await sleep(SETTLE_MS);
    for (const [at, viewer] of viewers.entries()) await viewer.open(`${open.address}${urls[at]}`);
    tell(`a console for ${watchSeconds} s`);
    const [startMs, cpu] = [performance.now(), cpuSeconds(open.pid)];
    const endMs = startMs + watchSeconds * 1_000;
    const memory: number[] = [];
    const timings = new Map<string, number[]>();
    await Promise.all([
      probes.run(endMs),
      sampled(endMs, () => void memory.push(anonymousMiB(open.pid))),
      timePages(open.address, decision.userId, timings, endMs),
    ]);
    const seconds = (performance.now() - startMs) / 1_000;
    const third = Math.max(1, Math.floor(memory.length / 3));
    const middle = (values: readonly number[]): number => tenths(quantiles(values)(0.5));
    return {
      pageMs: Object.fromEntries([...timings].map(([name, ms]) => [name, delayOf(ms)])),
      updateMs: { status: delayOf(probes.statusMs), decision: delayOf(probes.decisionMs) },
      memoryMiB: {
        first: middle(memory.slice(0, third)),
        last: middle(memory.slice(-third)),
        most: tenths(Math.max(...memory)),
      },
      cpu: hundredths((cpuSeconds(open.pid) - cpu) / seconds),
      eventsPerSecond: tenths(viewers.reduce((sum, { events }) => sum + events, 0) / seconds),
    };
  } finally {
    for (const viewer of viewers) viewer.close();
    await open.end();
  }
}

async function sampled(untilMs: number, sample: () => void): Promise<void> {
  while (performance.now() < untilMs) {
    sample();
    await sleep(SAMPLE_MS);
  }
}

async function timePages(address: string, user: string, into: Map<string, number[]>, untilMs: number): Promise<void> {
  const pages = {
    campaigns: "/api/campaigns",
    campaign: "/api/campaigns/bench-1",
    changes: "/api/changes",
    user: `/api/users?id=${encodeURIComponent(user)}`,
    releases: "/api/releases",
    health: "/api/health",
  };
  while (performance.now() < untilMs)
    for (const [name, url] of Object.entries(pages)) {
      into.set(name, [...(into.get(name) ?? []), await pageMs(`${address}${url}`)]);
      await sleep(PAGES_PAUSE_MS);
    }
}

async function inTurns(
  env: Env,
  allocator: Started,
  load: SteadyLoad,
  { turns, consoles, secondsATurn, tell }: ConsoleBenchOptions,
): Promise<Measured["allocatorMs"]> {
  const turn = async (): Promise<Turns> => {
    await sleep(SETTLE_MS);
    load.taken();
    const cpu = cpuSeconds(allocator.pid);
    await sleep(secondsATurn * 1_000);
    const { tookMs, waiting } = load.taken();
    const of = delayOf(tookMs);
    const cpuUs = tenths(((cpuSeconds(allocator.pid) - cpu) * 1e6) / tookMs.length);
    tell(`  p50 ${of.p50} ms, p99 ${of.p99} ms of ${tookMs.length} decisions; ${waiting} wait`);
    return { ...of, decisions: tookMs.length, cpuUs };
  };
  const [without, beside]: [Turns[], Turns[]] = [[], []];
  for (let at = 0; at < turns; at += 1) {
    tell(`turn ${at + 1} of ${turns}: no console`);
    without.push(await turn());
    tell(`turn ${at + 1} of ${turns}: ${consoles} consoles`);
    beside.push(await besideConsoles(env, consoles, turn));
  }
  const [none, some] = [middleOf(without), middleOf(beside)];
  const ratio = { p50: hundredths(some.p50 / none.p50), p99: hundredths(some.p99 / none.p99) };
  return { without: none, with: some, ratio };
}

async function besideConsoles<T>(env: Env, count: number, work: () => Promise<T>): Promise<T> {
  const open = await Promise.all(Array.from({ length: count }, () => startedConsole(env)));
  const viewers = open.flatMap(() => [new Viewer(), new Viewer()]);
  try {
    await sleep(SETTLE_MS);
    for (const [at, { address }] of open.entries()) {
      await viewers[2 * at]?.open(`${address}/api/campaigns`);
      await viewers[2 * at + 1]?.open(`${address}/api/campaigns/bench-${at}`);
    }
    return await work();
  } finally {
    for (const viewer of viewers) viewer.close();
    await Promise.all(open.map((each) => each.end()));
  }
}

await runScript(
  import.meta.url,
  {
    name: "bench:console",
    summary: "the console beside an allocator under load",
    options: {
      ...USUAL,
      kafka: flag("on a Kafka broker on this machine, and not on the embedded log"),
      rate: option("sessions", "sessions a second", asNumber({ min: 1 })),
    },
  },
  async ({ quick, json, kafka, rate }) => {
    const size = quick ? QUICK : FULL;
    const tell = (line: string): void => void process.stderr.write(`console: ${line}\n`);
    const figures = await benchmarkConsole({ ...size, perSecond: rate ?? size.perSecond, kafka, tell });
    console.log(json ? JSON.stringify(figures) : textOf(figures));
  },
);
