// Train
// The ensemble of two kinds of learners, networks and boosted trees, each by folds: what is expected of a row is a weighted
// mean of both. They err differently, and the mean less than either on most logs (docs/METHOD.md).
//
// Invariants:
//   1. The same log, options, seed and backend give bit-identical answers. Every random number has a named stream of the
//      seed, rows come in file order, and sums are added up in one order.
//   2. All parts together learn from every row, and what a fold's parts say of its rows owes nothing to their outcomes,
//      but for when the parts stopped, and for one number, the trees' weight.

import { must } from "../../domain/assert.ts";
import { seededRandom } from "../../domain/random.ts";
import {
  FOLDS,
  type Dataset,
  type Effects,
  type ProgressListener,
  type Representation,
  type TreesWeight,
} from "../nouns.ts";
import { treeOptions, type TreeOptions } from "../trees/options.ts";
import { planHeads, targetsOf } from "./heads.ts";
import type { Learned, Lesson } from "./learned.ts";
import { networkOptions, type NetworkOptions } from "./options.ts";
import { effectsOutOfFold } from "./out-of-fold.ts";
import { emptyEffects } from "./recipes.ts";
import { trainNetworks } from "./train-networks.ts";
import { trainTrees } from "./train-trees.ts";
import { treesWeight } from "./trees-weight.ts";

export type Learners = "both" | "network" | "trees";

export interface RepresentOptions {
  readonly learners: Learners;
  readonly network: Partial<NetworkOptions>;
  readonly trees: Partial<TreeOptions>;
}

/** `useBackend` comes first. */
export async function trainRepresentation(
  dataset: Dataset,
  given: RepresentOptions,
  seed: number,
  progress: ProgressListener,
): Promise<Representation> {
  const { learners } = given;
  const options = networkOptions(given.network, dataset.rows);
  const ofTrees = treeOptions(given.trees, dataset.rows);
  const random = seededRandom(`represent:${seed}`);
  const block = await dataset.sample(options.maxRows, seed);
  const plan = planHeads(block, dataset.tasks, dataset.arms.length);
  const lesson: Lesson = { dataset, block, plan, targets: targetsOf(plan.heads, block) };
  const part =
    (from: number): ProgressListener =>
    (step, done, detail) =>
      progress(step, learners === "both" ? from + done / 2 : done, detail);
  const networks = learners === "trees" ? null : await trainNetworks(lesson, options, random, part(0));
  const trees = learners === "network" ? null : await trainTrees(lesson, ofTrees, random.fork("trees"), part(0.5));
  const arms = dataset.arms.length;
  const weighed = networks !== null && trees !== null ? weigh(lesson, networks, trees) : null;
  const ofTheTrees = weighed?.weight ?? 1;
  const ofTheNetworks = weighed === null ? 1 : 1 - weighed.weight;
  const effectsBy = (folds: readonly number[], x: Float32Array, n: number): Effects => {
    const effects = emptyEffects(n, arms);
    networks?.addEffects(folds, { x, n }, ofTheNetworks, effects);
    trees?.addEffects(folds, { x, n }, ofTheTrees, effects);
    return effects;
  };
  const folds = Array.from({ length: FOLDS }, (_, fold) => fold);
  return {
    arms,
    hiddenWidth: networks?.hiddenWidth ?? 0,
    hidden: (x, n) => must(networks, "the network, whose hidden layer is asked for").hidden(x, n),
    effects: (x, n) => effectsBy(folds, x, n),
    effectsWithout: (fold, x, n) => effectsBy([fold], x, n),
    curves: networks?.curves ?? [],
    bestEpochs: networks?.bestEpochs ?? [],
    treeRounds: trees?.rounds ?? [],
    treesWeight: weighed,
    dispose: () => undefined,
  };
}

/** By what each foretells of the rows that it has not learned from. */
function weigh({ dataset, block }: Lesson, networks: Learned, trees: Learned): TreesWeight {
  const arms = dataset.arms.length;
  const told = (learned: Learned): Effects => {
    const effectsWithout = (fold: number, x: Float32Array, n: number): Effects => {
      const effects = emptyEffects(n, arms);
      learned.addEffects([fold], { x, n }, 1, effects);
      return effects;
    };
    return effectsOutOfFold({ arms, effectsWithout }, block);
  };
  return treesWeight(block, dataset.tasks.rewards, told(networks), told(trees));
}
