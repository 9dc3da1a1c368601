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
//               suffices where the same day, unpaced, spends 95 %.
//   within5pctForeseen   the same without the days whose traffic stops early and nobody knows. Until it stops such a day
//               is like one that goes on. So whoever spends by a curve to the end of the day has by then spent the
//               curve's share at most, and nobody can spend after: \`stops\` has that share beside what was spent.
//   early       of all campaigns: those that had spent 99 % before 90 % of the day's sessions had come.
//   meanCurveDistance   mean over the day, and over the campaigns whose demand suffices, of the distance between the share
//               of the budget that is spent and the share of the sessions that came.
//   overspend   the largest of all campaigns, as a share of the budget: posted and held at any time, or posted at the end;
//               of `expected`, which may hold more than it spends, posted.
//   reservations   what is left of a budget, where the demand suffices, by how long holds live: spent when all holds have
//               ended, under strict and under expected, and what limits strict: \`bound\`, what is held when the day ends and
//               then comes to nothing. Budgets of a thousand largest incentives and more are told apart: the reserve that
//               expected keeps is a share of a budget that grows as it gets smaller.
//
// Not measured: a log between the parts (bench:serve), crashes (simulate), campaigns longer than a day.

import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { runScript, USUAL } from "../../fixtures/script.ts";
import { option } from "../../src/cli/options.ts";
import { asInteger } from "../../src/settings/parse.ts";
import { DEFAULT_CONTROLLER, PACING_CONTROLLERS } from "../../src/domain/campaign/campaign.ts";
import { playDay, type DayFigures, type Pacer } from "./pacing-day.ts";
import { playNaiveDay } from "./pacing-naive.ts";
import { makeDay, SHAPES, type Day, type Shape } from "./pacing-world.ts";

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
  /** Share of the day at which its traffic is over. */
  readonly overAt: number;
  readonly isLarge: boolean;
  /** Null for the campaigns of the main table. */
  readonly holdHours: number | null;
  readonly figures: Readonly<Record<Name, DayFigures>>;
}

export interface PacerFigures {
  readonly within5pct: number;
  readonly within5pctForeseen: number;
  /** On the mean over the days that stop without anybody knowing: spent, and the curve's share until then. */
  readonly stops: { readonly spent: number; readonly curve: number };
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
  /** Null for the campaigns of the main table whose days are foreseen: five minutes to half an hour. */
  readonly holdHours: number | null;
  readonly campaigns: number;
  /** On the mean, of the budget: spent when all holds have ended; held at the day's end, and come to nothing. */
  readonly strict: { readonly spent: number; readonly bound: number };
  readonly expected: { readonly spent: number; readonly overspend: number };
  readonly large: { readonly campaigns: number; readonly strict: number; readonly expected: number };
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
  const suffices = main.filter(isEnough);
  return {
    campaigns: main.length,
    demandSuffices: suffices.length,
    sessionsPerCampaign: options.sessions,
    controllers: Object.fromEntries(NAMES.map((name) => [name, figuresOf(name, main, suffices)])),
    reservations: [null, ...HOLD_HOURS].map((hours) => reservationsOf(hours, played)),
    seconds: Math.round((performance.now() - startMs) / 100) / 10,
  };
}

/** By the same day, unpaced. */
function isEnough({ figures }: Played): boolean {
  return figures.none.spent >= 0.95;
}

function isForeseen({ shape }: Played): boolean {
  return shape !== "ends early";
}

function reservationsOf(holdHours: number | null, played: readonly Played[]): ReservationFigures {
  const days = played.filter((day) => day.holdHours === holdHours && isEnough(day) && isForeseen(day));
  const large = days.filter(({ isLarge }) => isLarge);
  const spent = (of: readonly Played[], name: Name): number => mean(of, (day) => day.figures[name].spent);
  const strict = spent(days, DEFAULT_CONTROLLER);
  return {
    holdHours,
    campaigns: days.length,
    strict: { spent: strict, bound: mean(days, (day) => day.figures[DEFAULT_CONTROLLER].used) - strict },
    expected: {
      spent: spent(days, "expected"),
      overspend: Math.max(0, ...days.map((day) => day.figures.expected.overspend)),
    },
    large: { campaigns: large.length, strict: spent(large, DEFAULT_CONTROLLER), expected: spent(large, "expected") },
  };
}

/** In largest incentives. */
const LARGE_BUDGET = 1_000;

function placeOf({ shape, arrivals, campaign }: Day): Pick<Played, "shape" | "overAt" | "isLarge"> {
  const largest = Math.max(...campaign.arms.map(({ faceMinor }) => Number(faceMinor)));
  return {
    shape,
    overAt: (arrivals.findLastIndex((count) => count > 0) + 1) / arrivals.length,
    isLarge: Number(campaign.budgetMinor) >= LARGE_BUDGET * largest,
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
  return { ...placeOf(day), holdHours: null, figures };
}

function playLongHolds(index: number, sessions: number): Played {
  const holdHours = HOLD_HOURS[index % HOLD_HOURS.length] ?? 1;
  const seed = Math.floor(index / HOLD_HOURS.length);
  const day = makeDay(1_000 + seed, "flat", LARGER * sessions, holdHours * 3_600_000);
  const figures = Object.fromEntries(
    ([DEFAULT_CONTROLLER, "expected", "none"] as const).map((pacer) => [pacer, playDay(day, pacer)] as const),
  ) as Record<Name, DayFigures>;
  return { ...placeOf(day), holdHours, figures };
}

function inWorker(seeds: readonly number[], sessions: number): Promise<Played[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { seeds, sessions } });
    worker.once("message", resolve).once("error", reject);
  });
}

function figuresOf(name: Name, played: readonly Played[], suffices: readonly Played[]): PacerFigures {
  const of = ({ figures }: Played): DayFigures => figures[name];
  const unforeseen = suffices.filter((day) => !isForeseen(day));
  return {
    within5pct: share(suffices, (day) => isWithin(of(day))),
    within5pctForeseen: share(suffices.filter(isForeseen), (day) => isWithin(of(day))),
    stops: { spent: mean(unforeseen, (day) => of(day).spent), curve: mean(unforeseen, ({ overAt }) => overAt) },
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
  row(["paced by", "within 5 %", "where foreseen", "early", "from the curve", "over, at most", "over, mean"]);
  for (const [name, of] of Object.entries(controllers)) {
    const { within5pct, within5pctForeseen, early, meanCurveDistance, overspend, meanOverspend } = of;
    row([name, ...[within5pct, within5pctForeseen, early, meanCurveDistance, overspend, meanOverspend].map(percent)]);
  }
  const { curve, spent } = controllers[DEFAULT_CONTROLLER]?.stops ?? { curve: 0, spent: 0 };
  console.log(
    `\ntraffic that stops, and nobody knows: ${percent(curve)} of the day has passed by then, and the default has spent ${percent(spent)}`,
  );
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

  console.log(
    "\nspent of the budget where the demand suffices, by how long holds live (large: 1,000 incentives and more)",
  );
  row(["holds live", "strict", "bound at the end", "expected", "over, at most", "large, strict", "large, expected"]);
  for (const { holdHours, campaigns: days, strict, expected, large } of figures.reservations)
    row([
      `${holdHours === null ? "5 to 30 min" : `${holdHours} h`} (${days})`,
      ...[strict.spent, strict.bound, expected.spent, expected.overspend, large.strict, large.expected].map(percent),
    ]);
}

if (!isMainThread) {
  const { seeds, sessions } = workerData as { readonly seeds: readonly number[]; readonly sessions: number };
  parentPort?.postMessage(playAll(seeds, sessions));
} else {
  await runScript(
    import.meta.url,
    {
      name: "bench:pacing",
      summary: "days of campaigns, paced by each controller, by none and by a naive counter",
      options: { ...USUAL, campaigns: option("number", "how many days", asInteger({ min: 1 })) },
    },
    async ({ quick, json, campaigns = quick ? 12 : 240 }) => {
      const figures = await benchmarkPacing({
        ...{ campaigns, sessions: quick ? 2_000 : 8_000 },
        longHolds: Math.ceil(campaigns / 20),
        workers: availableParallelism(),
      });
      if (json) console.log(JSON.stringify({ node: process.version, ...figures }));
      else print(figures);
    },
  );
}
