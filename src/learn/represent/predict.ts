// Predict
// The trained ensemble as the other steps use it: hidden representation, and reward, cost and redemption under each arm.

import { must } from "../../domain/assert.ts";
import type { LearningCurvePoint, Effects, Representation } from "../nouns.ts";
import type { CostRecipe, HeadPlan, RewardRecipe } from "./heads.ts";
import { answersOf, forward, type Fixed } from "./network.ts";
import type { View } from "./views.ts";

/** Rows at a time. */
const ROWS = 2048;

/** The members over one trunk; those at index f learned from no row of fold f. */
export interface Network {
  readonly view: View;
  readonly fixed: Fixed;
  /** In the order of startingWeights. */
  readonly weights: readonly Float32Array[];
}

export interface TrainedEnsemble {
  readonly networks: readonly Network[];
  readonly plan: Pick<HeadPlan, "rewards" | "cost">;
  readonly curves: readonly LearningCurvePoint[];
  readonly bestEpochs: readonly number[];
}

export function representationOf(trained: TrainedEnsemble): Representation {
  const { networks } = trained;
  const { arms, second } = must(networks[0], "a network").fixed.shape;
  const hiddenWidth = networks.length * second;
  return {
    arms,
    hiddenWidth,
    curves: trained.curves,
    bestEpochs: trained.bestEpochs,
    hidden(x, n) {
      const hidden = new Float32Array(n * hiddenWidth);
      networks.forEach((network, at) => {
        inParts(network, x, n, (part, from, count) =>
          addHidden(network, part, count, hidden, from * hiddenWidth + at * second, hiddenWidth),
        );
      });
      return hidden;
    },
    effects: (x, n) => effectsOf(trained, networks, x, n),
    effectsWithout: (fold, x, n) => effectsOf(trained, [must(networks[fold], "the fold's members")], x, n),
    dispose: () => undefined,
  };
}

/** Mean over the networks. */
function effectsOf({ plan }: TrainedEnsemble, networks: readonly Network[], x: Float32Array, n: number): Effects {
  const size = n * must(networks[0], "a network").fixed.shape.arms;
  const effects = { reward: new Float32Array(size), cost: new Float32Array(size), redemption: new Float32Array(size) };
  for (const network of networks)
    inParts(network, x, n, (part, from, count) =>
      addEffects(plan, network, part, from, count, 1 / networks.length, effects),
    );
  return effects;
}

function inParts(
  { view }: Network,
  x: Float32Array,
  n: number,
  each: (part: Float32Array, from: number, count: number) => void,
): void {
  for (let from = 0; from < n; from += ROWS) {
    const count = Math.min(ROWS, n - from);
    each(view.rows(x, from, count), from, count);
  }
}

/** Mean over the members, whose trunk is one. */
function addHidden(
  network: Network,
  x: Float32Array,
  n: number,
  hidden: Float32Array,
  at: number,
  stride: number,
): void {
  const { second, members } = network.fixed.shape;
  const all = forward(network.fixed, network.weights, x, n, "hidden");
  for (let member = 0; member < members; member += 1)
    for (let row = 0; row < n; row += 1)
      for (let unit = 0; unit < second; unit += 1)
        hidden[at + row * stride + unit]! += all[(member * n + row) * second + unit]! / members;
}

/** Adds the members' mean, times `weight`, to the effects of the rows from `from` on, which its view sees as `x`. */
function addEffects(
  plan: TrainedEnsemble["plan"],
  { fixed, weights }: Network,
  x: Float32Array,
  from: number,
  n: number,
  weight: number,
  effects: Effects,
): void {
  const { members, arms, heads } = fixed.shape;
  const out = forward(fixed, weights, x, n, "columns");
  const answers = new Float32Array(heads);
  for (let member = 0; member < members; member += 1)
    for (let row = 0; row < n; row += 1)
      for (let arm = 0; arm < arms; arm += 1) {
        answersOf(fixed, weights, out, { n, member, row, arm }, answers);
        addTogether(plan.rewards, plan.cost, answers, arm, weight / members, effects, (from + row) * arms + arm);
      }
}

function addTogether(
  rewards: readonly RewardRecipe[],
  cost: CostRecipe,
  answers: Float32Array,
  arm: number,
  weight: number,
  effects: Effects,
  at: number,
): void {
  let reward = 0;
  for (const recipe of rewards) {
    const amount = recipe.amount === null ? 1 : answers[recipe.amount.head]! * recipe.amount.mean;
    reward += recipe.weight * answers[recipe.occurs]! * amount;
  }
  effects.reward[at]! += weight * reward;
  const how = cost.arms[arm]!;
  if (how.kind === "certain") {
    effects.cost[at]! += weight * how.minor;
    effects.redemption[at]! += weight;
    return;
  }
  let redeems = 1;
  for (const head of cost.redeems) redeems *= answers[head]!;
  const relative = cost.amount === null ? 1 : answers[cost.amount]!;
  effects.cost[at]! += weight * (how.send + redeems * how.amount * relative);
  effects.redemption[at]! += weight * redeems;
}
