// Train
// Fits the representation network to a log: rows train only the heads of the arm they had; it stops when the ensemble's
// loss on the validation rows no longer falls, and keeps the averaged weights of the best epoch.
//
// Invariant: the same log, options, seed and backend give bit-identical weights. Every random number has a named
// stream of the seed, rows come in file order, and sums are added up in one order.

import { seededRandom, type Random } from "../../domain/random.ts";
import type { Block, CurvePoint, Dataset, Progress, Representation } from "../nouns.ts";
import { adamW, type Optimiser, type Parameter } from "../optimiser.ts";
import { fitScaling, scaleRows, type Scaling } from "../scaling.ts";
import { shuffled } from "../shuffle.ts";
import { breathe } from "../tensorflow.ts";
import { planHeads, targetsOf, type Head } from "./heads.ts";
import { armLevels } from "./intercepts.ts";
import * as network from "./network.ts";
import { networkOptions, type NetworkOptions } from "./options.ts";
import { representationOf } from "./predict.ts";

/** Dropout masks in the pool. */
const MASKS = 12;

/** `useBackend` comes first. Progress is told each epoch. */
export async function trainRepresentation(
  dataset: Dataset,
  given: Partial<NetworkOptions>,
  seed: number,
  progress: Progress,
): Promise<Representation> {
  const options = networkOptions(given, dataset.rows);
  const random = seededRandom(`represent:${seed}`);
  const block = await dataset.sample("train", options.maxTrainRows, seed);
  const held = await dataset.sample("validate", options.maxValidateRows, seed);
  const scaling = fitScaling(block.x, block.n, dataset.width);
  const plan = planHeads(block, dataset.tasks, dataset.arms.length);
  const fixed = prepare(dataset, block, plan.heads, options, random);
  const rows = { train: rowsOf(block, plan.heads, scaling), validate: rowsOf(held, plan.heads, scaling) };
  const fitted = await fit(fixed, rows, options, random, progress);
  return representationOf({ fixed, scaling, plan, ...fitted });
}

function prepare(
  dataset: Dataset,
  block: Block,
  heads: readonly Head[],
  options: NetworkOptions & { readonly members: number },
  random: Random,
): network.Fixed {
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
  const levels = heads.map((head) => armLevels(head, block, arms, dataset.tasks.dose, options.shrinkIntercepts));
  return network.fixedParts(shape, heads, levels, dose, options, random);
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
  readonly weights: readonly Float32Array[];
  readonly curves: readonly CurvePoint[];
  readonly bestEpoch: number;
}

async function fit(
  fixed: network.Fixed,
  rows: { readonly train: Rows; readonly validate: Rows },
  options: NetworkOptions,
  random: Random,
  progress: Progress,
): Promise<Fitted> {
  const parameters = network.startingWeights(fixed, random);
  const optimiser = adamW(parameters, options);
  const size = Math.min(options.batch, Math.max(1, Math.floor(rows.train.n / 4)));
  const masks = network.dropoutMasks(fixed.shape, size, MASKS, random);
  const curves: CurvePoint[] = [];
  let best = { epoch: 0, loss: Infinity, weights: optimiser.averages.map((values) => values.slice()) };
  try {
    for (let epoch = 1; epoch <= options.maxEpochs; epoch += 1) {
      const train = await oneEpoch(
        fixed,
        parameters,
        optimiser,
        rows.train,
        size,
        options,
        masks,
        random.fork(`${epoch}`),
      );
      const validate = await ensembleLoss(fixed, optimiser.averages, rows.validate, options);
      curves.push({ epoch, train, validate });
      if (validate < best.loss)
        best = { epoch, loss: validate, weights: optimiser.averages.map((values) => values.slice()) };
      progress("represent", epoch / options.maxEpochs, `epoch ${epoch}: validation loss ${validate.toFixed(5)}`);
      if (epoch - best.epoch >= options.patience) break;
    }
  } finally {
    masks?.dispose();
  }
  progress("represent", 1, `best epoch ${best.epoch} of ${curves.length}`);
  return { weights: best.weights, curves, bestEpoch: best.epoch };
}

/** Mean loss of its batches; what does not fill a batch is left for another epoch's order. */
async function oneEpoch(
  fixed: network.Fixed,
  parameters: readonly Parameter[],
  optimiser: Optimiser,
  rows: Rows,
  size: number,
  options: NetworkOptions,
  masks: network.Masks | null,
  random: Random,
): Promise<number> {
  const order = shuffled(rows.n, random);
  const batches = Math.floor(rows.n / size);
  let sum = 0;
  for (let index = 0; index < batches; index += 1) {
    const batch = gather(fixed.shape, rows, order.subarray(index * size, (index + 1) * size), options);
    const mask = masks === null ? null : masks.at(random.below(masks.count));
    const { loss, gradients } = network.lossAndGradients(fixed, parameters, batch, mask);
    optimiser.step(gradients);
    sum += loss;
    if (index % 8 === 7) await breathe();
  }
  return sum / batches;
}

function gather(shape: network.Shape, rows: Rows, picked: Uint32Array, options: NetworkOptions): network.Batch {
  const { width, arms, heads, logits } = shape;
  const n = picked.length;
  const x = new Float32Array(n * width);
  const oneHot = new Float32Array(n * arms);
  const target = new Float32Array(n * heads);
  const weight = new Float32Array(n * heads);
  picked.forEach((row, at) => {
    x.set(rows.x.subarray(row * width, (row + 1) * width), at * width);
    oneHot[at * arms + rows.arm[row]!] = 1;
    for (let head = 0; head < heads; head += 1) {
      const value = rows.target[row * heads + head]!;
      if (Number.isNaN(value)) continue;
      target[at * heads + head] = value;
      weight[at * heads + head] = head < logits ? 1 : options.amountWeight;
    }
  });
  return { n, x, oneHot, target, weight };
}

/** Rows at a time when nothing is learnt from them. */
const VALIDATE_ROWS = 2048;

/** Of the members' mean answers, with the weights of training: per row, summed over its questions. */
async function ensembleLoss(
  fixed: network.Fixed,
  weights: readonly Float32Array[],
  rows: Rows,
  options: NetworkOptions,
): Promise<number> {
  const { width, arms, heads, logits } = fixed.shape;
  let sum = 0;
  for (let from = 0; from < rows.n; from += VALIDATE_ROWS) {
    const n = Math.min(VALIDATE_ROWS, rows.n - from);
    const out = network.forward(fixed, weights, rows.x.subarray(from * width, (from + n) * width), n, "columns");
    const means = network.meanAnswers(fixed, weights, out, n);
    for (let i = 0; i < n * heads; i += 1) {
      const row = Math.floor(i / heads);
      const head = i % heads;
      const y = rows.target[(from + row) * heads + head]!;
      if (Number.isNaN(y)) continue;
      const mean = means[(row * arms + rows.arm[from + row]!) * heads + head]!;
      sum += head < logits ? logLoss(y, mean) : options.amountWeight * (y / mean + Math.log(mean));
    }
    await breathe();
  }
  return sum / rows.n;
}

function logLoss(y: number, mean: number): number {
  const p = Math.min(1 - 1e-7, Math.max(1e-7, mean));
  return -(y * Math.log(p) + (1 - y) * Math.log(1 - p));
}
