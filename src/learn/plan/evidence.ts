// Evidence
// What a row of the frontier may gain and cost, told from scenarios that took no part in choosing it: a plan picks what
// looks cheap in its own scenarios.

import { itemAt } from "../../domain/assert.ts";
import { seededRandom } from "../../domain/random.ts";
import { sharesOf, type Program, type Steps } from "./program.ts";
import { drawScenarios, type Scenario, type Uncertain } from "./scenarios.ts";

/** Gains are over the control, per session; intervals of 95 %. */
export interface PlanOutlook {
  readonly costLow: number;
  readonly costHigh: number;
  readonly rewardLow: number;
  readonly rewardHigh: number;
  /** Share of the scenarios in which the row spends more than its budget. */
  readonly chanceOver: number;
}

const SCENARIOS = 1_000;
const CONFIDENCE = 0.95;

export function freshScenarios(from: Uncertain, seed: number): Scenario[] {
  return drawScenarios(from, SCENARIOS, seededRandom(seed).fork("plan evidence"));
}

export function planOutlook(
  program: Program,
  plan: Steps,
  budget: number,
  scenarios: readonly Scenario[],
): PlanOutlook {
  const used = sharesOf(program, plan).flatMap((shares, cluster) =>
    shares.flatMap((steps, arm) =>
      arm > 0 && steps > 0 ? [{ cell: cluster * program.arms + arm, share: steps / program.steps }] : [],
    ),
  );
  const sum = (values: Float64Array): number =>
    used.reduce((total, { cell, share }) => total + share * itemAt(values, cell), 0);
  const costs = scenarios.map(({ spend }) => sum(spend)).toSorted((a, b) => a - b);
  const rewards = scenarios.map(({ gain }) => sum(gain)).toSorted((a, b) => a - b);
  return {
    costLow: quantile(costs, (1 - CONFIDENCE) / 2),
    costHigh: quantile(costs, (1 + CONFIDENCE) / 2),
    rewardLow: quantile(rewards, (1 - CONFIDENCE) / 2),
    rewardHigh: quantile(rewards, (1 + CONFIDENCE) / 2),
    chanceOver: costs.filter((cost) => cost > budget * (1 + 1e-9)).length / costs.length,
  };
}

function quantile(sorted: readonly number[], at: number): number {
  return itemAt(sorted, Math.round(at * (sorted.length - 1)));
}
