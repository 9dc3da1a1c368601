// Train
// Fits the representation's ensemble to a log, by folds: a trunk with its members for each fold, which learn from the rows
// of the other folds; a row trains only the heads of the arm it had. So the ensemble as a whole learns from every row,
// and of every row there is an answer by members that have not seen it. Training stops for all trunks at once, when the
// loss of those answers no longer falls, and the averaged weights of the best epoch are kept.
//
// Invariants:
//   1. The same log, options, seed and backend give bit-identical weights. Every random number has a named stream of the
//      seed, rows come in file order, and sums are added up in one order.
//   2. The members of a fold's trunk owe nothing to an outcome of that fold, but for when they stopped.

import { seededRandom, type Random } from "../../domain/random.ts";
import { FOLDS, type Block, type CurvePoint, type Dataset, type Progress, type Representation } from "../nouns.ts";
import { adamW, type Optimiser, type Parameter } from "../optimiser.ts";
import { fitScaling, scaleRows, type Scaling } from "../scaling.ts";
import { shuffled } from "../shuffle.ts";
import { breathe } from "../tensorflow.ts";
import { planHeads, targetsOf, type Head } from "./heads.ts";
import { armLevels } from "./intercepts.ts";
import { dropoutMasks, lossAndGradients, type Batch, type Masks } from "./learning-step.ts";
import * as network from "./network.ts";
import { networkOptions, type NetworkOptions } from "./options.ts";
import { representationOf, type Network } from "./predict.ts";

/** Dropout masks in the pool. */
const MASKS = 12;

type Options = NetworkOptions & { readonly members: number };

/** `useBackend` comes first. Progress is told each epoch. */
export async function trainRepresentation(
  dataset: Dataset,
  given: Partial<NetworkOptions>,
  seed: number,
  progress: Progress,
): Promise<Representation> {
  const options = networkOptions(given, dataset.rows);
  const random = seededRandom(`represent:${seed}`);
  const block = await dataset.sample(options.maxRows, seed);
  const scaling = fitScaling(block.x, block.n, dataset.width);
  const plan = planHeads(block, dataset.tasks, dataset.arms.length);
  const rows = rowsOf(block, plan.heads, scaling);
  const learners = Array.from({ length: FOLDS }, (_, fold) =>
    learner(dataset, block, plan.heads, fold, options, random.fork(`fold-${fold}`)),
  );
  try {
    const fitted = await fit(learners, rows, options, progress);
    return representationOf({ scaling, plan, ...fitted });
  } finally {
    for (const { masks } of learners) masks?.dispose();
  }
}

/** A fold's trunk while it learns. */
interface Learner {
  readonly fixed: network.Fixed;
  readonly parameters: readonly Parameter[];
  readonly optimiser: Optimiser;
  /** Rows of the other folds, and of its own. */
  readonly learns: Uint32Array;
  readonly holds: Uint32Array;
  /** Rows of a step. */
  readonly size: number;
  readonly masks: Masks | null;
  readonly random: Random;
}

function learner(
  dataset: Dataset,
  block: Block,
  heads: readonly Head[],
  fold: number,
  options: Options,
  random: Random,
): Learner {
  const arms = dataset.arms.length;
  const dose = options.effects === "nominal" ? null : dataset.tasks.dose;
  const shape: network.Shape = {
    members: options.members,
    width: dataset.width,
    first: options.widths[0],
    second: options.widths[1],
    arms,
    heads: heads.length,
    logits: heads.filter((head) => head.kind === "logit").length,
    ordered: dose !== null,
    dropout: options.dropout,
  };
  const levels = heads.map((head) => armLevels(head, block, fold, arms, dataset.tasks.dose, options.shrinkIntercepts));
  const fixed = network.fixedParts(shape, heads, levels, dose, options, random);
  const parameters = network.startingWeights(fixed, random);
  const all = Uint32Array.from(block.fold.keys());
  const learns = all.filter((row) => block.fold[row] !== fold);
  const size = Math.min(options.batch, Math.max(1, Math.floor(learns.length / 4)));
  return {
    ...{ fixed, parameters, learns, size, random },
    holds: all.filter((row) => block.fold[row] === fold),
    optimiser: adamW(parameters, options),
    masks: dropoutMasks(shape, size, MASKS, random),
  };
}

/** Rows ready for the network: scaled, with a target for each question and NaN where it does not arise. */
interface Rows {
  readonly n: number;
  readonly x: Float32Array;
  readonly arm: Uint8Array;
  readonly target: Float32Array;
}

function rowsOf(block: Block, heads: readonly Head[], scaling: Scaling): Rows {
  const x = new Float32Array(block.x.length);
  scaleRows(scaling, block.x, 0, block.n, x);
  return { n: block.n, x, arm: block.arm, target: targetsOf(heads, block) };
}

interface Fitted {
  readonly networks: readonly Network[];
  readonly curves: readonly CurvePoint[];
  readonly bestEpoch: number;
}

async function fit(
  learners: readonly Learner[],
  rows: Rows,
  options: NetworkOptions,
  progress: Progress,
): Promise<Fitted> {
  const averages = (): Network[] =>
    learners.map(({ fixed, optimiser }) => ({ fixed, weights: optimiser.averages.map((values) => values.slice()) }));
  const curves: CurvePoint[] = [];
  let best = { epoch: 0, loss: Infinity, networks: averages() };
  for (let epoch = 1; epoch <= options.maxEpochs; epoch += 1) {
    let [train, validate] = [0, 0];
    for (const each of learners) {
      train += (await oneEpoch(each, rows, options, each.random.fork(`${epoch}`))) / learners.length;
      validate += (await heldLoss(each, rows, options)) / rows.n;
    }
    curves.push({ epoch, train, validate });
    if (validate < best.loss) best = { epoch, loss: validate, networks: averages() };
    progress("represent", epoch / options.maxEpochs, `epoch ${epoch}: out-of-fold loss ${validate.toFixed(5)}`);
    if (epoch - best.epoch >= options.patience) break;
  }
  progress("represent", 1, `best epoch ${best.epoch} of ${curves.length}`);
  return { networks: best.networks, curves, bestEpoch: best.epoch };
}

/** Mean loss of its batches; what does not fill a batch is left for another epoch's order. */
async function oneEpoch(
  { fixed, parameters, optimiser, learns, size, masks }: Learner,
  rows: Rows,
  options: NetworkOptions,
  random: Random,
): Promise<number> {
  const order = shuffled(learns.length, random).map((at) => learns[at]!);
  const batches = Math.floor(learns.length / size);
  let sum = 0;
  for (let index = 0; index < batches; index += 1) {
    const batch = gather(fixed.shape, rows, order.subarray(index * size, (index + 1) * size), options);
    const mask = masks === null ? null : masks.at(random.below(masks.count));
    const { loss, gradients } = lossAndGradients(fixed, parameters, batch, mask);
    optimiser.step(gradients);
    sum += loss;
    if (index % 8 === 7) await breathe();
  }
  return sum / batches;
}

function gather(shape: network.Shape, rows: Rows, picked: Uint32Array, options: NetworkOptions): Batch {
  const { arms, heads, logits } = shape;
  const n = picked.length;
  const oneHot = new Float32Array(n * arms);
  const target = new Float32Array(n * heads);
  const weight = new Float32Array(n * heads);
  picked.forEach((row, at) => {
    oneHot[at * arms + rows.arm[row]!] = 1;
    for (let head = 0; head < heads; head += 1) {
      const value = rows.target[row * heads + head]!;
      if (Number.isNaN(value)) continue;
      target[at * heads + head] = value;
      weight[at * heads + head] = head < logits ? 1 : options.amountWeight;
    }
  });
  return { n, x: featuresOf(shape, rows, picked), oneHot, target, weight };
}

function featuresOf({ width }: network.Shape, rows: Rows, picked: Uint32Array): Float32Array {
  const x = new Float32Array(picked.length * width);
  picked.forEach((row, at) => x.set(rows.x.subarray(row * width, (row + 1) * width), at * width));
  return x;
}

/** Rows at a time when nothing is learnt from them. */
const HELD_ROWS = 2048;

/** Of the members' mean answers for the rows they do not learn from, with the weights of training: the rows' sum. */
async function heldLoss({ fixed, optimiser, holds }: Learner, rows: Rows, options: NetworkOptions): Promise<number> {
  const { members, heads, logits } = fixed.shape;
  const answers = new Float32Array(heads);
  const means = new Float32Array(heads);
  let sum = 0;
  for (let from = 0; from < holds.length; from += HELD_ROWS) {
    const picked = holds.subarray(from, from + HELD_ROWS);
    const n = picked.length;
    const out = network.forward(fixed, optimiser.averages, featuresOf(fixed.shape, rows, picked), n, "columns");
    for (let row = 0; row < n; row += 1) {
      const arm = rows.arm[picked[row]!]!;
      means.fill(0);
      for (let member = 0; member < members; member += 1) {
        network.answersOf(fixed, optimiser.averages, out, { n, member, row, arm }, answers);
        for (let head = 0; head < heads; head += 1) means[head]! += answers[head]! / members;
      }
      for (let head = 0; head < heads; head += 1) {
        const y = rows.target[picked[row]! * heads + head]!;
        const mean = means[head]!;
        if (Number.isNaN(y)) continue;
        sum += head < logits ? logLoss(y, mean) : options.amountWeight * (y / mean + Math.log(mean));
      }
    }
    await breathe();
  }
  return sum;
}

function logLoss(y: number, mean: number): number {
  const p = Math.min(1 - 1e-7, Math.max(1e-7, mean));
  return -(y * Math.log(p) + (1 - y) * Math.log(1 - p));
}
