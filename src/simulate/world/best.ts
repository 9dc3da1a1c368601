// Best possible
// The incremental reward of the best policy that knows the truth of every user, at a given true spend: the yardstick of
// `bestPossibleShare`. Lagrangian: each user gets the arm with the largest reward − λ × cost; between the two policies
// next to the spend, a mix of them is allowed, so the curve is exact (concave, piecewise linear).

import { assert } from "../../domain/assert.ts";
import type { Truth } from "./world.ts";

export interface TrueValue {
  /** Sum over the users, over the control arm for all. */
  readonly incrementalReward: number;
  /** Sum over the users, minor units. */
  readonly spendMinor: number;
}

/** The best possible at exactly this true spend (or at all that can usefully be spent, when that is less). */
export function bestPossible(truth: Truth, spendMinor: number): TrueValue & { readonly shadowPrice: number } {
  assert(spendMinor >= 0, `spend ${spendMinor} is negative`);
  let low = 0;
  let under = greedy(truth, 0);
  if (under.spendMinor <= spendMinor) return { ...under, shadowPrice: 0 };
  let over = under;
  let high = 1e-6;
  while ((under = greedy(truth, high)).spendMinor > spendMinor) {
    low = high;
    over = under;
    high *= 4;
  }
  for (let round = 0; round < 50 && over.spendMinor > under.spendMinor; round += 1) {
    const middle = (low + high) / 2;
    const value = greedy(truth, middle);
    if (value.spendMinor > spendMinor) [low, over] = [middle, value];
    else [high, under] = [middle, value];
  }
  const gap = over.spendMinor - under.spendMinor;
  const share = gap > 0 ? (spendMinor - under.spendMinor) / gap : 0;
  return {
    incrementalReward: under.incrementalReward + share * (over.incrementalReward - under.incrementalReward),
    spendMinor,
    shadowPrice: high,
  };
}

/** Each user's best arm at a price of money; of equals the cheaper, which is the lower index. */
export function greedy(truth: Truth, price: number): TrueValue {
  const { n, arms, reward, cost } = truth;
  let incrementalReward = 0;
  let spendMinor = 0;
  for (let row = 0, at = 0; row < n; row += 1, at += arms) {
    const base = reward[at]!;
    let best = base - price * cost[at]!;
    let chosen = at;
    for (let cell = at + 1; cell < at + arms; cell += 1) {
      const value = reward[cell]! - price * cost[cell]!;
      if (value > best) {
        best = value;
        chosen = cell;
      }
    }
    incrementalReward += reward[chosen]! - base;
    spendMinor += cost[chosen]!;
  }
  return { incrementalReward, spendMinor };
}

/** True value of a policy given as shares of the arms, [n, arms]. */
export function policyValue(truth: Truth, shares: ArrayLike<number>): TrueValue {
  const { n, arms, reward, cost } = truth;
  let incrementalReward = 0;
  let spendMinor = 0;
  for (let row = 0, at = 0; row < n; row += 1, at += arms) {
    const base = reward[at]!;
    for (let cell = at; cell < at + arms; cell += 1) {
      const share = shares[cell]!;
      if (share === 0) continue;
      incrementalReward += share * (reward[cell]! - base);
      spendMinor += share * cost[cell]!;
    }
  }
  return { incrementalReward, spendMinor };
}

/** Reached incremental reward over the best possible at the same true spend; null when nothing could be reached. */
export function shareOfBest(truth: Truth, reached: TrueValue): number | null {
  const best = bestPossible(truth, reached.spendMinor).incrementalReward;
  return best > 0 ? reached.incrementalReward / best : null;
}
