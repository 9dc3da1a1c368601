// The policies of the share benchmark: what each reaches on people whose truth is known, planned by what a log taught.

import { must } from "../../src/domain/assert.ts";
import { expectedAt, positionForBudget, sharesAt } from "../../src/domain/release/frontier.ts";
import type { ClusterValues, Frontier } from "../../src/domain/release/release.ts";
import { envelopeOf, mixThatSpends, type ArmMeans } from "../../src/evaluate/policy/one-mix.ts";
import { individualEnvelope } from "../../src/learn/cluster/prices.ts";
import type { Dataset, Representation } from "../../src/learn/nouns.ts";
import { bestAt } from "../../src/learn/plan/envelope.ts";
import type { LearnOptions } from "../../src/learn/train-options.ts";
import type { People } from "./share-world.ts";

/** Of one policy in one world: means over the budgets. */
export interface PolicyFigures {
  readonly name: string;
  readonly share: number;
  readonly budgetError: number;
  readonly byBudget: readonly { readonly share: number; readonly budgetError: number }[];
  readonly clusters: number | null;
  /** Student over teacher: incremental reward by the model's expectation, on rows kept back from the student. */
  readonly studentValueRatio: number | null;
}

/** Per person: what is reached, and the spend that was planned: the budget, or less where more is of no use to the plan. */
interface Reached {
  readonly reward: number;
  readonly cost: number;
  readonly planned: number;
}

type Outcome = (budget: number) => Reached;

/** Sums the truth by class once; a plan then needs only the table. */
export function plannedPolicy(
  people: People,
  classes: ArrayLike<number>,
  frontier: Frontier,
  values: ClusterValues,
): Outcome {
  const { arms, reward, cost } = people.truth;
  const sums = { reward: new Float64Array(values.mix.length * arms), cost: new Float64Array(values.mix.length * arms) };
  for (let row = 0; row < people.n; row += 1)
    for (let arm = 0; arm < arms; arm += 1) {
      const cell = (classes[row] ?? 0) * arms + arm;
      sums.reward[cell] = (sums.reward[cell] ?? 0) + (reward[row * arms + arm] ?? 0) / people.n;
      sums.cost[cell] = (sums.cost[cell] ?? 0) + (cost[row * arms + arm] ?? 0) / people.n;
    }
  return (budget) => {
    const { position } = positionForBudget(frontier, values, values.mix, budget);
    let [rewarded, spent] = [0, 0];
    for (let cluster = 0; cluster < values.mix.length; cluster += 1)
      sharesAt(frontier, position, cluster).forEach((share, arm) => {
        rewarded += share * (sums.reward[cluster * arms + arm] ?? 0);
        spent += share * (sums.cost[cluster * arms + arm] ?? 0);
      });
    return { reward: rewarded, cost: spent, planned: expectedAt(frontier, values, values.mix, position).cost };
  };
}

/** Each person the arm that the model likes best, at the price at which it expects the log's people to spend the budget. */
export async function individualPolicy(
  name: string,
  representation: Representation,
  dataset: Dataset,
  people: People,
  learn: LearnOptions,
  seed: number,
): Promise<PolicyFigures> {
  const { arms } = people.truth;
  const fit = await dataset.sample(learn.sample.fit, seed);
  const expected = individualEnvelope(representation.effects(fit.x, fit.n), fit.n, arms);
  const effects = representation.effects(people.x, people.n);
  return figuresOf(name, people, (budget) => {
    const { price, cost: planned } = bestAt(expected, budget);
    let [rewarded, spent] = [0, 0];
    for (let row = 0; row < people.n; row += 1) {
      let best = row * arms;
      const net = (cell: number): number => (effects.reward[cell] ?? 0) - price * (effects.cost[cell] ?? 0);
      for (let cell = best + 1; cell < (row + 1) * arms; cell += 1) if (net(cell) > net(best)) best = cell;
      rewarded += people.truth.reward[best] ?? 0;
      spent += people.truth.cost[best] ?? 0;
    }
    return { reward: rewarded / people.n, cost: spent / people.n, planned };
  });
}

/** Without telling people apart: the mix of a budget by the log's means, and by the true ones, as no log knows them. */
export async function uniformPolicies(people: People, dataset: Dataset): Promise<PolicyFigures[]> {
  const { arms, reward, cost } = people.truth;
  const mean = (values: Float64Array, arm: number): number => {
    let sum = 0;
    for (let cell = arm; cell < values.length; cell += arms) sum += values[cell] ?? 0;
    return sum / people.n;
  };
  const truth = dataset.arms.map((_, arm) => ({ reward: mean(reward, arm), cost: mean(cost, arm) }));
  const mixBy = (name: string, known: readonly ArmMeans[]): PolicyFigures => {
    const path = envelopeOf(known);
    const costs = known.map((each) => each.cost);
    return figuresOf(name, people, (budget) => {
      const shares = mixThatSpends(path, costs, budget);
      const total = (means: readonly ArmMeans[], pick: keyof ArmMeans): number =>
        shares.reduce((sum, share, arm) => sum + share * must(means[arm], "arm")[pick], 0);
      return { reward: total(truth, "reward"), cost: total(truth, "cost"), planned: total(known, "cost") };
    });
  };
  const single = truth.slice(1).map((arm, at) => ({
    name: `${dataset.arms[at + 1]} for all`,
    share: shareAt(people, arm),
    budgetError: 0,
    byBudget: [],
    clusters: null,
    studentValueRatio: null,
  }));
  return [mixBy("one mix, by the log", await logMeans(dataset)), mixBy("one mix, by the truth", truth), ...single];
}

/** Of each arm over the log's rows, weighted by inverse propensity. */
async function logMeans(dataset: Dataset): Promise<ArmMeans[]> {
  const sums = dataset.arms.map(() => ({ weight: 0, reward: 0, cost: 0 }));
  const { rewards } = dataset.tasks;
  for await (const block of dataset.blocks(16_384))
    for (let row = 0; row < block.n; row += 1) {
      const sum = must(sums[block.arm[row] ?? 0], "arm");
      const weight = 1 / (block.propensity[row] ?? 1);
      sum.weight += weight;
      rewards.forEach(
        (task, at) => (sum.reward += weight * task.weight * (block.rewards[row * rewards.length + at] ?? 0)),
      );
      sum.cost += weight * (block.cost[row] ?? 0);
    }
  return sums.map(({ weight, reward, cost }) => ({ reward: reward / weight, cost: cost / weight }));
}

function shareAt({ best }: People, reached: { reward: number; cost: number }): number {
  return (reached.reward - best.controlReward) / (bestAt(best, reached.cost).reward - best.controlReward);
}

export function figuresOf(name: string, people: People, outcome: Outcome): PolicyFigures {
  const byBudget = people.budgets.map((budget) => {
    const reached = outcome(budget);
    return { share: shareAt(people, reached), budgetError: Math.abs(reached.cost / reached.planned - 1) };
  });
  const share = meanOf(byBudget.map((each) => each.share));
  const budgetError = meanOf(byBudget.map((each) => each.budgetError));
  return { name, share, budgetError, byBudget, clusters: null, studentValueRatio: null };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
