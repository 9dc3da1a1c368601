// Readouts
// Reads one target out of the sums in one of three ways (shrink.ts), and chooses the way by cross-fitting: the read-out
// of some folds foretells the measured means of another, whose rows took no part in it.

import { measure, type Measured, type Target } from "./cells.ts";
import { readOut, type Estimates, type Readout } from "./shrink.ts";
import type { Expectation, Sums } from "./sums.ts";

/** How a read-out did on rows it had not seen: mean squared error in excess of the noise. */
export interface ExcessError {
  readonly readout: Readout;
  readonly error: number;
}

/** `base` is what the correction is added to: the ensemble's expectation of the clusters as they are used. */
export function readOutOf(
  sums: Sums,
  base: Expectation,
  target: Target,
  readout: Readout,
  folds: readonly number[],
): Estimates {
  const foretold = sums.outOfFold(folds)[target];
  return readOut(
    readout,
    base.means[target],
    foretold,
    measure(sums.cells, target, folds),
    base.mix,
    unitsOf(base, target),
  );
}

/** A cost is off by a share of itself; a reward or a rate by an amount. */
function unitsOf({ means, mix }: Expectation, target: Target): Float64Array {
  const arms = means.cost.length / mix.length;
  const units = new Float64Array(arms).fill(1);
  if (target !== "cost") return units;
  return units.map((_, arm) =>
    mix.reduce((level, share, cluster) => level + share * (means.cost[cluster * arms + arm] ?? 0), 0),
  );
}

/** Raw measured means are never chosen unasked: their noise goes into the plan and into what it spends. */
export function choose(
  sums: Sums,
  target: Target,
  fixed: Readout | null,
  folds: readonly number[],
): { readout: Readout; checks: ExcessError[] } {
  const readouts: readonly Readout[] = ["network", "shrunk", "measured"];
  const checks = readouts.map((readout) => ({ readout, error: excessError(sums, target, readout, folds) }));
  const allowed = checks.filter(({ readout }) => readout !== "measured");
  const best = allowed.reduce((a, b) => (b.error < a.error ? b : a));
  return { readout: fixed ?? best.readout, checks };
}

function excessError(sums: Sums, target: Target, readout: Readout, folds: readonly number[]): number {
  let [error, weight] = [0, 0];
  for (const held of folds) {
    const others = folds.filter((fold) => fold !== held);
    const base = { means: sums.outOfFold([held]), mix: sums.served.mix };
    const foretold = readOutOf(sums, base, target, readout, others).values;
    const seen = measure(sums.cells, target, [held]);
    const off = differences(foretold, seen, target === "reward");
    off.forEach((each, cell) => {
      const n = seen.count[cell] ?? 0;
      if (n === 0) return;
      error += n * (each * each - (seen.variance[cell] ?? 0));
      weight += n;
    });
  }
  return weight > 0 ? error / weight : 0;
}

/** For rewards only differences between the arms of a cluster count: the plan never compares clusters under the control. */
function differences(foretold: Float64Array, seen: Measured, betweenArms: boolean): Float64Array {
  const { arms, count, mean } = seen;
  const off = foretold.map((value, cell) => ((count[cell] ?? 0) > 0 ? value - (mean[cell] ?? 0) : 0));
  if (!betweenArms) return off;
  return off.map((each, cell) => {
    const first = cell - (cell % arms);
    let [rows, sum] = [0, 0];
    for (let at = first; at < first + arms; at += 1) {
      rows += count[at] ?? 0;
      sum += (count[at] ?? 0) * (off[at] ?? 0);
    }
    return rows > 0 ? each - sum / rows : each;
  });
}
