// Sample ratio
// Whether groups have the sizes that chance gives them: Pearson's chi-square test of counts against their shares. Pure.

import { itemAt } from "./assert.ts";

export interface SampleRatio {
  readonly statistic: number;
  /** Chance of a statistic as large, where the shares are right. */
  readonly p: number;
}

/** As experiment platforms have it: a p below this is a mismatch. */
export const SAMPLE_RATIO_ALPHA = 1e-3;

/** `shares`: what each group should have of all, summing to 1, none of them 0. Of one group, or of nobody, p is 1. */
export function sampleRatio(counts: readonly number[], shares: readonly number[]): SampleRatio {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0 || counts.length < 2) return { statistic: 0, p: 1 };
  const statistic = counts.reduce((sum, count, group) => {
    const expected = total * itemAt(shares, group);
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  return { statistic, p: chiSquareTail(counts.length - 1, statistic) };
}

/** Chance of a chi-square of so many degrees of freedom being larger; of one it is that of a normal, both sides. */
export function chiSquareTail(degrees: number, statistic: number): number {
  return upperGamma(degrees / 2, statistic / 2);
}

const STEPS = 1_000;
const EXACT = 1e-15;

/** The regularised upper incomplete gamma function Q(a, x): by its series below a + 1, by its continued fraction above. */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < STEPS && term > sum * EXACT; n += 1) {
      term *= x / (a + n);
      sum += term;
    }
    return Math.max(0, 1 - sum * scale);
  }
  // Lentz's method.
  let b = x + 1 - a;
  let c = 1 / Number.MIN_VALUE ** 0.5;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < STEPS; n += 1) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < EXACT) break;
  }
  return scale * fraction;
}

/** Of a half or a whole number above 0. */
function logGamma(a: number): number {
  let log = a % 1 === 0 ? 0 : Math.log(Math.PI) / 2;
  for (let at = a % 1 === 0 ? 1 : 0.5; at < a; at += 1) log += Math.log(at);
  return log;
}
