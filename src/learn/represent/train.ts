// Train
// The ensemble of two kinds of learners, networks and boosted trees, each by folds: what is expected of a row is a weighted
// mean of both. They err differently, and the mean less than either on most logs (docs/METHOD.md).
//
// Invariants:
//   1. The same log, options, seed and backend give bit-identical answers. Every random number has a named stream of the
//      seed, rows come in file order, and sums are added up in one order.
//   2. All parts together learn from every row, and what a fold's parts say of its rows owes nothing to their outcomes,
//      but for when the parts stopped, and for two numbers, the trees' weight and the slope of effects.

import { must } from "../../domain/assert.ts";
import { seededRandom } from "../../domain/random.ts";
import { FOLDS, type Block, type Dataset, type Effects, type ProgressListener, type Representation } from "../nouns.ts";
import { treeOptions, type TreeOptions } from "../trees/options.ts";
import { applyCalibration, calibrate } from "./calibrate.ts";
import { planHeads, targetsOf } from "./heads.ts";
import type { Learned, Lesson } from "./learned.ts";
import { networkOptions, type NetworkOptions } from "./network/options.ts";
import { effectsOutOfFold } from "./out-of-fold.ts";
import { emptyEffects } from "./recipes.ts";
import { trainNetworks } from "./network/train-networks.ts";
import { trainTrees } from "./train-trees.ts";
import { treesWeight } from "./trees-weight.ts";

export type Learners = "both" | "network" | "trees";

export interface RepresentOptions {
  readonly learners: Learners;
  readonly network: Partial<NetworkOptions>;
  readonly trees: Partial<TreeOptions>;
  /** Whether effects are scaled to what the log's outcomes say of them. */
  readonly calibrates: boolean;
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
  const random = seededRandom(`represent:${seed}`);
  const block = await dataset.sample(options.maxRows, seed);
  const plan = planHeads(block, dataset.tasks, dataset.arms.length);
  const lesson: Lesson = { dataset, block, plan, targets: targetsOf(plan.heads, block) };
  const part =
    (from: number): ProgressListener =>
    (step, done, detail) =>
      progress(step, learners === "both" ? from + done / 2 : done, detail);
  const networks = learners === "trees" ? null : await trainNetworks(lesson, options, random, part(0));
  const trees =
    learners === "network"
      ? null
      : await trainTrees(lesson, treeOptions(given.trees, dataset.rows), random.fork("trees"), part(0.5));
  const arms = dataset.arms.length;
  const { rewards } = dataset.tasks;
  const byNetworks = networks === null ? null : toldBy(networks, block, arms);
  const byTrees = trees === null ? null : toldBy(trees, block, arms);
  const weighed = byNetworks !== null && byTrees !== null ? treesWeight(block, rewards, byNetworks, byTrees) : null;
  const ofTrees = weighed?.weight ?? 1;
  const ofNetworks = weighed === null ? 1 : 1 - weighed.weight;
  const foretold = weightedSum([byNetworks?.reward, ofNetworks], [byTrees?.reward, ofTrees]);
  const calibration = given.calibrates ? calibrate(block, rewards, foretold) : null;
  const effectsBy = (some: readonly number[], x: Float32Array, n: number): Effects => {
    const effects = emptyEffects(n, arms);
    networks?.addEffects(some, { x, n }, ofNetworks, effects);
    trees?.addEffects(some, { x, n }, ofTrees, effects);
    if (calibration !== null) applyCalibration(calibration, plan, effects);
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
    calibration,
    dispose: () => undefined,
  };
}

/** What a learner foretells of the block's rows, each by the part that has not learned from it. */
function toldBy(learned: Learned, block: Block, arms: number): Effects {
  const effectsWithout = (fold: number, x: Float32Array, n: number): Effects => {
    const effects = emptyEffects(n, arms);
    learned.addEffects([fold], { x, n }, 1, effects);
    return effects;
  };
  return effectsOutOfFold({ arms, effectsWithout }, block);
}

function weightedSum(...parts: (readonly [Float32Array | undefined, number])[]): Float32Array {
  const known = parts.flatMap(([values, weight]) => (values === undefined ? [] : [{ values, weight }]));
  return Float32Array.from({ length: known[0]?.values.length ?? 0 }, (_, at) =>
    known.reduce((sum, { values, weight }) => sum + weight * values[at]!, 0),
  );
}
