// Small programs for the plan's tests, and a second opinion on them: every whole plan tried in turn.

import type { PlanInput } from "../../../src/learn/plan/plan.ts";
import { PLAN_OPTIONS } from "../../../src/learn/plan/plan.ts";

/** Values known exactly: no standard errors, and a mix counted on so many rows that it does not move. */
export function certain(
  reward: number[][],
  cost: number[][],
  mix: number[],
  options: Partial<PlanInput["options"]> = {},
): PlanInput {
  const none = reward.map((row) => row.map(() => 0));
  const arms = reward[0]?.map(() => 0) ?? [];
  return {
    values: { reward, rewardSe: none, cost, costSe: none, redemption: none, mix },
    armCostSe: arms,
    armRewardSe: arms,
    sessions: 1e15,
    options: { ...PLAN_OPTIONS, scenarios: 20, ...options },
    seed: 1,
    progress: () => undefined,
  };
}

/** All ways to give `steps` steps to `arms` arms. */
export function divisions(steps: number, arms: number): number[][] {
  if (arms === 1) return [[steps]];
  return Array.from({ length: steps + 1 }, (_, first) => first).flatMap((first) =>
    divisions(steps - first, arms - 1).map((rest) => [first, ...rest]),
  );
}

/** All whole plans, as `[cluster][arm]` steps. */
export function allPlans(clusters: number, arms: number, steps: number): number[][][] {
  if (clusters === 0) return [[]];
  const rest = allPlans(clusters - 1, arms, steps);
  return divisions(steps, arms).flatMap((own) => rest.map((others) => [own, ...others]));
}

/** Σ share × table, the mix multiplied in where given. */
export function meanOf(
  shares: readonly (readonly number[])[],
  table: readonly (readonly number[])[],
  mix: readonly number[] | null,
): number {
  let sum = 0;
  shares.forEach((row, cluster) => {
    const steps = row.reduce((all, each) => all + each, 0);
    row.forEach((step, arm) => (sum += (mix?.[cluster] ?? 1) * (step / steps) * (table[cluster]?.[arm] ?? 0)));
  });
  return sum;
}

/** Mean of the `count` largest. */
export function meanOfLargest(values: readonly number[], count: number): number {
  return (
    values
      .toSorted((a, b) => b - a)
      .slice(0, count)
      .reduce((sum, value) => sum + value, 0) / count
  );
}
