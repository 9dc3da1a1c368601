// Envelope
// The best that money can buy when every row (a user, or a group) may mix its arms freely: the linear relaxation of the
// allocation, solved exactly by the greedy way along each row's upper hull (Dantzig's bound of the multiple-choice
// knapsack). It measures: what a grouping keeps, what a student loses. The plan itself is HiGHS's (highs.ts).
//
// Invariant: reward as a function of spend is concave, from the cheapest choice of every row to the best at any price.

import { assert } from "../../domain/assert.ts";

/** What each row can choose from; `reward` and `cost` are [n, arms], `weight` null for all alike. */
export interface Choices {
  readonly n: number;
  readonly arms: number;
  readonly reward: ArrayLike<number>;
  readonly cost: ArrayLike<number>;
  readonly weight: ArrayLike<number> | null;
}

/** Points of the curve by rising spend, each a mean per row; between two points it is linear. */
export interface Envelope {
  readonly cost: Float64Array;
  readonly reward: Float64Array;
  /** Marginal reward per unit of money on the way to the next point; 0 at the last. */
  readonly price: Float64Array;
  /** Mean reward when every row has arm 0. */
  readonly controlReward: number;
}

/** Hull points of one row, by rising cost, written into `hull` (arm indices); returns how many. */
function upperHull(reward: Float64Array, cost: Float64Array, order: Int32Array, hull: Int32Array): number {
  let size = 0;
  for (const arm of order) {
    const r = reward[arm]!;
    const c = cost[arm]!;
    const top = size > 0 ? hull[size - 1]! : -1;
    if (top >= 0 && r <= reward[top]!) continue;
    if (top >= 0 && c === cost[top]) size -= 1;
    while (size > 1) {
      const a = hull[size - 2]!;
      const b = hull[size - 1]!;
      const before = (reward[b]! - reward[a]!) / (cost[b]! - cost[a]!);
      if ((r - reward[b]!) / (c - cost[b]!) < before) break;
      size -= 1;
    }
    hull[size] = arm;
    size += 1;
  }
  return size;
}

/** The whole curve. Sorts all hull steps of all rows: n × arms log, some tenths of a second for 100,000 rows. */
export function envelope(choices: Choices): Envelope {
  const { n, arms } = choices;
  assert(n > 0, "an envelope needs at least one row");
  const steps = hullSteps(choices);
  const order = Uint32Array.from({ length: steps.count }, (_, index) => index);
  order.sort((a, b) => steps.slope[b]! - steps.slope[a]!);
  const size = steps.count + 1;
  const curve = { cost: new Float64Array(size), reward: new Float64Array(size), price: new Float64Array(size) };
  let cost = steps.baseCost;
  let reward = steps.baseReward;
  curve.cost[0] = cost / steps.weight;
  curve.reward[0] = reward / steps.weight;
  order.forEach((step, index) => {
    cost += steps.dCost[step]!;
    reward += steps.dReward[step]!;
    curve.price[index] = steps.slope[step]!;
    curve.cost[index + 1] = cost / steps.weight;
    curve.reward[index + 1] = reward / steps.weight;
  });
  let control = 0;
  for (let row = 0; row < n; row += 1) control += weightOf(choices, row) * choices.reward[row * arms]!;
  return { ...curve, controlReward: control / steps.weight };
}

interface HullSteps {
  readonly slope: Float64Array;
  readonly dCost: Float64Array;
  readonly dReward: Float64Array;
  readonly count: number;
  readonly baseCost: number;
  readonly baseReward: number;
  readonly weight: number;
}

function hullSteps(choices: Choices): HullSteps {
  const { n, arms } = choices;
  const slope = new Float64Array(n * (arms - 1));
  const dCost = new Float64Array(n * (arms - 1));
  const dReward = new Float64Array(n * (arms - 1));
  const rewards = new Float64Array(arms);
  const costs = new Float64Array(arms);
  const order = new Int32Array(arms);
  const hull = new Int32Array(arms);
  let [count, baseCost, baseReward, total] = [0, 0, 0, 0];
  for (let row = 0; row < n; row += 1) {
    const weight = weightOf(choices, row);
    total += weight;
    for (let arm = 0; arm < arms; arm += 1) {
      rewards[arm] = choices.reward[row * arms + arm]!;
      costs[arm] = choices.cost[row * arms + arm]!;
      order[arm] = arm;
    }
    order.sort((a, b) => costs[a]! - costs[b]! || rewards[b]! - rewards[a]!);
    const size = upperHull(rewards, costs, order, hull);
    baseCost += weight * costs[hull[0]!]!;
    baseReward += weight * rewards[hull[0]!]!;
    for (let at = 1; at < size; at += 1) {
      const from = hull[at - 1]!;
      const to = hull[at]!;
      const moreReward = rewards[to]! - rewards[from]!;
      const moreCost = costs[to]! - costs[from]!;
      slope[count] = moreReward / moreCost;
      dCost[count] = weight * moreCost;
      dReward[count] = weight * moreReward;
      count += 1;
    }
  }
  return { slope, dCost, dReward, count, baseCost, baseReward, weight: total };
}

function weightOf(choices: Choices, row: number): number {
  return choices.weight === null ? 1 : choices.weight[row]!;
}

/** The most that any budget can usefully spend, per row. */
export function fullSpend(curve: Envelope): number {
  return curve.cost[curve.cost.length - 1]!;
}

/** Mean reward, spend and marginal reward of the best policy within a budget per row (at least the cheapest one's). */
export function bestAt(curve: Envelope, budget: number): { reward: number; cost: number; price: number } {
  const last = curve.cost.length - 1;
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (curve.cost[middle]! <= budget) low = middle;
    else high = middle - 1;
  }
  const cost = curve.cost[low]!;
  const reward = curve.reward[low]!;
  const price = curve.price[low]!;
  if (low === last || budget <= cost) return { reward, cost, price };
  return { reward: reward + price * (budget - cost), cost: budget, price };
}

/**
 * Incremental reward over the control that one set of choices keeps of another's: mean over the budgets of the ratio at
 * equal spend. 1 when there is nothing to gain.
 */
export function keptShare(of: Envelope, reference: Envelope, budgets: readonly number[]): number {
  let kept = 0;
  let counted = 0;
  for (const budget of budgets) {
    const possible = bestAt(reference, budget).reward - reference.controlReward;
    if (!(possible > 0)) continue;
    kept += (bestAt(of, budget).reward - of.controlReward) / possible;
    counted += 1;
  }
  return counted === 0 ? 1 : kept / counted;
}

/** Twelve budgets from 3 to 90 % of what can usefully be spent: where policies are compared. */
export const SPEND_SHARES = [0.03, 0.06, 0.1, 0.15, 0.22, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;

export function comparisonBudgets(curve: Envelope): number[] {
  return SPEND_SHARES.map((share) => share * fullSpend(curve));
}
