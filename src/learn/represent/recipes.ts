// Recipes
// The answers to a row's questions under an arm, put together again as expected reward, cost and redemption.

import type { Effects } from "../nouns.ts";
import type { HeadPlan } from "./heads.ts";

export function emptyEffects(n: number, arms: number): Effects {
  const size = n * arms;
  return { reward: new Float32Array(size), cost: new Float32Array(size), redemption: new Float32Array(size) };
}

/** Adds what comes of the answers [heads], times `weight`, at a place of the effects. */
export function addTogether(
  { rewards, cost }: Pick<HeadPlan, "rewards" | "cost">,
  answers: Float32Array,
  arm: number,
  weight: number,
  effects: Effects,
  at: number,
): void {
  let reward = 0;
  for (const recipe of rewards) {
    const amount = recipe.amount === null ? 1 : answers[recipe.amount.head]! * recipe.amount.mean;
    reward += recipe.weight * answers[recipe.occurs]! * amount;
  }
  effects.reward[at]! += weight * reward;
  const how = cost.arms[arm]!;
  if (how.kind === "certain") {
    effects.cost[at]! += weight * how.minor;
    effects.redemption[at]! += weight;
    return;
  }
  let redeems = 1;
  for (const head of cost.redeems) redeems *= answers[head]!;
  // An arm whose amounts are all alike took no part in learning how they differ.
  const relative = cost.amount === null || !how.varies ? 1 : answers[cost.amount]!;
  effects.cost[at]! += weight * (how.send + redeems * how.amount * relative);
  effects.redemption[at]! += weight * redeems;
}
