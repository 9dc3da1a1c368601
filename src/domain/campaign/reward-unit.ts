// Reward unit: what a campaign's rewards are counted in, for people.

import type { Campaign } from "./campaign.ts";

/** The one reward that the campaign weighs, with its weight; else their weighed sum, called "reward". */
export function rewardUnit({ rewardWeights }: Pick<Campaign, "rewardWeights">): {
  readonly unit: string;
  readonly weight: number;
} {
  const weighed = Object.entries(rewardWeights).filter(([, weight]) => weight !== 0);
  const [only] = weighed;
  return weighed.length === 1 && only !== undefined && only[1] > 0
    ? { unit: only[0], weight: only[1] }
    : { unit: "reward", weight: 1 };
}
