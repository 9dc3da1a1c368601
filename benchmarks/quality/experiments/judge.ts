// Judge of experiments
// No truth is known here: policies are valued on the rows they have not learned from, by the log (EOM, src/evaluate). All
// methods are compared at the same measured spend. Differences are paired: the same rows, the same bootstrap draws, a user's
// rows drawn together.

import { joinSums } from "../../../src/evaluate/policy/grouped.ts";
import { aucc, groupByScore, qini } from "../../../src/evaluate/policy/curves.ts";
import type { LoggedRows, Policy } from "../../../src/evaluate/policy/logged.ts";
import {
  measurePolicies,
  sumPolicies,
  type BootstrapOptions,
  type Interval,
  type PolicySums,
} from "../../../src/evaluate/policy/policy-value.ts";
import { mean, type Effects } from "../scorer.ts";
import { ladderOf, type Ladder } from "./ladder.ts";
import type { Told } from "./told.ts";

export interface ExperimentResult {
  readonly experiment: string;
  readonly rows: number;
  readonly folds: number;
  readonly repeats: number;
  readonly method: string;
  /** Of the processor, for all folds. */
  readonly seconds: number;
  readonly budgets: readonly AtBudget[];
  /** Mean |measured spend / budget − 1| where the method thinks that it spends the budget. */
  readonly error: number;
  /** Of each arm but the control; null where the log cannot say it. */
  readonly aucc: readonly (number | null)[];
  readonly qini: readonly (number | null)[];
  /** Of ours. */
  readonly learner?: string;
}

interface AtBudget {
  /** Of what the dearest arm for all would cost. */
  readonly budget: number;
  /** Incremental reward per thousand rows. */
  readonly value: Range | null;
  /** Of ours as served less this; null for ours itself, and where the log cannot say it. */
  readonly oursLess: Range | null;
}

type Range = Pick<Interval, "value" | "low" | "high">;

export const EXPERIMENT_BUDGETS = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8] as const;

const THOUSAND = 1000;

/** `told`: by method, once for each repeat; ours among them, or nothing is paired. */
export function judgeExperiment(
  logged: LoggedRows,
  told: ReadonlyMap<string, readonly Told[]>,
  options: BootstrapOptions,
): Omit<ExperimentResult, "experiment" | "rows" | "folds" | "repeats" | "learner">[] {
  const full = dearest(logged);
  const methods = [...told].map(([method, repeats]) => {
    const ladders = repeats.map((each) => ladderOf(each));
    const policies = EXPERIMENT_BUDGETS.map((share) => averaged(ladders, logged, share * full, `${method} ${share}`));
    return { method, repeats, ladders, sums: sumPolicies(logged, policies, options.seed) };
  });
  const joined: PolicySums = joinSums(methods.map(({ sums }) => sums));
  const measured = measurePolicies(joined, options);
  const points = EXPERIMENT_BUDGETS.length;
  const ours = methods.findIndex(({ method }) => method === "ours");
  return methods.map(({ method, repeats, ladders }, index) => ({
    method,
    seconds: mean(repeats.map(({ seconds }) => seconds)),
    budgets: EXPERIMENT_BUDGETS.map((budget, at) => {
      const place = 1 + index * points + at;
      const own = 1 + ours * points + at;
      const value = measured.values[place] ?? null;
      const isPaired = ours >= 0 && index !== ours && value !== null && Boolean(measured.values[own]);
      return {
        budget,
        value: value === null ? null : thousand(value.incremental),
        oursLess: isPaired ? thousand(measured.difference(own, place).reward) : null,
      };
    }),
    error: mean(ladders.map((ladder) => budgetError(ladder, logged, full))),
    ...rankingsOf(logged, repeats),
  }));
}

export type ExperimentVerdict = "better" | "no worse" | "worse";

/**
 * The rule, written down before anything was measured. "worse": the 95 % interval of ours less the other lies below 0 at one
 * budget at least. "better": it lies above 0 at one at least and below at none. "no worse" otherwise. With six budgets, chance
 * alone makes one method in ten or so look worse or better somewhere.
 */
export function verdictOf(budgets: readonly AtBudget[]): ExperimentVerdict | null {
  const known = budgets.flatMap(({ oursLess }) => (oursLess === null ? [] : [oursLess]));
  if (known.length === 0) return null;
  if (known.some(({ high }) => high < 0)) return "worse";
  return known.some(({ low }) => low > 0) ? "better" : "no worse";
}

function thousand({ value, low, high }: Interval): Range {
  return { value: THOUSAND * value, low: THOUSAND * low, high: THOUSAND * high };
}

/** By the log, what the dearest arm for all would cost. */
function dearest(logged: LoggedRows): number {
  const cost = new Float64Array(logged.arms);
  for (let row = 0; row < logged.n; row += 1)
    cost[logged.arm[row]!]! += logged.cost[row]! / logged.propensity[row]! / logged.n;
  return Math.max(...cost);
}

/**
 * The policies of all repeats at one measured spend, mixed alike. Each goes up its own ladder of policies, by prices or by its
 * plan, until the log says that it spends the budget, and mixes the two policies about it.
 */
function averaged(ladders: readonly Ladder[], logged: LoggedRows, spend: number, name: string): Policy {
  const shares = new Float32Array(logged.n * logged.arms);
  for (const ladder of ladders) {
    const { below, fraction } = crossing(measuredCosts(ladder, logged), spend);
    ladder.add(below, (1 - fraction) / ladders.length, shares);
    if (fraction > 0) ladder.add(below + 1, fraction / ladders.length, shares);
  }
  return { name, shares };
}

const measuredBy = new WeakMap<Ladder, Float64Array>();

/** Of each step, by the log. */
function measuredCosts(ladder: Ladder, logged: LoggedRows): Float64Array {
  const known = measuredBy.get(ladder);
  if (known !== undefined) return known;
  const costs = Float64Array.from({ length: ladder.steps }, (_, step) => {
    let sum = 0;
    for (let row = 0; row < logged.n; row += 1)
      if (logged.cost[row] !== 0)
        sum += (ladder.share(step, row, logged.arm[row]!) * logged.cost[row]!) / logged.propensity[row]!;
    return sum / logged.n;
  });
  measuredBy.set(ladder, costs);
  return costs;
}

/** Where the steps first cost so much: the step below, and how far to the next; the last step where they never do. */
function crossing(costs: ArrayLike<number>, spend: number): { readonly below: number; readonly fraction: number } {
  for (let step = 0; step < costs.length; step += 1) {
    if (costs[step]! < spend) continue;
    if (step === 0) return { below: 0, fraction: 0 };
    return { below: step - 1, fraction: (spend - costs[step - 1]!) / (costs[step]! - costs[step - 1]!) };
  }
  return { below: costs.length - 1, fraction: 0 };
}

function budgetError(ladder: Ladder, logged: LoggedRows, full: number): number {
  const measured = measuredCosts(ladder, logged);
  return mean(
    EXPERIMENT_BUDGETS.map((share) => {
      const { below, fraction } = crossing(ladder.planned, share * full);
      const next = measured[Math.min(below + 1, measured.length - 1)]!;
      const spend = measured[below]! + fraction * (next - measured[below]!);
      return Math.abs(spend / (share * full) - 1);
    }),
  );
}

/** AUCC by gain for money, Qini by gain, as published; the mean over the repeats. */
function rankingsOf(logged: LoggedRows, repeats: readonly Told[]): Pick<ExperimentResult, "aucc" | "qini"> {
  const arms = Array.from({ length: logged.arms - 1 }, (_, at) => at + 1);
  const all = (of: (told: Told, arm: number) => number | null): (number | null)[] =>
    arms.map((arm) => {
      const found = repeats.map((told) => of(told, arm));
      return found.some((each) => each === null) ? null : mean(found.map((each) => each ?? NaN));
    });
  return {
    aucc: all(({ effects }, arm) => aucc(groupByScore(logged, scores(effects, arm, true), arm))),
    qini: all(({ effects }, arm) => qini(groupByScore(logged, scores(effects, arm, false), arm))),
  };
}

/** An arm that costs no more is worth any money where it brings more, and none where it does not. */
function scores({ n, arms, reward, cost }: Effects, arm: number, isForMoney: boolean): Float64Array {
  return Float64Array.from({ length: n }, (_, row) => {
    const gain = reward[row * arms + arm]! - reward[row * arms]!;
    const price = cost[row * arms + arm]! - cost[row * arms]!;
    if (!isForMoney) return gain;
    return price > 0 ? gain / price : gain > 0 ? Infinity : -Infinity;
  });
}
