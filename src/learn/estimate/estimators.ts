// Estimators
// Estimates one target from the sums by one of three estimators (shrink.ts), and chooses the estimator by cross-fitting:
// on some folds it foretells the measured means of another, whose rows took no part in it.

import { measure, type MeasuredCells, type Target } from "./cells.ts";
import { estimatesBy, type Estimates, type Estimator } from "./shrink.ts";
import type { Expectation, EstimateSums } from "./sums.ts";

/** How an estimator did on rows it had not seen: mean squared error in excess of the noise. */
export interface ExcessError {
  readonly estimator: Estimator;
  readonly error: number;
}

/** `base` is what the correction is added to: the ensemble's expectation of the clusters as they are used. */
export function estimatesOf(
  sums: EstimateSums,
  base: Expectation,
  target: Target,
  estimator: Estimator,
  folds: readonly number[],
): Estimates {
  const foretold = sums.outOfFold(folds)[target];
  return estimatesBy(
    estimator,
    base.means[target],
    foretold,
    measure(sums.cells, target, folds, foretold),
    base.mix,
    unitsOf(base, target),
  );
}

/** A reward is off by an amount; a cost, or the rate that it comes from, by a share of itself. */
function unitsOf({ means, mix }: Expectation, target: Target): Float64Array {
  const arms = means[target].length / mix.length;
  const units = new Float64Array(arms).fill(1);
  if (target === "reward") return units;
  return units.map((_, arm) =>
    mix.reduce((level, share, cluster) => level + share * means[target][cluster * arms + arm]!, 0),
  );
}

/**
 * Standard errors above 0 from which on a mean over cells is no chance. The layers are made of noisy outcomes, and a plan seeks
 * out what is too good by chance: taken without need, they cost up to a quarter of its value.
 */
const EVIDENCE = 3;

/** Raw measured means are never chosen unasked: their noise goes into the plan and into what it spends. */
export function choose(
  sums: EstimateSums,
  target: Target,
  fixed: Estimator | null,
  folds: readonly number[],
): { estimator: Estimator; checks: ExcessError[] } {
  const excess = (estimator: Estimator): Excess[] =>
    folds.flatMap((held) => excessOf(sums, target, estimator, held, folds));
  const [model, shrunk, measured] = [excess("model"), excess("shrunk"), excess("measured")];
  const gains = model.map(({ error }, at) => error - shrunk[at]!.error);
  return {
    estimator: fixed ?? (isAboveZero(gains) ? "shrunk" : "model"),
    checks: [
      { estimator: "model", error: errorOf(model) },
      { estimator: "shrunk", error: errorOf(shrunk) },
      { estimator: "measured", error: errorOf(measured) },
    ],
  };
}

function isAboveZero(figures: readonly number[]): boolean {
  const mean = figures.reduce((sum, each) => sum + each, 0) / figures.length;
  const squares = figures.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return mean > (EVIDENCE * Math.sqrt(squares)) / figures.length;
}

/** Of a cell in one fold: its rows times the squared error, less what noise explains of it. */
interface Excess {
  readonly rows: number;
  readonly error: number;
}

function errorOf(cells: readonly Excess[]): number {
  const rows = cells.reduce((sum, each) => sum + each.rows, 0);
  return rows > 0 ? cells.reduce((sum, each) => sum + each.error, 0) / rows : 0;
}

/** On the rows of one fold. */
function excessOf(
  sums: EstimateSums,
  target: Target,
  estimator: Estimator,
  held: number,
  folds: readonly number[],
): Excess[] {
  const others = folds.filter((fold) => fold !== held);
  const means = sums.outOfFold([held]);
  const estimated = estimatesOf(sums, { means, mix: sums.served.mix }, target, estimator, others).values;
  const seen = measure(sums.cells, target, [held], means[target]);
  return [...differences(estimated, seen, target === "reward")].flatMap((each, cell) => {
    const rows = seen.count[cell]!;
    return rows === 0 ? [] : [{ rows, error: rows * (each * each - seen.variance[cell]!) }];
  });
}

/** For rewards only differences between the arms of a cluster count: the plan never compares clusters under the control. */
function differences(estimated: Float64Array, seen: MeasuredCells, betweenArms: boolean): Float64Array {
  const { arms, count, mean } = seen;
  const off = estimated.map((value, cell) => (count[cell]! > 0 ? value - mean[cell]! : 0));
  if (!betweenArms) return off;
  return off.map((each, cell) => {
    const first = cell - (cell % arms);
    let [rows, sum] = [0, 0];
    for (let at = first; at < first + arms; at += 1) {
      rows += count[at]!;
      sum += count[at]! * off[at]!;
    }
    return rows > 0 ? each - sum / rows : each;
  });
}
