// Predict
// The trained network as the other steps use it: hidden representation, and reward, cost and redemption under each arm.

import { scaleRows, type Scaling } from "../scaling.ts";
import type { CurvePoint, Effects, Representation } from "../nouns.ts";
import type { CostRecipe, HeadPlan, RewardRecipe } from "./heads.ts";
import { forward, meanAnswers, type Fixed } from "./network.ts";

/** Rows at a time. */
const ROWS = 2048;

export interface Trained {
  readonly fixed: Fixed;
  /** In the order of startingWeights. */
  readonly weights: readonly Float32Array[];
  readonly scaling: Scaling;
  readonly plan: Pick<HeadPlan, "rewards" | "cost">;
  readonly curves: readonly CurvePoint[];
  readonly bestEpoch: number;
}

export function representationOf(trained: Trained): Representation {
  const { fixed, weights, scaling, plan } = trained;
  const { arms, second, members, heads } = fixed.shape;
  return {
    arms,
    hiddenWidth: second,
    curves: trained.curves,
    bestEpoch: trained.bestEpoch,
    hidden(x, n) {
      const mean = new Float32Array(n * second);
      inParts(scaling, x, n, (part, from, count) => {
        const all = forward(fixed, weights, part, count, "hidden");
        for (let member = 0; member < members; member += 1)
          for (let i = 0; i < count * second; i += 1)
            mean[from * second + i]! += all[member * count * second + i]! / members;
      });
      return mean;
    },
    effects(x, n) {
      const effects: Effects = {
        reward: new Float32Array(n * arms),
        cost: new Float32Array(n * arms),
        redemption: new Float32Array(n * arms),
      };
      inParts(scaling, x, n, (part, from, count) => {
        const answers = meanAnswers(fixed, weights, forward(fixed, weights, part, count, "columns"), count);
        for (let i = 0; i < count * arms; i += 1)
          putTogether(
            plan.rewards,
            plan.cost,
            answers.subarray(i * heads, (i + 1) * heads),
            i % arms,
            effects,
            from * arms + i,
          );
      });
      return effects;
    },
    dispose: () => undefined,
  };
}

function inParts(
  scaling: Scaling,
  x: Float32Array,
  n: number,
  each: (part: Float32Array, from: number, count: number) => void,
): void {
  const width = scaling.mean.length;
  for (let from = 0; from < n; from += ROWS) {
    const count = Math.min(ROWS, n - from);
    const part = new Float32Array(count * width);
    scaleRows(scaling, x, from, count, part);
    each(part, from, count);
  }
}

function putTogether(
  rewards: readonly RewardRecipe[],
  cost: CostRecipe,
  answers: Float32Array,
  arm: number,
  effects: Effects,
  at: number,
): void {
  let reward = 0;
  for (const recipe of rewards) {
    const amount = recipe.amount === null ? 1 : answers[recipe.amount.head]! * recipe.amount.mean;
    reward += recipe.weight * answers[recipe.occurs]! * amount;
  }
  effects.reward[at] = reward;
  const how = cost.arms[arm]!;
  if (how.kind === "certain") {
    effects.cost[at] = how.minor;
    effects.redemption[at] = 1;
    return;
  }
  let redeems = 1;
  for (const head of cost.redeems) redeems *= answers[head]!;
  const relative = cost.amount === null ? 1 : answers[cost.amount]!;
  effects.cost[at] = how.send + redeems * how.amount * relative;
  effects.redemption[at] = redeems;
}
