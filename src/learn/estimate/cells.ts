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
const SUMS = 4;
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
      sums[at + 2]! += weight * weight * value;
      sums[at + 3]! += weight * weight * value * value;
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

/** Rows' worth of the arm's own spread that a cell's variance is steadied with: three rows alike are not certain. */
const PRIOR_ROWS = 10;

export function measure(cells: Cells, target: Target, folds: readonly number[]): MeasuredCells {
  const { clusters, arms } = cells;
  const size = clusters * arms;
  const total = addFolds(cells, folds);
  const at = COMMON + TARGETS.indexOf(target) * SUMS;
  const count = new Float64Array(size);
  const mean = new Float64Array(size);
  const variance = new Float64Array(size);
  const spreads = armSpreads(total, size, arms, at);
  for (let cell = 0; cell < size; cell += 1) {
    const base = cell * STRIDE;
    const n = total[base]!;
    const sumW = total[base + 1]!;
    count[cell] = n;
    variance[cell] = Infinity;
    if (n === 0) continue;
    const m = total[base + at]! / sumW;
    mean[cell] = m;
    const own = total[base + at + 3]! - 2 * m * total[base + at + 2]! + m * m * total[base + 2]!;
    const spread = spreads[cell % arms]!;
    const sampling = spread > 0 ? Math.max(own, 0) / (sumW * sumW) : 0;
    const prior = (spread * total[base + 2]!) / (sumW * sumW);
    variance[cell] = (sampling * n + prior * PRIOR_ROWS) / (n + PRIOR_ROWS - 1);
  }
  return { clusters, arms, count, mean, variance };
}

function addFolds(cells: Cells, folds: readonly number[]): Float64Array {
  const size = cells.clusters * cells.arms * STRIDE;
  const total = new Float64Array(size);
  for (const fold of folds) for (let i = 0; i < size; i += 1) total[i]! += cells.sums[fold * size + i]!;
  return total;
}

/** Below this share of its mean square an arm's spread is the rounding of a constant. */
const CONSTANT = 1e-9;

/**
 * Variance of a row's value under each arm, over all clusters. A constant has none; where nothing was seen at all it is
 * that of the arms where something was, for nothing seen is not nothing to come.
 */
function armSpreads(total: Float64Array, size: number, arms: number, at: number): Float64Array {
  const spreads = new Float64Array(arms);
  const unseen: number[] = [];
  for (let arm = 0; arm < arms; arm += 1) {
    let [weight, sum, squares] = [0, 0, 0];
    for (let cell = arm; cell < size; cell += arms) {
      weight += total[cell * STRIDE + 1]!;
      sum += total[cell * STRIDE + at]!;
      squares += total[cell * STRIDE + at + 1]!;
    }
    if (!(squares > 0)) {
      unseen.push(arm);
      continue;
    }
    const spread = squares / weight - (sum / weight) ** 2;
    spreads[arm] = spread > (CONSTANT * squares) / weight ? spread : 0;
  }
  const seen = arms - unseen.length;
  const usual = seen > 0 ? spreads.reduce((a, b) => a + b, 0) / seen : 0;
  for (const arm of unseen) spreads[arm] = usual;
  return spreads;
}
