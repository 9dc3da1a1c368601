// One mix for all
// What can be had without telling users apart: the arms on the upper envelope of mean reward over mean cost, and between
// two neighbours of it a mix of them. The yardstick of every plan: whoever does not beat it at the same spend has learned
// nothing about users.

import { itemAt } from "../../domain/assert.ts";
/** Of one arm, per row. */
export interface ArmMeans {
  readonly reward: number;
  readonly cost: number;
}

/** Positions of the arms on the envelope, the control first, by rising cost and reward. */
export function envelopeOf(arms: readonly ArmMeans[]): number[] {
  const path = [0];
  for (;;) {
    const last = path.at(-1) ?? 0;
    const next = steepest(arms, last);
    if (next === null) return path;
    path.push(next);
  }
}

/** The arm with the most further reward for each further unit of money; of equals the dearer. Free gains come first. */
function steepest(arms: readonly ArmMeans[], from: number): number | null {
  const start = arms[from] ?? { reward: 0, cost: 0 };
  let best: number | null = null;
  let steepness = 0;
  let reach = 0;
  arms.forEach(({ reward, cost }, arm) => {
    const gain = reward - start.reward;
    const price = cost - start.cost;
    if (!(gain > 0) || price < 0) return;
    const slope = price > 0 ? gain / price : Infinity;
    if (slope < steepness || (slope === steepness && gain <= reach)) return;
    [best, steepness, reach] = [arm, slope, gain];
  });
  return best;
}

/**
 * Shares of the arms along the path that spend as much as is asked, by these costs. Where costs do not rise along the
 * path, the first crossing counts; beyond its end, the last arm is for all.
 */
export function mixThatSpends(path: readonly number[], costs: readonly number[], spend: number): number[] {
  const shares = costs.map(() => 0);
  const costOf = (index: number): number => itemAt(costs, itemAt(path, index));
  for (let index = 1; index < path.length; index += 1) {
    const [below, above] = [costOf(index - 1), costOf(index)];
    if (above < spend) continue;
    const fraction = above > below ? Math.max(0, (spend - below) / (above - below)) : 1;
    shares[itemAt(path, index - 1)] = 1 - fraction;
    shares[itemAt(path, index)] = fraction;
    return shares;
  }
  shares[path.at(-1) ?? 0] = 1;
  return shares;
}
