// Trees' weight
// How much of the mean of both learners is the trees', by what each foretells of rows that it has not learned from. How well
// it foretells outcomes is known well. How well it tells the arms apart, which is what counts, is seen with a larger error, so
// that it moves the weight no further than that allows.

import { assert } from "../../domain/assert.ts";
import type { Block, Effects, RewardTask, SlopeWithError, TreesWeight } from "../nouns.ts";
import { rowReward } from "../row-reward.ts";
import { countsOf, levelsOf, oneSlope, pooled } from "./one-slope.ts";

/** Chosen on development logs (docs/METHOD.md). */
export const PRIOR = {
  /** Where the log says nothing. */
  mean: 0.7,
  /** How much better the trees tell arms apart than their weight in foretelling outcomes says, and by how much logs differ in it. */
  overOutcomes: 0.25,
  deviation: 0.1,
} as const;

type Rows = Pick<Block, "n" | "arm" | "propensity" | "rewards" | "cost">;

/** Of a row, under the arm that it got, and by both learners under each arm: [n, arms]. */
interface Foretold {
  readonly seen: ArrayLike<number>;
  readonly network: Float32Array;
  readonly trees: Float32Array;
}

/**
 * `network` and `trees`: what each expects of the block's rows, whose outcomes it has not seen, [n, arms]. How outcomes are
 * foretold is a stacked regression (Breiman 1996) of rewards and one of costs; how arms are told apart is the R-learner's loss
 * (Nie & Wager 2021) of rewards.
 */
export function treesWeight(
  block: Rows,
  tasks: readonly RewardTask[],
  network: Pick<Effects, "reward" | "cost">,
  trees: Pick<Effects, "reward" | "cost">,
): TreesWeight {
  const { n } = block;
  const seen = Float64Array.from({ length: n }, (_, row) => rowReward(block, tasks, row));
  const rewards = { seen, network: network.reward, trees: trees.reward };
  const costs = { seen: block.cost, network: network.cost, trees: trees.cost };
  const effects = bestWeight(block, rewards, "effects");
  const each = [rewards, costs].flatMap((of) => bestWeight(block, of, "outcomes")?.slope ?? []);
  const outcomes = each.length === 0 ? null : each.reduce((sum, weight) => sum + weight) / each.length;
  const before = outcomes === null ? PRIOR.mean : outcomes + PRIOR.overOutcomes;
  const mean = effects === null ? before : pooled({ slope: before, error: PRIOR.deviation }, effects);
  return { weight: Math.min(1, Math.max(0, mean)), outcomes, effects };
}

/**
 * The weight with the least squares, of outcomes y against f(x, a), or of effects y − m(x) against f(x, a) − mean over the arms
 * of f(x, ·); null where both learners say the same. Both are regressions of one number.
 */
function bestWeight(
  { n, arm, propensity }: Rows,
  { seen, network, trees }: Foretold,
  of: "outcomes" | "effects",
): SlopeWithError | null {
  assert(network.length === trees.length && network.length % Math.max(1, n) === 0, "both learners tell of each row");
  const arms = network.length / n;
  const [levelByNetwork, levelByTrees] = [levelsOf(network, arms), levelsOf(trees, arms)];
  const level = levelByNetwork.map((by, row) => (by + levelByTrees[row]!) / 2);
  const [off, apart] = [new Float64Array(n), new Float64Array(n)];
  // Of the levels, what is taken away.
  const share = of === "effects" ? 1 : 0;
  for (let row = 0; row < n; row += 1) {
    const cell = row * arms + arm[row]!;
    const byNetwork = network[cell]! - share * levelByNetwork[row]!;
    apart[row] = trees[cell]! - share * levelByTrees[row]! - byNetwork;
    off[row] = seen[row]! - share * level[row]! - byNetwork;
  }
  return oneSlope(off, apart, countsOf(level, propensity));
}
