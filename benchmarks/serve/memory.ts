// Memory benchmark
// `stipend run` as it is, serve tasks and treasury, on a real broker, under a steady load of sessions and outcomes of users
// who come back: does its memory grow? Every few seconds the kernel and the process itself are asked.
//
//   npm run bench:memory -- [--minutes 30] [--rate 300] [--json] [--quick]
//
//   anonymous  memory that only this process has and that has no file behind it: heap, stacks, buffers, ONNX
//   rss        with the pages of files that happen to be mapped: LMDB's stores are among them, and the kernel takes them
//              back when it needs the room
//   heap, external   V8's own account, as /metrics has it, with what waits to be collected
//   live       the least of heap and external in a minute: what a collection has left
//
// The minutes are counted after a warm-up of a fifth of them. Each minute is its samples' median; slopes are Theil and Sen's
// over the minutes. V8 and malloc take from the kernel bit by bit and keep what they have, until they have enough: that
// takes a quarter of an hour and more. A leak does not stop. So it grows when, in the second half of the minutes, what is
// anonymous or live rises by more than a twentieth an hour at the lower end of the slope's 95 % interval; then the benchmark
// ends with 1. Training is left out: it is another process.

import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runScript, USUAL } from "../../fixtures/script.ts";
import { option } from "../../src/cli/options.ts";
import { asInteger, asNumber } from "../../src/settings/parse.ts";
import { must } from "../../src/domain/assert.ts";
import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import { onLog } from "../lib/on-broker.ts";
import { openCampaign } from "../lib/open-campaign.ts";
import { envOf, ServingProcess } from "../lib/stipend.ts";
import { SteadyLoad } from "../lib/steady-load.ts";
import { median } from "../lib/quantile.ts";
import { sparkline, trendOf, type Trend } from "../lib/trend.ts";

export interface MemoryOptions {
  readonly minutes: number;
  readonly perSecond: number;
  readonly users: number;
  readonly partitions: number;
  readonly sampleMs: number;
  /** Left out: 60,000; tests have shorter ones. */
  readonly minuteMs?: number;
  readonly tell: (line: string) => void;
}

const MEASURES = ["anonymous", "rss", "heap", "external", "live"] as const;
type Measure = (typeof MEASURES)[number];
/** MiB. */
type Sample = Readonly<Record<Measure, number>>;

export interface MeasureFigures {
  readonly minutesMiB: readonly number[];
  readonly firstThirdMiB: number;
  readonly lastThirdMiB: number;
  readonly perHourMiB: Trend;
  readonly secondHalfPerHourMiB: Trend;
}

export interface MemoryFigures {
  readonly minutes: number;
  readonly perSecond: number;
  readonly users: number;
  readonly decided: number;
  readonly outcomes: number;
  readonly measures: Readonly<Record<Measure, MeasureFigures>>;
  readonly grows: boolean;
}

const PREFIX = "memory.";
const MiB = 1024 * 1024;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WARM_UP = 0.2;
const BEHIND_S = 5;
const TELLING_GROWTH_AN_HOUR = 0.05;
const SESSION_TIMEOUT_MS = 6_000;

export async function benchmarkMemory(options: MemoryOptions): Promise<MemoryFigures> {
  return await onLog({ name: "memory", prefix: PREFIX }, async ({ folder, broker, log }) => {
    const serving = {
      brokers: broker.brokers,
      prefix: PREFIX,
      folder: path.join(folder, "stores"),
      partitions: options.partitions,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
    };
    const run = new ServingProcess(serving);
    const load = new SteadyLoad(log, { users: options.users, perSecond: options.perSecond, campaigns: null });
    try {
      await run.metrics();
      await openCampaign(folder, envOf(serving), campaignOf(options));
      await load.sendProfiles();
      await load.start();
      return await measure(options, load, () => sampleOf(run));
    } finally {
      await load.stop();
      await run.end("SIGTERM");
    }
  });
}

/** Paces over more than the run; its holds end within minutes. */
function campaignOf(options: MemoryOptions): Partial<Campaign> {
  const periodMs = options.minutes * MINUTE_MS + 2 * HOUR_MS;
  const expectedSessions = Math.ceil((periodMs / 1_000) * options.perSecond);
  return {
    budgetMinor: BigInt(expectedSessions) * 100n,
    explorationBudgetMinor: BigInt(expectedSessions) * 10n,
    startMs: Date.now() - MINUTE_MS,
    endMs: Date.now() + periodMs,
    caps: [{ max: 3, windowMs: 10 * MINUTE_MS }],
    reservation: { policy: "strict", ttlMs: MINUTE_MS },
    pacing: { mode: "even", expectedSessions },
  };
}

async function measure(
  options: MemoryOptions,
  load: SteadyLoad,
  sample: () => Promise<Sample>,
): Promise<MemoryFigures> {
  const { minutes, perSecond, users, minuteMs = MINUTE_MS, tell } = options;
  tell(`${(minutes * WARM_UP).toFixed(1)} minutes of warm-up, then ${minutes} at ${perSecond} sessions a second`);
  await sleep(minutes * WARM_UP * minuteMs);
  const before = { decided: load.decided, outcomes: load.answered };
  const startedMs = performance.now();
  const byMinute: Sample[] = [];
  while (byMinute.length < minutes) {
    byMinute.push(await minuteOf(options.sampleMs, startedMs + (byMinute.length + 1) * minuteMs, sample));
    const last = must(byMinute.at(-1), "a minute");
    const said = MEASURES.map((name) => `${name} ${last[name].toFixed(1)}`).join(", ");
    tell(`minute ${byMinute.length}: ${said} MiB; ${load.decided} of ${load.sent} sessions decided`);
  }
  if (load.sent - load.decided > BEHIND_S * perSecond)
    tell(`not a steady load: ${load.sent - load.decided} sessions wait for their decisions on this busy machine`);
  const measures = Object.fromEntries(
    MEASURES.map((name) => [
      name,
      figuresOf(
        byMinute.map((one) => one[name]),
        minuteMs,
      ),
    ]),
  ) as MemoryFigures["measures"];
  return {
    minutes,
    perSecond,
    users,
    decided: load.decided - before.decided,
    outcomes: load.answered - before.outcomes,
    measures,
    grows: [measures.anonymous, measures.live].some(
      ({ secondHalfPerHourMiB, lastThirdMiB }) => secondHalfPerHourMiB.low > TELLING_GROWTH_AN_HOUR * lastThirdMiB,
    ),
  };
}

async function minuteOf(everyMs: number, untilMs: number, sample: () => Promise<Sample>): Promise<Sample> {
  const samples: Sample[] = [];
  do {
    samples.push(await sample());
    await sleep(Math.max(0, Math.min(everyMs, untilMs - performance.now())));
  } while (performance.now() < untilMs);
  const of = (name: Measure): number => median(samples.map((one) => one[name]));
  const live = Math.min(...samples.map((one) => one.live));
  return { anonymous: of("anonymous"), rss: of("rss"), heap: of("heap"), external: of("external"), live };
}

async function sampleOf(run: ServingProcess): Promise<Sample> {
  const kernel = readFileSync(`/proc/${run.pid}/smaps_rollup`, "utf8");
  const metrics = await run.metrics();
  const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(kernel)?.[1]);
  const bytes = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, "m").exec(metrics)?.[1]);
  const heap = bytes("nodejs_heap_size_used_bytes") / MiB;
  const external = bytes("nodejs_external_memory_bytes") / MiB;
  const [anonymous, rss] = [kibibytes("Anonymous") / 1_024, kibibytes("Rss") / 1_024];
  return { anonymous, rss, heap, external, live: heap + external };
}

function figuresOf(minutes: readonly number[], minuteMs: number): MeasureFigures {
  const third = Math.max(1, Math.floor(minutes.length / 3));
  const hours = minutes.map((_, minute) => (minute * minuteMs) / HOUR_MS);
  const half = Math.floor(minutes.length / 2);
  return {
    minutesMiB: minutes.map(rounded),
    firstThirdMiB: rounded(median(minutes.slice(0, third))),
    lastThirdMiB: rounded(median(minutes.slice(-third))),
    perHourMiB: trendOf(hours, minutes),
    secondHalfPerHourMiB: trendOf(hours.slice(half), minutes.slice(half)),
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function textOf(figures: MemoryFigures): string {
  const { minutes, perSecond, users, decided, outcomes, measures, grows } = figures;
  const lines = MEASURES.map((name) => {
    const { firstThirdMiB, lastThirdMiB, secondHalfPerHourMiB, minutesMiB } = measures[name];
    const thirds = `${firstThirdMiB.toFixed(1).padStart(7)} → ${lastThirdMiB.toFixed(1).padStart(7)} MiB`;
    const { slope, low, high } = secondHalfPerHourMiB;
    const trend = `${signed(slope)} MiB an hour (${signed(low)} to ${signed(high)})`;
    return `${name.padEnd(10)}${thirds}  ${sparkline(minutesMiB)}  ${trend}`;
  });
  return [
    `${minutes} minutes at ${perSecond} sessions a second of ${users} users: ${decided} decided, ${outcomes} outcomes`,
    "median of the first third → of the last, each minute, slope of the second half with its 95 % interval",
    ...lines,
    grows ? "GROWS" : "flat",
  ].join("\n");
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;
}

/** Enough to see that it runs. */
export const QUICK: Omit<MemoryOptions, "tell"> = {
  minutes: 4,
  perSecond: 100,
  users: 2_000,
  partitions: 2,
  sampleMs: 2_000,
};

const FULL: typeof QUICK = { minutes: 30, perSecond: 300, users: 30_000, partitions: 6, sampleMs: 5_000 };

await runScript(
  import.meta.url,
  {
    name: "bench:memory",
    summary: "whether an allocator's memory grows under a steady load; ends with 1 when it does",
    options: {
      ...USUAL,
      minutes: option("minutes", "how long, after the warm-up", asInteger({ min: 4 })),
      rate: option("sessions", "sessions a second", asNumber({ min: 1 })),
    },
  },
  async ({ quick, json, minutes, rate }) => {
    const base = quick ? QUICK : FULL;
    const tell = (line: string): void => void process.stderr.write(`memory: ${line}\n`);
    const asked = { minutes: minutes ?? base.minutes, perSecond: rate ?? base.perSecond };
    const figures = await benchmarkMemory({ ...base, ...asked, tell });
    console.log(json ? JSON.stringify({ node: process.version, ...figures }) : textOf(figures));
    return figures.grows ? 1 : 0;
  },
);
