// Cells
// Sums over the rows of a log, by fold and by cluster × arm, from which weighted means and their standard errors follow.
// One pass, bounded memory: nothing here grows with the rows.
//
// Invariants:
//   1. Folds add up: the cells of a set of folds are the sums of theirs, in whatever blocks the rows came.
//   2. A mean is self-normalised (Hájek): Σ wy / Σ w with w = 1 / propensity.

import type { Block, Tasks } from "../nouns.ts";
import { rowReward } from "../row-reward.ts";

/** What is measured of each row. */
export const TARGETS = ["reward", "cost", "redemption"] as const;
export type Target = (typeof TARGETS)[number];

/** Sums kept per cell and target, and where each lies; the first three are the same for all targets. */
const SUMS = 2;
const COMMON = 3;
const STRIDE = COMMON + SUMS * TARGETS.length;

export interface Cells {
  readonly clusters: number;
  readonly arms: number;
  readonly folds: number;
  /** [folds, clusters, arms, STRIDE] */
  readonly sums: Float64Array;
}

export function emptyCells(clusters: number, arms: number, folds: number): Cells {
  return { clusters, arms, folds, sums: new Float64Array(folds * clusters * arms * STRIDE) };
}

export function addBlock(cells: Cells, block: Block, labels: ArrayLike<number>, tasks: Tasks): void {
  const { clusters, arms, sums } = cells;
  const values = [0, 0, 0];
  for (let row = 0; row < block.n; row += 1) {
    const weight = 1 / block.propensity[row]!;
    values[0] = rowReward(block, tasks.rewards, row);
    values[1] = block.cost[row]!;
    values[2] = redemptionOf(block, row, tasks);
    const base = ((block.fold[row]! * clusters + labels[row]!) * arms + block.arm[row]!) * STRIDE;
    sums[base]! += 1;
    sums[base + 1]! += weight;
    sums[base + 2]! += weight * weight;
    for (let target = 0; target < TARGETS.length; target += 1) {
      const value = values[target]!;
      const at = base + COMMON + target * SUMS;
      sums[at]! += weight * value;
      sums[at + 1]! += weight * value * value;
    }
  }
}

/** As the ensemble tells it: 1 where the cost is certain. What else would stand there for the control would be an error of one. */
function redemptionOf({ arm, redeemed }: Block, row: number, { cost }: Tasks): number {
  if (cost.kind === "redeemed" && !(cost.faceMinor[arm[row]!]! > 0)) return 1;
  const value = redeemed?.[row] ?? NaN;
  return Number.isNaN(value) ? 0 : value;
}

/** Means of one target with their variances, [clusters × arms]; a cell without rows has mean 0 and infinite variance. */
export interface MeasuredCells {
  readonly clusters: number;
  readonly arms: number;
  readonly count: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Of the arm's mean: what less is expected in a cell counts as this. */
const LEAST_LEVEL = 0.05;

/**
 * `foretold`: what was expected of each cell by others than its rows; left out: the same of all. The variance is what the arm's
 * rows have within its cells, in proportion to what is expected of the cell, for what is rare varies as it is large
 * (quasi-Poisson; Wedderburn 1974). The cell's own rows say too little of it where they brought little by chance, and so little
 * would be believed more than much.
 */
export function measure(
  cells: Cells,
  target: Target,
  folds: readonly number[],
  foretold: Float64Array | null = null,
): MeasuredCells {
  const { clusters, arms } = cells;
  const size = clusters * arms;
  const total = addFolds(cells, folds);
  const at = COMMON + TARGETS.indexOf(target) * SUMS;
  const count = new Float64Array(size);
  const mean = new Float64Array(size);
  const variance = new Float64Array(size).fill(Infinity);
  const levels = levelsOf(total, arms, foretold ?? new Float64Array(size));
  const spreads = armSpreads(total, arms, at, levels);
  for (let cell = 0; cell < size; cell += 1) {
    const base = cell * STRIDE;
    const sumW = total[base + 1]!;
    count[cell] = total[base]!;
    if (count[cell] === 0) continue;
    mean[cell] = total[base + at]! / sumW;
    variance[cell] = (levels[cell]! * spreads[cell % arms]! * total[base + 2]!) / (sumW * sumW);
  }
  return { clusters, arms, count, mean, variance };
}

function addFolds(cells: Cells, folds: readonly number[]): Float64Array {
  const size = cells.clusters * cells.arms * STRIDE;
  const total = new Float64Array(size);
  for (const fold of folds) for (let i = 0; i < size; i += 1) total[i]! += cells.sums[fold * size + i]!;
  return total;
}

/** What was foretold of each cell, over the mean of its arm's rows. */
function levelsOf(total: Float64Array, arms: number, foretold: Float64Array): Float64Array {
  const [weights, sums] = [new Float64Array(arms), new Float64Array(arms)];
  foretold.forEach((each, cell) => {
    weights[cell % arms]! += total[cell * STRIDE + 1]!;
    sums[cell % arms]! += total[cell * STRIDE + 1]! * each;
  });
  return foretold.map((each, cell) => {
    const usual = sums[cell % arms]! / (weights[cell % arms]! || 1);
    return usual > 0 ? Math.max(LEAST_LEVEL, each / usual) : 1;
  });
}

/** Below this share of its mean square a spread is the rounding of a constant. */
const CONSTANT = 1e-9;

/**
 * Variance of a row's value under each arm, within its cells and at the level of the arm's mean; over its cells, where none has two
 * rows that differ. A constant has none; where nothing was seen at all it is that of the arms where something was, for nothing
 * seen is not nothing to come.
 */
function armSpreads(total: Float64Array, arms: number, at: number, levels: Float64Array): Float64Array {
  const spreads = new Float64Array(arms);
  const unseen: number[] = [];
  for (let arm = 0; arm < arms; arm += 1) {
    let [within, free, weights, sums, squares] = [0, 0, 0, 0, 0];
    for (let cell = arm; cell < levels.length; cell += arms) {
      const base = cell * STRIDE;
      const [n, weight, sum, square] = [total[base]!, total[base + 1]!, total[base + at]!, total[base + at + 1]!];
      if (n === 0) continue;
      within += square - (sum * sum) / weight;
      // Of n rows about their own mean, n − 1 are free.
      free += (levels[cell]! * weight * (n - 1)) / n;
      weights += weight;
      sums += sum;
      squares += square;
    }
    if (!(squares > 0)) unseen.push(arm);
    else if (within > CONSTANT * squares) spreads[arm] = within / free;
    else if (squares - (sums * sums) / weights > CONSTANT * squares)
      spreads[arm] = squares / weights - (sums / weights) ** 2;
  }
  const seen = arms - unseen.length;
  const usual = seen > 0 ? spreads.reduce((a, b) => a + b, 0) / seen : 0;
  for (const arm of unseen) spreads[arm] = usual;
  return spreads;
}
