// Policy check
// What the plan is worth on the log's test rows, from the arms that these had by chance: at some budgets, ours beside one
// mix for everybody and beside the same network deciding user by user; and each arm given to everybody.
// The plan judged here owes nothing to the outcomes of the test rows.

import { must } from "../domain/assert.ts";
import type { ClusterValues, Frontier } from "../domain/release.ts";
import { expectedOfRow } from "../domain/frontier.ts";
import type { BootstrapOptions, Interval } from "../evaluate/policy/bootstrap.ts";
import { oneArmForAll, type LoggedRows, type Policy } from "../evaluate/policy/logged.ts";
import { envelopeOf, mixThatSpends } from "../evaluate/policy/one-mix.ts";
import { differencesOf, sumPolicies, valuesOf, type PolicyValue } from "../evaluate/policy/policy-value.ts";
import { individualEnvelope } from "./cluster/prices.ts";
import type { Block, Effects, Progress, Tasks } from "./nouns.ts";
import { bestAt } from "./plan/envelope.ts";

export interface PolicyFigures {
  readonly reward: Interval;
  /** Minor units. */
  readonly cost: Interval;
  /** Reward less that of the control for everybody. */
  readonly incremental: Interval;
}

export interface Difference {
  readonly reward: Interval;
  readonly cost: Interval;
}

/** Null where no test row got an arm that the policy gives. */
export interface BudgetEvidence {
  readonly budgetPerSession: number;
  /** What the plan itself expects. */
  readonly expectedReward: number;
  readonly expectedCost: number;
  readonly ours: PolicyFigures | null;
  readonly individual: PolicyFigures | null;
  readonly oneMix: PolicyFigures | null;
  /** On the same draws. */
  readonly oursLessIndividual: Difference;
  readonly oursLessOneMix: Difference;
}

export interface PolicyEvidence {
  readonly rows: number;
  readonly replicates: number;
  readonly confidence: number;
  /** The arm for everybody, in the order of the arms. */
  readonly uniform: readonly { readonly arm: string; readonly figures: PolicyFigures | null }[];
  readonly byBudget: readonly BudgetEvidence[];
}

export interface PolicyInput {
  readonly test: Block;
  readonly effects: Effects;
  /** The student's. */
  readonly classes: ArrayLike<number>;
  readonly arms: readonly string[];
  readonly tasks: Tasks;
  /** From outcomes of other rows. */
  readonly values: ClusterValues;
  readonly frontier: Frontier;
  readonly options: BootstrapOptions;
  readonly progress: Progress;
}

export function checkPolicies(input: PolicyInput): PolicyEvidence {
  const { test, arms, tasks, options, frontier, progress } = input;
  const rows = loggedRows(test, tasks, arms.length);
  const uniform = arms.map((arm, index) => {
    const sums = sumPolicies(rows, [oneArmForAll(arm, rows, index)], options.seed);
    return { arm, figures: figuresOf(valuesOf(sums, options)[1]) };
  });
  const budgets = frontier.rows.length - 1;
  const byBudget = Array.from({ length: budgets }, (_, index) => {
    progress("policy", index / budgets, "value on test rows");
    return atBudget(rows, index + 1, input);
  });
  progress("policy", 1);
  return { rows: rows.n, replicates: options.replicates, confidence: options.confidence, uniform, byBudget };
}

function atBudget(rows: LoggedRows, planRow: number, input: PolicyInput): BudgetEvidence {
  const { frontier, values, options } = input;
  const expected = expectedOfRow(frontier, values, values.mix, planRow);
  const policies = [planned(planRow, input), individually(expected.cost, input), mixed(expected.cost, input)];
  const sums = sumPolicies(rows, policies, options.seed);
  const [, ours, individual, oneMix] = valuesOf(sums, options);
  const [oursLessIndividual, oursLessOneMix] = differencesOf(
    sums,
    [
      [1, 2],
      [1, 3],
    ],
    options,
  );
  return {
    budgetPerSession: must(frontier.rows[planRow], "the plan's row").budgetPerSession,
    expectedReward: expected.reward,
    expectedCost: expected.cost,
    ours: figuresOf(ours),
    individual: figuresOf(individual),
    oneMix: figuresOf(oneMix),
    oursLessIndividual: must(oursLessIndividual, "the difference"),
    oursLessOneMix: must(oursLessOneMix, "the difference"),
  };
}

function figuresOf(value: PolicyValue | null | undefined): PolicyFigures | null {
  return value ? { reward: value.reward, cost: value.cost, incremental: value.incremental } : null;
}

function loggedRows(block: Block, tasks: Tasks, arms: number): LoggedRows {
  const width = tasks.rewards.length;
  const reward = Float64Array.from({ length: block.n }, (_, row) =>
    tasks.rewards.reduce((sum, task, at) => sum + task.weight * (block.rewards[row * width + at] ?? 0), 0),
  );
  return { n: block.n, arms, arm: block.arm, propensity: block.propensity, reward, cost: block.cost };
}

function policyOf(name: string, n: number, arms: number, write: (row: number, shares: Float32Array) => void): Policy {
  const shares = new Float32Array(n * arms);
  for (let row = 0; row < n; row += 1) write(row, shares.subarray(row * arms, (row + 1) * arms));
  return { name, shares };
}

/** By the student's class. */
function planned(planRow: number, { test, arms, classes, frontier }: PolicyInput): Policy {
  const plan = frontier.rows[planRow]?.shares ?? [];
  return policyOf("ours", test.n, arms.length, (row, shares) =>
    plan[classes[row] ?? 0]?.forEach((steps, arm) => (shares[arm] = steps / frontier.steps)),
  );
}

/** Each user the arm that the network likes best at the price at which it expects to spend the budget. */
function individually(budget: number, { test, arms, effects }: PolicyInput): Policy {
  const { price } = bestAt(individualEnvelope(effects, test.n, arms.length), budget);
  return policyOf("individual", test.n, arms.length, (row, shares) => {
    let best = 0;
    const net = (arm: number): number => {
      const cell = row * arms.length + arm;
      return (effects.reward[cell] ?? 0) - price * (effects.cost[cell] ?? 0);
    };
    for (let arm = 1; arm < arms.length; arm += 1) if (net(arm) > net(best)) best = arm;
    shares[best] = 1;
  });
}

/** The best that one mix of arms for everybody can do within the budget, by the same estimates. */
function mixed(budget: number, { test, arms, values }: PolicyInput): Policy {
  const reward = meansOf(values.reward, values.mix);
  const cost = meansOf(values.cost, values.mix);
  const path = envelopeOf(reward.map((mean, arm) => ({ reward: mean, cost: cost[arm] ?? 0 })));
  const shares = mixThatSpends(path, cost, budget);
  return policyOf("one mix", test.n, arms.length, (_, row) => row.set(shares));
}

function meansOf(table: readonly (readonly number[])[], mix: readonly number[]): number[] {
  const arms = table[0]?.length ?? 0;
  return Array.from({ length: arms }, (_, arm) =>
    table.reduce((sum, row, cluster) => sum + (mix[cluster] ?? 0) * (row[arm] ?? 0), 0),
  );
}
