// Downgrade: when the arm that was drawn cannot be paid, the best cheaper one that can: by reward − λ × cost of the
// session's cluster, λ being the plan's shadow price, and only if that is worth more than no incentive.

import { itemAt } from "../../domain/assert.ts";
import { strictHoldMinor, type Campaign } from "../../domain/campaign/campaign.ts";
import type { Minor } from "../../domain/money/money.ts";
import type { ClusterValues } from "../../domain/release/release.ts";

/** An arm's index; null when none is worth it. */
export function cheaperArm(
  campaign: Campaign,
  values: ClusterValues,
  cluster: number,
  shadowPrice: number,
  belowMinor: Minor,
  freeMinor: Minor,
): number | null {
  const reward = itemAt(values.reward, cluster);
  const cost = itemAt(values.cost, cluster);
  const worth = (arm: number): number => itemAt(reward, arm) - shadowPrice * itemAt(cost, arm);
  let best: number | null = null;
  let most = worth(0);
  campaign.arms.forEach((arm, index) => {
    const hold = strictHoldMinor(arm);
    if (index === 0 || hold >= belowMinor || hold > freeMinor || !(worth(index) > most)) return;
    best = index;
    most = worth(index);
  });
  return best;
}
