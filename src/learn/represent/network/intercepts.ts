// Intercepts
// Where each arm's own level starts: its mean, shrunk by empirical Bayes towards what the arms have in common. The mean
// basket of an arm is noisy enough to swamp an uplift of a few per cent; averaging it without shrinkage costs more
// than any choice of layers. Pure.

import { must } from "../../../domain/assert.ts";
import type { Block } from "../../nouns.ts";
import type { Head } from "../heads.ts";

/**
 * Levels on the head's scale: logit of the rate, log of the mean amount; one for each arm.
 * `propensity` weights the rows, so that a log whose arms were chosen by the features gives levels for everybody.
 * `without`: a fold whose rows do not count. `trend`: doses of ordered arms, towards whose quadratic trend a rate is shrunk; null: towards the mean of all.
 */
export function armLevels(
  head: Head,
  block: Block,
  without: number | null,
  arms: number,
  trend: readonly number[] | null,
  shrink: boolean,
): Float64Array {
  const measured = measure(head, block, without, arms);
  const degree = trend !== null && head.kind === "logit" ? Math.min(2, Math.max(0, arms - 3)) : 0;
  const doses = trend ?? Array.from({ length: arms }, () => 0);
  const top = Math.max(1e-9, ...doses.map(Math.abs));
  const design = doses.map((dose) => [1, dose / top, (dose / top) ** 2].slice(0, degree + 1));
  return shrink ? shrunk(measured, design) : filled(measured);
}

interface Measured {
  readonly mean: Float64Array;
  /** Infinite for an arm of which nothing is known. */
  readonly variance: Float64Array;
}

function measure(head: Head, block: Block, without: number | null, arms: number): Measured {
  const weight = new Float64Array(arms);
  const weightSquare = new Float64Array(arms);
  const sum = new Float64Array(arms);
  const square = new Float64Array(arms);
  for (let row = 0; row < block.n; row += 1) {
    if (block.fold[row] === without) continue;
    const target = head.target(block, row);
    if (Number.isNaN(target)) continue;
    const a = block.arm[row]!;
    const w = 1 / block.propensity[row]!;
    weight[a]! += w;
    weightSquare[a]! += w * w;
    sum[a]! += w * target;
    square[a]! += w * target * target;
  }
  const pooled = total(sum) / Math.max(1e-12, total(weight));
  const mean = new Float64Array(arms);
  const variance = new Float64Array(arms).fill(Infinity);
  for (let a = 0; a < arms; a += 1) {
    if (weight[a]! === 0) continue;
    const n = weight[a]! ** 2 / weightSquare[a]!;
    // Half an observation of the pooled mean, so that an arm without a single hit has a finite level.
    const m = ((sum[a]! / weight[a]!) * n + 0.5 * pooled) / (n + 0.5);
    if (head.kind === "logit") {
      const p = Math.min(1 - 1e-6, Math.max(1e-6, m));
      mean[a] = Math.log(p / (1 - p));
      variance[a] = 1 / ((n + 0.5) * p * (1 - p));
    } else {
      const spread = Math.max(0, square[a]! / weight[a]! - (sum[a]! / weight[a]!) ** 2);
      mean[a] = Math.log(Math.max(1e-6, m));
      variance[a] = Math.max(spread, 1e-4 * m * m) / (m * m) / Math.max(1, n);
    }
  }
  return { mean, variance };
}

function filled({ mean, variance }: Measured): Float64Array {
  const known = Array.from(mean).filter((_, a) => Number.isFinite(variance[a]));
  const middle = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
  return mean.map((value, a) => (Number.isFinite(variance[a]) ? value : middle));
}

/** Between-arm variance by moments (DerSimonian and Laird), then each arm between its own mean and the fit. */
function shrunk({ mean, variance }: Measured, design: readonly (readonly number[])[]): Float64Array {
  const known = Array.from(mean.keys()).filter((a) => Number.isFinite(variance[a]));
  const columns = Math.min(design[0]?.length ?? 1, Math.max(1, known.length - 2));
  const rows = design.map((row) => row.slice(0, columns));
  const fit = (between: number): { at: (a: number) => number; inverse: number[][]; weights: number[] } => {
    const weights = Array.from(variance, (v) => (Number.isFinite(v) ? 1 / (v + between) : 0));
    const inverse = invert(gram(rows, weights));
    const right = Array.from({ length: columns }, (_, j) =>
      rows.reduce((sum, row, a) => sum + weights[a]! * row[j]! * (weights[a]! > 0 ? mean[a]! : 0), 0),
    );
    const beta = inverse.map((row) => row.reduce((sum, value, j) => sum + value * right[j]!, 0));
    return { at: (a) => rows[a]!.reduce((sum, value, j) => sum + value * beta[j]!, 0), inverse, weights };
  };
  const first = fit(0);
  const residual = known.reduce((sum, a) => sum + first.weights[a]! * (mean[a]! - first.at(a)) ** 2, 0);
  const squared = gram(
    rows,
    first.weights.map((w) => w * w),
  );
  const trace = first.inverse.reduce(
    (sum, row, i) => sum + row.reduce((s, value, j) => s + value * squared[j]![i]!, 0),
    0,
  );
  const freedom = known.length - columns;
  const denominator = total(Float64Array.from(first.weights)) - trace;
  const between = freedom > 0 && denominator > 0 ? Math.max(0, (residual - freedom) / denominator) : 0;
  const second = fit(between);
  return mean.map((value, a) => {
    const v = variance[a]!;
    if (!Number.isFinite(v)) return second.at(a);
    const own = between + v > 0 ? between / (between + v) : 0;
    return second.at(a) + own * (value - second.at(a));
  });
}

function gram(rows: readonly (readonly number[])[], weights: readonly number[]): number[][] {
  const columns = rows[0]?.length ?? 0;
  return Array.from({ length: columns }, (_, i) =>
    Array.from({ length: columns }, (__, j) => rows.reduce((sum, row, a) => sum + weights[a]! * row[i]! * row[j]!, 0)),
  );
}

/** Gauss-Jordan of a small positive matrix; a hair on the diagonal keeps it invertible. */
function invert(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const work = matrix.map((row, i) => [
    ...row.map((value, j) => (i === j ? value * (1 + 1e-9) + 1e-12 : value)),
    ...row.map((_, j) => (i === j ? 1 : 0)),
  ]);
  for (let pivot = 0; pivot < size; pivot += 1) {
    const row = must(work[pivot], "pivot row");
    const scale = row[pivot]!;
    for (let j = 0; j < 2 * size; j += 1) row[j]! /= scale;
    work.forEach((other, i) => {
      if (i === pivot) return;
      const factor = other[pivot]!;
      for (let j = 0; j < 2 * size; j += 1) other[j]! -= factor * row[j]!;
    });
  }
  return work.map((row) => row.slice(size));
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
