// Policy check
// What planning is worth, from the arms that the log's rows had by chance: at some budgets, ours beside one mix for
// everybody and beside the same model deciding user by user; and each arm given to everybody.
//
// Every row is judged under the plan of its fold: made by the members that have not seen the fold, on values from the
// outcomes of the others. So these are figures of four plans like the release's, each from three quarters of the rows; what
// they share with the fold is the groups' codes, K, and when training stopped.

import { itemAt, must } from "../../domain/assert.ts";
import { expectedAt, positionForBudget, sharesAt } from "../../domain/release/frontier.ts";
import type { Interval } from "../../evaluate/policy/bootstrap.ts";
import { oneArmForAll, type LoggedRows, type Policy } from "../../evaluate/policy/logged.ts";
import { envelopeOf, mixThatSpends } from "../../evaluate/policy/one-mix.ts";
import { differencesOf, measurePolicies, sumPolicies, type PolicyValue } from "../../evaluate/policy/policy-value.ts";
import { individualEnvelope } from "../cluster/prices.ts";
import type { Block, Effects, Tasks } from "../nouns.ts";
import { bestAt } from "../plan/envelope.ts";
import { rowReward } from "../row-reward.ts";
import { detailsOf, type DetailsInput, type FoldPlan, type PlanDetails } from "./plan-details.ts";

export interface PolicyFigures {
  readonly reward: Interval;
  /** Minor units. */
  readonly cost: Interval;
  /** Reward less that of the control for everybody. */
  readonly incremental: Interval;
  /** Minor units; null where nobody said what one of the reward is worth. */
  readonly profit: Interval | null;
}

export interface PolicyDifference {
  readonly reward: Interval;
  readonly cost: Interval;
}

/** Null where no row got an arm that the policy gives. */
export interface BudgetEvidence {
  readonly budgetPerSession: number;
  /** What the plans themselves expect. */
  readonly expectedReward: number;
  readonly expectedCost: number;
  readonly ours: PolicyFigures | null;
  readonly individual: PolicyFigures | null;
  readonly oneMix: PolicyFigures | null;
  /** On the same draws. */
  readonly oursLessIndividual: PolicyDifference;
  readonly oursLessOneMix: PolicyDifference;
}

export interface PolicyEvidence extends PlanDetails {
  readonly rows: number;
  readonly replicates: number;
  readonly confidence: number;
  /** Minor units that one of the reward is worth; null where nobody said. */
  readonly worth: number | null;
  /** The arm for everybody, in the order of the arms. */
  readonly uniform: readonly { readonly arm: string; readonly figures: PolicyFigures | null }[];
  readonly byBudget: readonly BudgetEvidence[];
}

export interface PolicyInput extends DetailsInput {
  /** Out of fold. */
  readonly effects: Effects;
  readonly tasks: Tasks;
  readonly worth: number | null;
}

export function checkPolicies(input: PolicyInput): PolicyEvidence {
  const { block, arms, tasks, options, budgets, worth, progress } = input;
  const rows = loggedRows(block, tasks, arms.length);
  const uniform = arms.map((arm, index) => {
    const sums = sumPolicies(rows, [oneArmForAll(arm, rows, index)], options.seed);
    return { arm, value: measurePolicies(sums, options, worth).values[1] ?? null };
  });
  const byBudget = budgets.map((budget, index) => {
    progress("policy", index / budgets.length, "value on rows that the plan has not seen");
    return atBudget(rows, budget, input);
  });
  const details = detailsOf(
    rows,
    uniform.map(({ value }) => value),
    input,
  );
  progress("policy", 1);
  return {
    ...{ rows: rows.n, replicates: options.replicates, confidence: options.confidence, worth },
    uniform: uniform.map(({ arm, value }) => ({ arm, figures: figuresOf(value) })),
    byBudget,
    ...details,
  };
}

/** Where a fold's plan stands for the budget, and what it expects there. */
interface Standing extends FoldPlan {
  readonly position: number;
  readonly reward: number;
  readonly cost: number;
}

function atBudget(rows: LoggedRows, budget: number, input: PolicyInput): BudgetEvidence {
  const { options, plans, worth } = input;
  const standings = plans.map((plan): Standing => {
    const { frontier, values } = plan;
    const { position } = positionForBudget(frontier, values, values.mix, budget);
    return { ...plan, position, ...expectedAt(frontier, values, values.mix, position) };
  });
  const mean = (pick: (each: Standing) => number): number =>
    standings.reduce((sum, each) => sum + pick(each) / standings.length, 0);
  const expectedCost = mean(({ cost }) => cost);
  const policies = [planned(standings, input), individually(expectedCost, input), mixed(standings, input)];
  const sums = sumPolicies(rows, policies, options.seed);
  const [, ours, individual, oneMix] = measurePolicies(sums, options, worth).values;
  const [oursLessIndividual, oursLessOneMix] = differencesOf(
    sums,
    [
      [1, 2],
      [1, 3],
    ],
    options,
  );
  return {
    budgetPerSession: budget,
    expectedReward: mean(({ reward }) => reward),
    expectedCost,
    ours: figuresOf(ours),
    individual: figuresOf(individual),
    oneMix: figuresOf(oneMix),
    oursLessIndividual: must(oursLessIndividual, "the difference"),
    oursLessOneMix: must(oursLessOneMix, "the difference"),
  };
}

function figuresOf(value: PolicyValue | null | undefined): PolicyFigures | null {
  return value
    ? { reward: value.reward, cost: value.cost, incremental: value.incremental, profit: value.profit }
    : null;
}

function loggedRows(block: Block, tasks: Tasks, arms: number): LoggedRows {
  const reward = Float64Array.from({ length: block.n }, (_, row) => rowReward(block, tasks.rewards, row));
  return { n: block.n, arms, arm: block.arm, propensity: block.propensity, reward, cost: block.cost };
}

function policyOf(name: string, n: number, arms: number, write: (row: number, shares: Float32Array) => void): Policy {
  const shares = new Float32Array(n * arms);
  for (let row = 0; row < n; row += 1) write(row, shares.subarray(row * arms, (row + 1) * arms));
  return { name, shares };
}

/** Each row by the plan of its fold. */
function planned(standings: readonly Standing[], { block, arms }: PolicyInput): Policy {
  const shares: number[] = [];
  return policyOf("ours", block.n, arms.length, (row, out) => {
    const { frontier, position, labels } = standingOf(standings, block, row);
    out.set(sharesAt(frontier, position, labels[row]!, shares));
  });
}

function standingOf(standings: readonly Standing[], block: Block, row: number): Standing {
  return must(standings[block.fold[row]!], "the plan of the row's fold");
}

/** Each user the arm that the model likes best at the price at which it expects to spend the budget. */
function individually(budget: number, { block, arms, effects }: PolicyInput): Policy {
  const { price } = bestAt(individualEnvelope(effects, block.n, arms.length), budget);
  return policyOf("individual", block.n, arms.length, (row, shares) => {
    let best = 0;
    const net = (arm: number): number => {
      const cell = row * arms.length + arm;
      return effects.reward[cell]! - price * effects.cost[cell]!;
    };
    for (let arm = 1; arm < arms.length; arm += 1) if (net(arm) > net(best)) best = arm;
    shares[best] = 1;
  });
}

/** The best that one mix of arms for everybody can do for what each plan spends, by the same values. */
function mixed(standings: readonly Standing[], { block, arms }: PolicyInput): Policy {
  const mixes = new Map(
    standings.map((standing) => {
      const { values } = standing;
      const reward = meansOf(values.reward, values.mix);
      const cost = meansOf(values.cost, values.mix);
      const path = envelopeOf(reward.map((each, arm) => ({ reward: each, cost: cost[arm]! })));
      return [standing, mixThatSpends(path, cost, standing.cost)];
    }),
  );
  return policyOf("one mix", block.n, arms.length, (row, out) =>
    out.set(must(mixes.get(standingOf(standings, block, row)), "the fold's mix")),
  );
}

function meansOf(table: readonly (readonly number[])[], mix: readonly number[]): number[] {
  const arms = itemAt(table, 0).length;
  return Array.from({ length: arms }, (_, arm) =>
    table.reduce((sum, row, cluster) => sum + mix[cluster]! * row[arm]!, 0),
  );
}
