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
 * Student's t on the folds' gains (one-sided, 95 % with three degrees of freedom), above which the layers are taken. They
 * are made of noisy outcomes: where they foretell no better than by chance, they cost a plan up to a sixth of its value.
 */
const EVIDENCE = 2.35;

/** Raw measured means are never chosen unasked: their noise goes into the plan and into what it spends. */
export function choose(
  sums: EstimateSums,
  target: Target,
  fixed: Estimator | null,
  folds: readonly number[],
): { estimator: Estimator; checks: ExcessError[] } {
  const errorsOf = (estimator: Estimator): number[] =>
    folds.map((held) => excessError(sums, target, estimator, held, folds));
  const [model, shrunk, measured] = [errorsOf("model"), errorsOf("shrunk"), errorsOf("measured")];
  const gains = model.map((error, at) => error - shrunk[at]!);
  const gain = mean(gains);
  const noise = Math.sqrt(mean(gains.map((each) => (each - gain) ** 2)) / (gains.length - 1));
  return {
    estimator: fixed ?? (gain > EVIDENCE * noise ? "shrunk" : "model"),
    checks: [
      { estimator: "model", error: mean(model) },
      { estimator: "shrunk", error: mean(shrunk) },
      { estimator: "measured", error: mean(measured) },
    ],
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** On the rows of one fold. */
function excessError(
  sums: EstimateSums,
  target: Target,
  estimator: Estimator,
  held: number,
  folds: readonly number[],
): number {
  const others = folds.filter((fold) => fold !== held);
  const means = sums.outOfFold([held]);
  const estimated = estimatesOf(sums, { means, mix: sums.served.mix }, target, estimator, others).values;
  const seen = measure(sums.cells, target, [held], means[target]);
  let [error, weight] = [0, 0];
  differences(estimated, seen, target === "reward").forEach((each, cell) => {
    const n = seen.count[cell]!;
    if (n === 0) return;
    error += n * (each * each - seen.variance[cell]!);
    weight += n;
  });
  return weight > 0 ? error / weight : 0;
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
