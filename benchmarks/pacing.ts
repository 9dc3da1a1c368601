// Pacing benchmark
// Days of campaigns with traffic of several shapes and budgets from scarce to ample, paced by each controller, by none, and
// by a naive counter that eight nodes share.
//
//   npm run bench:pacing [-- --quick] [--json] [--campaigns N]
//
// The treasurer and the shards are the real ones, as pure code (pacing-day.ts); a step is a minute, so reports and grants
// are sixty times slower than they are live. What the release says of redemptions is off by some 15 %, the clusters that
// come are not those it was trained on, and the expected number of sessions is off by 8 %, or by half where the shape says.
//
//   within5pct  of the campaigns whose demand suffices: those that have spent at least 95 % (and none over 100 %). Demand
//               suffices where the same day, unpaced, spends 95 %. Days that end early without anybody knowing are told
//               apart: an even pace keeps money for sessions that then do not come, whoever paces.
//   early       of all campaigns: those that had spent 99 % before 90 % of the day's sessions had come.
//   meanCurveDistance   mean over the day, and over the campaigns whose demand suffices, of the distance between the share
//               of the budget that is spent and the share of the sessions that came.
//   overspend   the largest of all campaigns, as a share of the budget: posted and held at any time, or posted at the end;
//               of `expected`, which may hold more than it spends, posted.
//   reservations   what is left of a budget at the end when holds live longer, under strict and under expected: what strict
//               leaves is what is bound then by holds that come to nothing.
//
// Not measured: a log between the parts (bench:serve), crashes (simulate), campaigns longer than a day.

import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { DEFAULT_CONTROLLER, PACING_CONTROLLERS } from "../src/domain/campaign.ts";
import { playDay, type DayFigures, type Pacer } from "./pacing-day.ts";
import { playNaiveDay } from "./pacing-naive.ts";
import { makeDay, SHAPES, type Shape } from "./pacing-world.ts";

const PACERS: readonly Pacer[] = [...PACING_CONTROLLERS, "expected", "none"];
type Name = Pacer | "naive, counted when given" | "naive, counted when redeemed";
const NAMES: readonly Name[] = [...PACERS, "naive, counted when given", "naive, counted when redeemed"];

export interface PacingOptions {
  readonly campaigns: number;
  readonly sessions: number;
  /** Days for each length of holds in the second table. */
  readonly longHolds: number;
  readonly workers: number;
}

interface Played {
  readonly shape: Shape;
  /** Null for the campaigns of the main table. */
  readonly holdHours: number | null;
  readonly figures: Readonly<Record<Name, DayFigures>>;
}

export interface PacerFigures {
  readonly within5pct: number;
  /** The same with the days that end early without anybody knowing. */
  readonly within5pctOfAll: number;
  readonly early: number;
  readonly meanCurveDistance: number;
  readonly overspend: number;
  readonly meanOverspend: number;
  /** Share of the budget spent, on the mean, by shape, where the demand suffices; and of these within 5 %. */
  readonly byShape: Readonly<
    Record<string, { readonly spent: number; readonly within5pct: number; readonly campaigns: number }>
  >;
}

export interface ReservationFigures {
  readonly holdHours: number;
  readonly campaigns: number;
  /** On the mean, of the budget: spent when all holds have ended; posted and held at the day's end. */
  readonly strict: { readonly spent: number; readonly used: number };
  readonly expected: { readonly spent: number; readonly used: number; readonly overspend: number };
}

export interface PacingFigures {
  readonly campaigns: number;
  readonly demandSuffices: number;
  readonly sessionsPerCampaign: number;
  readonly controllers: Readonly<Record<string, PacerFigures>>;
  readonly reservations: readonly ReservationFigures[];
  readonly seconds: number;
}

export async function benchmarkPacing(options: PacingOptions): Promise<PacingFigures> {
  const startMs = performance.now();
  const longHolds = HOLD_HOURS.length * options.longHolds;
  const seeds = Array.from({ length: longHolds + options.campaigns }, (_, index) => index - longHolds);
  const parts = Array.from({ length: Math.max(1, options.workers) }, (_, part) =>
    seeds.filter((_, index) => index % Math.max(1, options.workers) === part),
  );
  const played =
    options.workers < 2
      ? playAll(seeds, options.sessions)
      : (await Promise.all(parts.map((part) => inWorker(part, options.sessions)))).flat();
  const main = played.filter(({ holdHours }) => holdHours === null);
  const suffices = main.filter(({ figures }) => figures.none.spent >= 0.95);
  return {
    campaigns: main.length,
    demandSuffices: suffices.length,
    sessionsPerCampaign: options.sessions,
    controllers: Object.fromEntries(NAMES.map((name) => [name, figuresOf(name, main, suffices)])),
    reservations: HOLD_HOURS.map((hours) => reservationsOf(hours, played)),
    seconds: Math.round((performance.now() - startMs) / 100) / 10,
  };
}

function reservationsOf(holdHours: number, played: readonly Played[]): ReservationFigures {
  const days = played.filter((day) => day.holdHours === holdHours);
  const of = (name: Name, field: "spent" | "used"): number => mean(days, (day) => day.figures[name][field]);
  return {
    holdHours,
    campaigns: days.length,
    strict: { spent: of(DEFAULT_CONTROLLER, "spent"), used: of(DEFAULT_CONTROLLER, "used") },
    expected: {
      spent: of("expected", "spent"),
      used: of("expected", "used"),
      overspend: Math.max(0, ...days.map((day) => day.figures.expected.overspend)),
    },
  };
}

/** How long holds live in the campaigns of the second table, which are five times as large. */
const HOLD_HOURS = [0.5, 2, 6];
const LARGER = 5;

/** Seeds from 0 on are the campaigns of the main table, those below it the ones with longer holds. */
function playAll(seeds: readonly number[], sessions: number): Played[] {
  return seeds.map((seed) => (seed < 0 ? playLongHolds(-1 - seed, sessions) : playMain(seed, sessions)));
}

function playMain(seed: number, sessions: number): Played {
  const day = makeDay(seed, SHAPES[seed % SHAPES.length] ?? "flat", sessions);
  const paced = PACERS.map((pacer) => [pacer, playDay(day, pacer)] as const);
  const naive = (["given", "redeemed"] as const).map(
    (counting) => [`naive, counted when ${counting}`, playNaiveDay(day, counting)] as const,
  );
  const figures = Object.fromEntries([...paced, ...naive]) as Record<Name, DayFigures>;
  return { shape: day.shape, holdHours: null, figures };
}

function playLongHolds(index: number, sessions: number): Played {
  const holdHours = HOLD_HOURS[index % HOLD_HOURS.length] ?? 1;
  const seed = Math.floor(index / HOLD_HOURS.length);
  const day = makeDay(1_000 + seed, "flat", LARGER * sessions, holdHours * 3_600_000);
  const figures = Object.fromEntries(
    ([DEFAULT_CONTROLLER, "expected"] as const).map((pacer) => [pacer, playDay(day, pacer)] as const),
  ) as Record<Name, DayFigures>;
  return { shape: day.shape, holdHours, figures };
}

function inWorker(seeds: readonly number[], sessions: number): Promise<Played[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { seeds, sessions } });
    worker.once("message", resolve).once("error", reject);
  });
}

function figuresOf(name: Name, played: readonly Played[], suffices: readonly Played[]): PacerFigures {
  const of = ({ figures }: Played): DayFigures => figures[name];
  const foreseen = suffices.filter(({ shape }) => shape !== "ends early");
  return {
    within5pct: share(foreseen, (day) => isWithin(of(day))),
    within5pctOfAll: share(suffices, (day) => isWithin(of(day))),
    early: share(played, (day) => of(day).outAt < 0.9),
    meanCurveDistance: mean(suffices, (day) => of(day).curveDistance),
    overspend: Math.max(...played.map((day) => of(day).overspend)),
    meanOverspend: mean(suffices, (day) => of(day).overspend),
    byShape: Object.fromEntries(
      SHAPES.map((shape) => {
        const days = suffices.filter((day) => day.shape === shape);
        const spent = mean(days, (day) => of(day).spent);
        return [shape, { spent, within5pct: share(days, (day) => isWithin(of(day))), campaigns: days.length }];
      }),
    ),
  };
}

function isWithin({ spent }: DayFigures): boolean {
  return Math.abs(spent - 1) <= 0.05;
}

function share<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return mean(items, (item) => (holds(item) ? 1 : 0));
}

function mean<T>(items: readonly T[], value: (item: T) => number): number {
  return items.length === 0 ? 0 : items.reduce((sum, item) => sum + value(item), 0) / items.length;
}

function print(figures: PacingFigures): void {
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const { campaigns, demandSuffices, sessionsPerCampaign, controllers, seconds } = figures;
  console.log(
    `${campaigns} campaigns of ${sessionsPerCampaign} sessions; the demand suffices in ${demandSuffices}; ${seconds} s`,
  );
  const row = (cells: readonly string[]): void =>
    console.log(cells.map((cell, index) => (index === 0 ? cell.padEnd(30) : cell.padStart(16))).join(""));
  row(["paced by", "within 5 %", "early", "from the curve", "over, at most", "over, mean"]);
  for (const [name, of] of Object.entries(controllers))
    row([name, ...[of.within5pct, of.early, of.meanCurveDistance, of.overspend, of.meanOverspend].map(percent)]);
  console.log("\nspent of the budget, on the mean, where the demand suffices (within 5 %)");
  row(["paced by", ...SHAPES.map((shape) => shape.replace("ends early, foreseen", "ends, foreseen"))]);
  for (const [name, { byShape }] of Object.entries(controllers))
    row([
      name,
      ...SHAPES.map((shape) => {
        const cell = byShape[shape];
        return cell === undefined || cell.campaigns === 0
          ? "–"
          : `${percent(cell.spent)} (${Math.round(100 * cell.within5pct)})`;
      }),
    ]);

  console.log("\nspent of the budget, and used at the day's end, by how long holds live");
  row(["holds live", "strict, spent", "used", "expected, spent", "used", "over, at most"]);
  for (const { holdHours, strict, expected } of figures.reservations)
    row([
      `${holdHours} h`,
      ...[strict.spent, strict.used, expected.spent, expected.used, expected.overspend].map(percent),
    ]);
}

if (!isMainThread) {
  const { seeds, sessions } = workerData as { readonly seeds: readonly number[]; readonly sessions: number };
  parentPort?.postMessage(playAll(seeds, sessions));
} else if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const quick = process.argv.includes("--quick");
  const asked = Number(process.argv[process.argv.indexOf("--campaigns") + 1]);
  const campaigns = process.argv.includes("--campaigns") && asked > 0 ? asked : quick ? 12 : 240;
  const sessions = quick ? 2_000 : 8_000;
  const figures = await benchmarkPacing({
    ...{ campaigns, sessions },
    longHolds: Math.ceil(campaigns / 20),
    workers: availableParallelism(),
  });
  if (process.argv.includes("--json")) console.log(JSON.stringify({ node: process.version, ...figures }));
  else print(figures);
}
