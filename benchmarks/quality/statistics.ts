// Statistics
// What several seeds say together. Ours and another method are paired by seed (the same market, the same people), and the
// interval of the mean difference is Student's, 95 %, over the seeds.
//
// The verdict's rule, written down before anything was measured:
//   too few seeds   fewer than three pairs: no interval, no word
//   better          the interval of ours less the other lies above 0 (for an error or a loss: below 0)
//   worse           it lies on the other side of 0
//   not told apart  it has 0 in it
// Twice or more the same word over several markets is no further evidence than that: nothing is corrected for many looks.

import { mean } from "./scorer.ts";

export type Verdict = "better" | "worse" | "not told apart" | "too few seeds";

export interface Difference {
  readonly seeds: number;
  readonly mean: number;
  /** Null with fewer than three seeds. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  readonly verdict: Verdict;
}

interface Seeded {
  readonly seed: number;
  /** Judged on other people, a pair is none. */
  readonly people: number;
}

/** Of what `pick` says, ours less the other on the seeds that both have; null where there are none. */
export function pairedDifference<T extends Seeded>(
  ours: readonly T[],
  others: readonly T[],
  pick: (each: T) => number,
  better: "more" | "less" = "more",
): Difference | null {
  const pairs = others.flatMap((other) => {
    const own = ours.find(({ seed, people }) => seed === other.seed && people === other.people);
    return own === undefined ? [] : [pick(own) - pick(other)];
  });
  return pairs.length === 0 ? null : differenceOf(pairs, better);
}

/** Seeds below which there is no interval. */
export const FEWEST = 3;

export function differenceOf(pairs: readonly number[], better: "more" | "less" = "more"): Difference {
  const seeds = pairs.length;
  const middle = mean(pairs);
  if (seeds < FEWEST) return { seeds, mean: middle, interval: null, verdict: "too few seeds" };
  const half = studentQuantile(seeds - 1) * (deviation(pairs) / Math.sqrt(seeds));
  const interval = { low: middle - half, high: middle + half };
  const above = better === "more" ? interval.low > 0 : interval.high < 0;
  const below = better === "more" ? interval.high < 0 : interval.low > 0;
  return { seeds, mean: middle, interval, verdict: above ? "better" : below ? "worse" : "not told apart" };
}

/** Of one seed. */
export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(at)] ?? NaN) + (sorted[Math.ceil(at)] ?? NaN)) / 2;
}

const T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131];

/** Two-sided, 95 %. Beyond the table a little too wide. */
function studentQuantile(degrees: number): number {
  return T95[Math.min(degrees, T95.length) - 1]!;
}
