// Reward: what outcomes are worth, by name while they are collected, in one number by the campaign's weights.

/** Names that a decision collects; what comes under further names is left out. */
export const REWARD_NAMES_MAX = 32;

export type Rewards = Readonly<Record<string, number>>;

export function rewardOf(weights: Rewards, rewards: Rewards): number {
  let sum = 0;
  for (const name in rewards) sum += (Object.hasOwn(weights, name) ? (weights[name] ?? 0) : 0) * (rewards[name] ?? 0);
  return sum;
}

export function addRewards(before: Rewards, more: Rewards): Rewards {
  const sum: Record<string, number> = { ...before };
  let names = Object.keys(sum).length;
  for (const name in more) {
    if (!Object.hasOwn(sum, name)) {
      if (names >= REWARD_NAMES_MAX) continue;
      names += 1;
    }
    sum[name] = (Object.hasOwn(sum, name) ? (sum[name] ?? 0) : 0) + (more[name] ?? 0);
  }
  return sum;
}
