// Bootstrap
// Seeded percentile intervals (Efron 1979) of anything that follows from sums over rows, in one pass over the rows and in
// memory that does not grow with them. Rows are dealt into lots by a hash of whose they are; a replicate draws lots with
// replacement, as many as there are, and the statistic is worked out from the drawn sums. With fewer units than lots every
// unit has a lot of its own, and this is the ordinary bootstrap; with more, a lot's sums stand for its units, which keeps
// variance and skewness of a mean, and leaves of the interval's width an error of 1 / √(2 × lots).
//
// Invariants:
//   1. Same sums, same seed: the same draws. All statistics see the same ones, so differences between them are paired.
//   2. All rows of a unit (a user) are in one lot, so that an interval knows that a user's sessions are alike.
//   3. Which lot a unit is in depends on the unit and the seed alone, not on the order of the rows.

import { hashUnit, seededRandom } from "../../domain/random.ts";

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Standard deviation over the replicates. */
  readonly se: number;
}

export interface BootstrapOptions {
  readonly replicates: number;
  readonly seed: number;
  /** 0.95: the interval lies between the 2.5 and the 97.5 % quantiles of the replicates. */
  readonly confidence: number;
}

export const BOOTSTRAP: BootstrapOptions = { replicates: 1_000, seed: 1, confidence: 0.95 };

/** Enough that an interval's width is known to some 2 %. */
export const LOTS = 1_000;

/** Sums over the rows of each lot. */
export interface LotSums {
  readonly lots: number;
  readonly columns: number;
  /** [lots, columns] */
  readonly values: Float64Array;
}

export function emptyLots(lots: number, columns: number): LotSums {
  return { lots, columns, values: new Float64Array(lots * columns) };
}

/** The lot of a unit among many. */
export function lotOf(unit: number | string, seed: number, lots: number): number {
  return Math.floor(hashUnit(`lot/${seed}/${unit}`) * lots);
}

/** From the sums over all drawn lots, by column, to the statistics; NaN for one that they do not give. */
export type Statistics = (totals: Float64Array) => ArrayLike<number>;

/** A statistic of all rows, and of each replicate. */
export interface Replicated {
  readonly value: number;
  readonly drawn: Float64Array;
}

export function replicate(sums: LotSums, statistics: Statistics, options: BootstrapOptions): Replicated[] {
  const { replicates, seed } = options;
  const all = Array.from(statistics(allTotals(sums)), (value) => ({
    value,
    drawn: new Float64Array(replicates),
  }));
  const random = seededRandom(`bootstrap:${seed}`);
  const times = new Uint16Array(sums.lots);
  for (let index = 0; index < replicates; index += 1) {
    times.fill(0);
    for (let draw = 0; draw < sums.lots; draw += 1) {
      const lot = random.below(sums.lots);
      times[lot]! += 1;
    }
    const values = statistics(totalsOf(sums, times));
    all.forEach(({ drawn }, at) => (drawn[index] = values[at] ?? Number.NaN));
  }
  return all;
}

/** The interval of each statistic; null for one that all rows do not give, or that too few replicates do. */
export function bootstrap(sums: LotSums, statistics: Statistics, options: BootstrapOptions): (Interval | null)[] {
  return replicate(sums, statistics, options).map((each) => intervalOf(each, options.confidence));
}

/** Of the same draws. */
export function minus(a: Replicated, b: Replicated): Replicated {
  return { value: a.value - b.value, drawn: a.drawn.map((value, index) => value - b.drawn[index]!) };
}

/** Each lot once. */
export function allTotals(sums: LotSums): Float64Array {
  return totalsOf(sums, new Uint16Array(sums.lots).fill(1));
}

function totalsOf({ lots, columns, values }: LotSums, times: Uint16Array): Float64Array {
  const totals = new Float64Array(columns);
  for (let lot = 0; lot < lots; lot += 1) {
    const factor = times[lot]!;
    if (factor === 0) continue;
    const base = lot * columns;
    for (let column = 0; column < columns; column += 1) totals[column]! += factor * values[base + column]!;
  }
  return totals;
}

/** Of the replicates, the share that must give the statistic. */
const GIVEN_SHARE = 0.9;

export function intervalOf({ value, drawn }: Replicated, confidence: number): Interval | null {
  const given = drawn.filter(Number.isFinite).sort();
  if (!Number.isFinite(value) || given.length < Math.max(2, GIVEN_SHARE * drawn.length)) return null;
  const tail = (1 - confidence) / 2;
  return { value, low: quantile(given, tail), high: quantile(given, 1 - tail), se: deviation(given) };
}

/** Linear between order statistics (Hyndman and Fan's type 7); of sorted values. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  const above = sorted[Math.ceil(at)]!;
  return below + (above - below) * (at - Math.floor(at));
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
