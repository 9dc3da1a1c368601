// Scenarios
// What may come instead of what is expected: seeded draws of who arrives, what it brings and what it costs. The mix is
// drawn as the bootstrap of the rows it was counted on would draw it; rewards and costs within their standard errors.
//
// Invariants:
//   1. The same seed draws the same scenarios on every machine.
//   2. Draws come in pairs of opposite sign, so that the mean over the scenarios is what the plan expects.
//   3. The control costs nothing in any of them, no cost falls below zero, and what is negligible is nothing.

import type { Random } from "../../domain/random.ts";
import type { ClusterValues } from "../../domain/release/release.ts";

/** What the draws are made from. */
export interface Uncertain {
  readonly values: ClusterValues;
  /** Parts of the standard errors that all clusters of an arm share. */
  readonly armCostSe: readonly number[];
  readonly armRewardSe: readonly number[];
  /** Rows that the mix was counted on. */
  readonly sessions: number;
}

/** Per session under each cluster × arm, the cluster's share of the arrivals multiplied in. */
export interface Scenario {
  readonly spend: Float64Array;
  /** Over the control's. */
  readonly gain: Float64Array;
}

/** As a share of the largest cost or gain: far below what an estimate can know, far above what a solver can tell from 0. */
export const NEGLIGIBLE = 1e-9;

export function drawScenarios(from: Uncertain, count: number, random: Random): Scenario[] {
  const scenarios: Scenario[] = [];
  for (let pair = 0; scenarios.length < count; pair += 1) {
    const errors = drawErrors(from, random.fork(`pair ${pair}`));
    scenarios.push(scenarioOf(from, errors, 1));
    if (scenarios.length < count) scenarios.push(scenarioOf(from, errors, -1));
  }
  return scenarios;
}

/** Standard normals, and two mixes of their own. */
interface Errors {
  readonly armCost: Float64Array;
  readonly armReward: Float64Array;
  readonly cost: Float64Array;
  readonly reward: Float64Array;
  readonly mixes: readonly [Float64Array, Float64Array];
}

function drawErrors(from: Uncertain, random: Random): Errors {
  const { mix } = from.values;
  const arms = from.armCostSe.length;
  const normals = (count: number): Float64Array => Float64Array.from({ length: count }, () => random.normal());
  return {
    armCost: normals(arms),
    armReward: normals(arms),
    cost: normals(mix.length * arms),
    reward: normals(mix.length * arms),
    mixes: [drawMix(mix, from.sessions, random), drawMix(mix, from.sessions, random)],
  };
}

function scenarioOf(from: Uncertain, errors: Errors, sign: 1 | -1): Scenario {
  const { values, armCostSe, armRewardSe } = from;
  const arms = armCostSe.length;
  const mix = errors.mixes[sign === 1 ? 0 : 1];
  const least = NEGLIGIBLE * Math.max(...values.cost.flat());
  const spend = new Float64Array(mix.length * arms);
  const gain = new Float64Array(mix.length * arms);
  for (let cluster = 0; cluster < mix.length; cluster += 1) {
    const share = mix[cluster]!;
    const rewardAt = (arm: number): number => {
      const se = values.rewardSe[cluster]![arm]!;
      const common = armRewardSe[arm]!;
      const own = ownError(se, common) * errors.reward[cluster * arms + arm]!;
      return values.reward[cluster]![arm]! + sign * (common * errors.armReward[arm]! + own);
    };
    const control = rewardAt(0);
    for (let arm = 1; arm < arms; arm += 1) {
      const at = cluster * arms + arm;
      const common = armCostSe[arm]!;
      const own = ownError(values.costSe[cluster]![arm]!, common) * errors.cost[at]!;
      const cost = values.cost[cluster]![arm]! + sign * (common * errors.armCost[arm]! + own);
      spend[at] = cost > least ? share * cost : 0;
      gain[at] = share * (rewardAt(arm) - control);
    }
  }
  return { spend, gain };
}

function ownError(se: number, common: number): number {
  return Math.sqrt(Math.max(se * se - common * common, 0));
}

/** Poisson counts, normalised: a multinomial whose total varies by its own square root, which does not matter here. */
function drawMix(mix: readonly number[], sessions: number, random: Random): Float64Array {
  const total = mix.reduce((sum, share) => sum + share, 0);
  const counts = Float64Array.from(mix, (share) => poisson((share / total) * sessions, random));
  const drawn = counts.reduce((sum, count) => sum + count, 0);
  return drawn > 0 ? counts.map((count) => count / drawn) : Float64Array.from(mix, (share) => share / total);
}

/** Above this mean the normal law is as good. */
const POISSON_BY_HAND = 30;

function poisson(mean: number, random: Random): number {
  if (mean >= POISSON_BY_HAND) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.unit(); product > limit; product *= random.unit()) count += 1;
  return count;
}
