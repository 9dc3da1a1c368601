// Train
// The ensemble of two kinds of learners, networks and boosted trees, each by folds: what is expected of a row is a weighted
// mean of both. They err differently, and the mean less than either on most logs (docs/METHOD.md).
//
// Invariants:
//   1. The same log, options, seed and backend give bit-identical answers. Every random number has a named stream of the
//      seed, rows come in file order, and sums are added up in one order.
//   2. All parts together learn from every row, and what a fold's parts say of its rows owes nothing to their outcomes,
//      but for when the parts stopped.

import { must } from "../../domain/assert.ts";
import { seededRandom } from "../../domain/random.ts";
import { FOLDS, type Dataset, type Effects, type ProgressListener, type Representation } from "../nouns.ts";
import { treeOptions, type TreeOptions } from "../trees/options.ts";
import { planHeads, targetsOf } from "./heads.ts";
import type { Lesson } from "./learned.ts";
import { networkOptions, type NetworkOptions } from "./options.ts";
import { emptyEffects } from "./recipes.ts";
import { trainNetworks } from "./train-networks.ts";
import { trainTrees } from "./train-trees.ts";

/** Of the trees in the mean of both; .5 and .85 were tried beside it (docs/METHOD.md). */
export const TREES_WEIGHT = 0.7;

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
  const weightOf = (own: number): number => (learners === "both" ? own : 1);
  const arms = dataset.arms.length;
  const effectsBy = (folds: readonly number[], x: Float32Array, n: number): Effects => {
    const effects = emptyEffects(n, arms);
    networks?.addEffects(folds, { x, n }, weightOf(1 - TREES_WEIGHT), effects);
    trees?.addEffects(folds, { x, n }, weightOf(TREES_WEIGHT), effects);
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
    dispose: () => undefined,
  };
}
