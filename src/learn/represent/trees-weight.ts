// Trees' weight
// How much of the mean of both learners is the trees': which of the two tells better how the arms' rewards differ is seen on
// rows that neither has learned from. One log says that with an error, so that it moves a prior no further than the error
// allows.

import { assert } from "../../domain/assert.ts";
import type { Block, Effects, RewardTask, TreesWeight } from "../nouns.ts";
import { rowReward } from "../row-reward.ts";

/** Chosen on development logs (docs/METHOD.md). */
export const PRIOR = { mean: 0.7, deviation: 0.2 } as const;

/** Users who bring much also vary much: a row counts by one over its expected reward, of no less than this share of the mean. */
const LEAST = 0.05;

/**
 * `network` and `trees`: what each expects of the block's rows, whose outcomes it has not seen, [n, arms]. The loss is the
 * R-learner's (Nie & Wager 2021): y − m(x) against f(x, a) − mean over the arms of f(x, ·). It is quadratic in the weight, so
 * that the best weight is a regression of one number, with a standard error that noise of any shape allows (White 1980).
 */
export function treesWeight(
  block: Pick<Block, "n" | "arm" | "propensity" | "rewards">,
  rewards: readonly RewardTask[],
  network: Effects["reward"],
  trees: Effects["reward"],
): TreesWeight {
  const { n } = block;
  assert(network.length === trees.length && network.length % Math.max(1, n) === 0, "both learners tell of each row");
  const arms = network.length / n;
  const level = new Float64Array(n);
  for (let cell = 0; cell < network.length; cell += 1)
    level[Math.floor(cell / arms)]! += (network[cell]! + trees[cell]!) / (2 * arms);
  const least = (LEAST * level.reduce((sum, each) => sum + Math.abs(each), 0)) / n;
  const [off, apart, counts] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  let [across, along] = [0, 0];
  for (let row = 0; row < n; row += 1) {
    const ofNetwork = ofArm(network, arms, row, block.arm[row]!);
    apart[row] = ofArm(trees, arms, row, block.arm[row]!) - ofNetwork;
    off[row] = rowReward(block, rewards, row) - level[row]! - ofNetwork;
    counts[row] = 1 / (block.propensity[row]! * Math.max(least, level[row]!));
    across += counts[row]! * apart[row]! ** 2;
    along += counts[row]! * apart[row]! * off[row]!;
  }
  if (!(across > 0) || !Number.isFinite(across)) return { weight: PRIOR.mean, measured: null };
  const measured = along / across;
  let noise = 0;
  for (let row = 0; row < n; row += 1)
    noise += (counts[row]! * apart[row]! * (off[row]! - measured * apart[row]!)) ** 2;
  const error = Math.sqrt(noise) / across;
  const [before, own] = [1 / PRIOR.deviation ** 2, 1 / error ** 2];
  const mean = Number.isFinite(own) ? (before * PRIOR.mean + own * measured) / (before + own) : PRIOR.mean;
  return { weight: Math.min(1, Math.max(0, mean)), measured: { weight: measured, error } };
}

/** The arm's reward over the mean of all arms. */
function ofArm(rewards: Float32Array, arms: number, row: number, arm: number): number {
  let mean = 0;
  for (let each = 0; each < arms; each += 1) mean += rewards[row * arms + each]! / arms;
  return rewards[row * arms + arm]! - mean;
}
