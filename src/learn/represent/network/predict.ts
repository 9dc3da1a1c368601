// Predict
// The trained networks as the other steps use them: hidden representation, and reward, cost and redemption under each arm.

import { itemAt, must } from "../../../domain/assert.ts";
import type { Effects, LearningCurvePoint, Representation } from "../../nouns.ts";
import type { HeadPlan } from "../heads.ts";
import type { Learned } from "../learned.ts";
import { addTogether } from "../recipes.ts";
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

export interface TrainedNetworks {
  readonly networks: readonly Network[];
  readonly plan: Pick<HeadPlan, "rewards" | "cost">;
  readonly curves: readonly LearningCurvePoint[];
  readonly bestEpochs: readonly number[];
}

export type LearnedNetworks = Learned & Pick<Representation, "hiddenWidth" | "hidden" | "curves" | "bestEpochs">;

export function learnedNetworks({ networks, plan, curves, bestEpochs }: TrainedNetworks): LearnedNetworks {
  const { second } = must(networks[0], "a network").fixed.shape;
  const hiddenWidth = networks.length * second;
  return {
    hiddenWidth,
    curves,
    bestEpochs,
    hidden(x, n) {
      const hidden = new Float32Array(n * hiddenWidth);
      networks.forEach((network, at) => {
        inParts(network, x, n, (part, from, count) =>
          addHidden(network, part, count, hidden, from * hiddenWidth + at * second, hiddenWidth),
        );
      });
      return hidden;
    },
    addEffects(folds, { x, n }, weight, effects) {
      for (const fold of folds) {
        const network = itemAt(networks, fold);
        inParts(network, x, n, (part, from, count) =>
          addEffects(plan, network, part, from, count, weight / folds.length, effects),
        );
      }
    },
  };
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
  plan: TrainedNetworks["plan"],
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
        addTogether(plan, answers, arm, weight / members, effects, (from + row) * arms + arm);
      }
}
