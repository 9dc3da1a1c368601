// Row reward: what a row of a log brought, its rewards together.

import type { Block, RewardTask } from "./nouns.ts";

/** Σ weight × value over the rewards, in their order. */
export function rowReward({ rewards }: Pick<Block, "rewards">, tasks: readonly RewardTask[], row: number): number {
  let sum = 0;
  for (let at = 0; at < tasks.length; at += 1) sum += tasks[at]!.weight * rewards[row * tasks.length + at]!;
  return sum;
}
