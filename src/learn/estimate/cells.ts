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
 * `foretold`: what was expected of each cell by others than its rows; left out: the same of all. The variance is that of the arm's
 * rows, in proportion to what is expected of the cell, for what is rare varies as it is large (quasi-Poisson; Wedderburn 1974).
 * The cell's own rows would say less of it where they brought little by chance, and so little would be believed more than much.
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
  const spreads = armSpreads(total, size, arms, at);
  const levels = foretold === null ? null : armLevels(total, size, arms, foretold);
  for (let cell = 0; cell < size; cell += 1) {
    const base = cell * STRIDE;
    const sumW = total[base + 1]!;
    count[cell] = total[base]!;
    if (count[cell] === 0) continue;
    mean[cell] = total[base + at]! / sumW;
    const usual = levels?.[cell % arms] ?? 0;
    const level = usual > 0 ? Math.max(LEAST_LEVEL, foretold![cell]! / usual) : 1;
    variance[cell] = (level * spreads[cell % arms]! * total[base + 2]!) / (sumW * sumW);
  }
  return { clusters, arms, count, mean, variance };
}

/** What was foretold of each arm's rows in the mean. */
function armLevels(total: Float64Array, size: number, arms: number, foretold: Float64Array): Float64Array {
  const [weights, levels] = [new Float64Array(arms), new Float64Array(arms)];
  for (let cell = 0; cell < size; cell += 1) {
    weights[cell % arms]! += total[cell * STRIDE + 1]!;
    levels[cell % arms]! += total[cell * STRIDE + 1]! * foretold[cell]!;
  }
  return levels.map((level, arm) => level / (weights[arm]! || 1));
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
