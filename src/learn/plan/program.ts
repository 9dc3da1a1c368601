// Program
// The integer stochastic program of one release, in arrays. Choose whole steps x[cluster, arm] ≥ 0, at most `steps` for
// each cluster (the rest is the control's), so that
//
//   Σ gain · x      is most                    gain: expected reward over the control's
//   tail spend(x)   ≤ budget                   the mean spend of the worst share `risk` of the scenarios (CVaR)
//
// The tail's mean rather than a quantile of the spend, because it is convex: it is the largest of linear functions, so
// the program's linear relaxation bounds it, cutting planes solve it, and what holds for two plans holds for every mix
// of them (docs/METHOD.md).
//
// Invariants:
//   1. A budget that holds for the tail's mean is passed in less than `tail` of the scenarios.
//   2. `tailOf` is convex in x, and `cutOf` of its scenarios is a linear function that nowhere lies above it.
//   3. An arm that gains nothing has no column: the control is never worse and never dearer.

import { itemAt } from "../../domain/assert.ts";
import type { ClusterValues } from "../../domain/release/release.ts";
import { NEGLIGIBLE, type Scenario } from "./scenarios.ts";

/** Steps of each cluster × arm; the control's are not written. Fractional in the relaxation. */
export type Steps = Float64Array;

export interface Program {
  readonly clusters: number;
  readonly arms: number;
  readonly steps: number;
  /** Expected reward over the control's, per session and step, [clusters × arms]. */
  readonly gain: Float64Array;
  /** Spend per session and step, [clusters × arms], by scenario. */
  readonly spend: readonly Float64Array[];
  /** Number of scenarios whose mean spend must hold the budget: the dearest. */
  readonly tail: number;
  /** The program's columns: cells of cluster × arm that gain something. */
  readonly columns: Int32Array;
  /** Best arm of every cluster, whatever it costs. */
  readonly full: Steps;
}

export function programOf(values: ClusterValues, scenarios: readonly Scenario[], steps: number, risk: number): Program {
  const clusters = values.mix.length;
  const arms = itemAt(values.reward, 0).length;
  const gain = gainsOf(values, steps);
  return {
    clusters,
    arms,
    steps,
    gain,
    spend: scenarios.map((scenario) => scenario.spend.map((spend) => spend / steps)),
    tail: Math.max(1, Math.floor(scenarios.length * risk)),
    columns: Int32Array.from([...gain.keys()].filter((cell) => gain[cell]! > 0)),
    full: fullPlan(values, gain, steps),
  };
}

function gainsOf(values: ClusterValues, steps: number): Float64Array {
  const total = values.mix.reduce((sum, share) => sum + share, 0);
  const gains = values.reward.flatMap((rewards, cluster) => {
    const share = values.mix[cluster]! / total;
    return rewards.map((reward) => (share * (reward - rewards[0]!)) / steps);
  });
  const least = NEGLIGIBLE * Math.max(...gains);
  return Float64Array.from(gains, (gain) => (gain > 0 && gain <= least ? 0 : gain));
}

/** The dearest plan that is of use: of arms with the same reward, the cheapest. */
function fullPlan(values: ClusterValues, gain: Float64Array, steps: number): Steps {
  const plan = new Float64Array(gain.length);
  values.cost.forEach((costs, cluster) => {
    const first = cluster * costs.length;
    let best = 0;
    costs.forEach((cost, arm) => {
      const more = gain[first + arm]! - gain[first + best]!;
      if (more > 0 || (more === 0 && cost < costs[best]!)) best = arm;
    });
    if (best > 0) plan[first + best] = steps;
  });
  return plan;
}

/** Best arm of every cluster among those that are expected to cost nothing and do so in every scenario. */
export function freePlan(program: Program, values: ClusterValues): Steps {
  const { arms, gain, spend, steps } = program;
  const isFree = (cell: number): boolean =>
    values.cost[Math.floor(cell / arms)]?.[cell % arms] === 0 && spend.every((each) => each[cell] === 0);
  const plan = new Float64Array(gain.length);
  for (let first = 0; first < gain.length; first += arms) {
    let best = first;
    for (let cell = first + 1; cell < first + arms; cell += 1)
      if (gain[cell]! > gain[best]! && isFree(cell)) best = cell;
    if (best > first) plan[best] = steps;
  }
  return plan;
}

export function gainOf(program: Program, plan: Steps): number {
  return program.columns.reduce((sum, cell) => sum + program.gain[cell]! * plan[cell]!, 0);
}

/** The mean spend per session in the dearest scenarios of a plan, and which they are. */
export interface Tail {
  readonly spend: number;
  readonly scenarios: readonly number[];
}

export function tailOf(program: Program, plan: Steps): Tail {
  const spend = spendsOf(program, plan);
  const dearest = [...spend.keys()].sort((a, b) => spend[b]! - spend[a]! || a - b).slice(0, program.tail);
  return {
    spend: dearest.reduce((sum, scenario) => sum + spend[scenario]!, 0) / program.tail,
    scenarios: dearest,
  };
}

/** Spend per session of a plan in each scenario. */
export function spendsOf(program: Program, plan: Steps): Float64Array {
  const used = program.columns.filter((cell) => plan[cell] !== 0);
  return Float64Array.from(program.spend, (spend) => used.reduce((sum, cell) => sum + spend[cell]! * plan[cell]!, 0));
}

/** Mean spend per step of each cell in the given scenarios: a budget row of the linear program. */
export function cutOf(program: Program, scenarios: readonly number[]): Float64Array {
  const cut = new Float64Array(program.gain.length);
  for (const scenario of scenarios) for (const cell of program.columns) cut[cell]! += program.spend[scenario]![cell]!;
  return cut.map((sum) => sum / scenarios.length);
}

/** Steps of a cluster that are given to an arm other than the control. */
export function stepsUsed(program: Program, plan: Steps, cluster: number): number {
  let used = 0;
  for (let cell = cluster * program.arms + 1; cell < (cluster + 1) * program.arms; cell += 1) used += plan[cell]!;
  return used;
}

/** As a release carries it: `[cluster][arm]`, the control's steps filled in. */
export function sharesOf(program: Program, plan: Steps): number[][] {
  return Array.from({ length: program.clusters }, (_, cluster) =>
    Array.from({ length: program.arms }, (_unused, arm) =>
      arm === 0 ? program.steps - stepsUsed(program, plan, cluster) : plan[cluster * program.arms + arm]!,
    ),
  );
}
