// Ladder
// A method's policies from spending little to spending much: by falling price for one who predicts each row, by the rows of
// the plan for one who plans by groups.

import { pricesOf, type Effects, type GroupPlan } from "../scorer.ts";
import type { Told } from "./told.ts";

export interface Ladder {
  readonly steps: number;
  /** What the method thinks that each step costs, per row. */
  readonly planned: Float64Array;
  share(step: number, row: number, arm: number): number;
  /** Adds the step's shares, times a weight, to [n, arms]. */
  add(step: number, weight: number, shares: Float32Array): void;
}

export function ladderOf({ effects, plans }: Told): Ladder {
  return plans === null ? byPrice(effects) : byPlan(effects, plans);
}

function byPrice(effects: Effects): Ladder {
  const { n, arms, reward, cost } = effects;
  const prices = pricesOf(effects);
  const choices = prices.map((price) =>
    Uint8Array.from({ length: n }, (_, row) => {
      let best = 0;
      let net = reward[row * arms]! - price * cost[row * arms]!;
      for (let arm = 1; arm < arms; arm += 1) {
        const other = reward[row * arms + arm]! - price * cost[row * arms + arm]!;
        if (other > net) [best, net] = [arm, other];
      }
      return best;
    }),
  );
  return {
    steps: prices.length,
    planned: Float64Array.from(choices, (chosen) =>
      chosen.reduce((sum, arm, row) => sum + cost[row * arms + arm]! / n, 0),
    ),
    share: (step, row, arm) => Number(choices[step]![row] === arm),
    add: (step, weight, shares) => choices[step]!.forEach((arm, row) => (shares[row * arms + arm]! += weight)),
  };
}

/** The folds' plans go up together: at each of these shares of what the dearest fold's plan would spend. */
const RUNGS = 200;

function byPlan({ n, arms }: Effects, { byFold, fold, group }: NonNullable<Told["plans"]>): Ladder {
  const mixes = byFold.map((plan, own) => mixOf(plan, own, fold, group));
  const spends = byFold.map((plan, own) => plan.steps.map((shares) => spendOf(shares, plan, mixes[own]!)));
  const most = Math.max(...spends.flat());
  // Of each fold, the plan's row that is thought to spend as much as the rung, or its last.
  const rungs = Array.from({ length: RUNGS + 1 }, (_, rung) =>
    spends.map((of) => {
      const over = of.findIndex((spend) => spend > (most * rung) / RUNGS);
      return over < 0 ? of.length - 1 : Math.max(0, over - 1);
    }),
  );
  const sizes = byFold.map((_, own) => fold.reduce((count, each) => count + Number(each === own), 0) / n);
  const share = (step: number, row: number, arm: number): number => {
    const own = fold[row]!;
    return byFold[own]!.steps[rungs[step]![own]!]![group[row]!]![arm]!;
  };
  return {
    steps: rungs.length,
    planned: Float64Array.from(rungs, (at) =>
      at.reduce((sum, step, own) => sum + sizes[own]! * spends[own]![step]!, 0),
    ),
    share,
    add: (step, weight, shares) => {
      for (let row = 0; row < n; row += 1)
        for (let arm = 0; arm < arms; arm += 1) shares[row * arms + arm]! += weight * share(step, row, arm);
    },
  };
}

function mixOf({ cost }: GroupPlan, own: number, fold: Uint8Array, group: Int32Array): Float64Array {
  const mix = new Float64Array(cost.length);
  let rows = 0;
  fold.forEach((each, row) => {
    if (each !== own) return;
    mix[group[row]!]! += 1;
    rows += 1;
  });
  return mix.map((count) => count / Math.max(1, rows));
}

function spendOf(shares: readonly (readonly number[])[], { cost }: GroupPlan, mix: Float64Array): number {
  return shares.reduce(
    (sum, row, group) => sum + mix[group]! * row.reduce((s, share, arm) => s + share * cost[group]![arm]!, 0),
    0,
  );
}
