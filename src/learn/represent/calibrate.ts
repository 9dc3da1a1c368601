// Calibrate
// How far arms differ from user to user, as outcomes that nobody learned from say it. Trees that stop early say too little of
// it, and money then goes to whoever brings much rather than to whom an arm changes.
//
// Invariant: what is expected of a row over all arms stays, but where an arm would bring next to nothing.

import type { Block, Calibration, Effects, RewardTask } from "../nouns.ts";
import { rowReward } from "../row-reward.ts";
import type { HeadPlan } from "./heads.ts";
import { countsOf, levelsOf, oneSlope, pooled } from "./one-slope.ts";

/** What the log's slope is pooled with, and the most that is taken; chosen on development logs (docs/METHOD.md). */
export const SLOPE = { mean: 1.3, deviation: 0.35, most: 3 } as const;

/** An arm keeps this share at least of what was foretold of it. */
const LEAST_KEPT = 0.05;

type Rows = Pick<Block, "n" | "arm" | "propensity" | "rewards">;

/**
 * By rewards `foretold` of the block's rows, [n, arms], by what has not seen their outcomes. With ℓ(x) the mean over the arms of
 * f(x, ·) and u(a) the mean over rows of f(x, a) / ℓ(x): the slope of y − f(x, a) on f(x, a) − u(a) ℓ(x), and 1 (the best linear
 * predictor of effects: Chernozhukov, Demirer, Duflo & Fernández-Val 2018).
 */
export function calibrate(block: Rows, tasks: readonly RewardTask[], foretold: Float32Array): Calibration {
  const { n, arm, propensity } = block;
  const arms = foretold.length / Math.max(1, n);
  const level = scaledLevels(foretold, arms);
  const usual = usualOf(foretold, level, arms);
  const [off, own] = [new Float64Array(n), new Float64Array(n)];
  for (let row = 0; row < n; row += 1) {
    if (level[row] === 0) continue;
    const expected = foretold[row * arms + arm[row]!]!;
    off[row] = rowReward(block, tasks, row) - expected;
    own[row] = expected - usual[arm[row]!]! * level[row]!;
  }
  const beyond = oneSlope(off, own, countsOf(level, propensity));
  if (beyond === null) return { slope: 1, measured: null, usual };
  const measured = { slope: 1 + beyond.slope, error: beyond.error };
  const slope = pooled({ slope: SLOPE.mean, error: SLOPE.deviation }, measured);
  return { slope: Math.min(SLOPE.most, Math.max(1, slope)), measured, usual };
}

function usualOf(foretold: Float32Array, level: Float64Array, arms: number): number[] {
  const sums = new Float64Array(arms);
  let rows = 0;
  level.forEach((mean, row) => {
    if (mean === 0) return;
    rows += 1;
    for (let arm = 0; arm < arms; arm += 1) sums[arm]! += foretold[row * arms + arm]! / mean;
  });
  return Array.from(sums, (sum) => (rows === 0 ? 1 : sum / rows));
}

/** By row; 0 where an arm is expected to bring less than nothing: shares of such a level say nothing, and the row stays as foretold. */
function scaledLevels(foretold: Float32Array, arms: number): Float64Array {
  const levels = levelsOf(foretold, arms);
  for (let cell = 0; cell < foretold.length; cell += 1)
    if (!(foretold[cell]! >= 0)) levels[Math.floor(cell / arms)] = 0;
  return levels;
}

/** In place. A cost that follows a reward, and how often it is redeemed, change as the reward does. */
export function applyCalibration(
  { slope, usual }: Calibration,
  plan: Pick<HeadPlan, "rewards" | "cost">,
  effects: Effects,
): void {
  const { reward, cost, redemption } = effects;
  const arms = usual.length;
  const follows = plan.cost.redeems.some((head) => plan.rewards.some(({ occurs }) => occurs === head));
  const most = plan.rewards.every(({ amount }) => amount === null)
    ? plan.rewards.reduce((sum, { weight }) => sum + Math.max(0, weight), 0)
    : Number.POSITIVE_INFINITY;
  scaledLevels(reward, arms).forEach((level, row) => {
    if (level === 0) return;
    for (let arm = 0; arm < arms; arm += 1) {
      const cell = row * arms + arm;
      const before = reward[cell]!;
      if (!(before > 0)) continue;
      const change = Math.max(LEAST_KEPT, slope - ((slope - 1) * usual[arm]! * level) / before);
      reward[cell] = Math.min(Math.max(before, most), before * change);
      const how = plan.cost.arms[arm]!;
      if (how.kind === "certain" || !follows) continue;
      cost[cell] = how.send + (cost[cell]! - how.send) * change;
      redemption[cell] = Math.min(1, redemption[cell]! * change);
    }
  });
}
