// Train networks
// Fits the networks to a log, by folds: a trunk with its members for each fold, which learn from the rows of the other
// folds; a row trains only the heads of the arm it had. A trunk stops when the loss of its own fold's rows no longer
// falls, and the averaged weights of its best epoch are kept.
//
// Invariants:
//   1. The same log, options, seed and backend give bit-identical weights. Every random number has a named stream of the
//      seed, rows come in file order, and sums are added up in one order.
//   2. The members of a fold's trunk owe nothing to an outcome of that fold, but for when they stopped.

import { must } from "../../../domain/assert.ts";
import type { Random } from "../../../domain/random.ts";
import { FOLDS, type Block, type Dataset, type LearningCurvePoint, type ProgressListener } from "../../nouns.ts";
import { adamW, type Optimiser, type Parameter } from "./optimiser.ts";
import { shuffled } from "../../shuffle.ts";
import { breathe } from "./tensorflow.ts";
import type { Head } from "../heads.ts";
import { armLevels } from "./intercepts.ts";
import { dropoutMasks, lossAndGradients, type Batch, type Masks } from "./learning-step.ts";
import * as network from "./network.ts";
import type { Lesson } from "../learned.ts";
import type { NetworkOptions } from "./options.ts";
import { learnedNetworks, type LearnedNetworks, type Network } from "./predict.ts";
import { crossedView, plainView, type View } from "./views.ts";

/** Dropout masks in the pool. */
const MASKS = 12;

type Options = NetworkOptions & { readonly members: number };

/** `useBackend` comes first. Progress is told each epoch. */
export async function trainNetworks(
  { dataset, block, plan, targets }: Lesson,
  options: Options,
  random: Random,
  progress: ProgressListener,
): Promise<LearnedNetworks> {
  const rows = { n: block.n, x: block.x, arm: block.arm, target: targets };
  const views = viewsOf(dataset, block, options);
  const learners = Array.from({ length: FOLDS }, (_, fold) => {
    const seen = { fold, view: must(views[fold % views.length], "a view"), rows };
    return learner(dataset, block, plan.heads, seen, options, random.fork(`fold-${fold}`));
  });
  try {
    const fitted = await fit(learners, options, progress);
    return learnedNetworks({ plan, ...fitted });
  } finally {
    for (const { masks } of learners) masks?.dispose();
  }
}

/** What the trunks see, by turns. */
function viewsOf({ spec, width }: Dataset, { x, n }: Block, { crosses }: Options): View[] {
  const plain = plainView(x, n, width);
  return crosses ? [plain, crossedView(spec, x, n)] : [plain];
}

/** Rows as the log has them, with a target for each question and NaN where it does not arise. */
interface Rows {
  readonly n: number;
  readonly x: Float32Array;
  readonly arm: Uint8Array;
  readonly target: Float32Array;
}

/** A fold's trunk while it learns. */
interface Learner {
  readonly view: View;
  readonly rows: Rows;
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
  { fold, view, rows }: { readonly fold: number; readonly view: View; readonly rows: Rows },
  options: Options,
  random: Random,
): Learner {
  const arms = dataset.arms.length;
  const dose = options.effects === "nominal" ? null : dataset.tasks.dose;
  const shape: network.Shape = {
    members: options.members,
    width: view.width,
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
    ...{ view, rows, fixed, parameters, learns, size, random },
    holds: all.filter((row) => block.fold[row] === fold),
    optimiser: adamW(parameters, options),
    masks: dropoutMasks(shape, size, MASKS, random),
  };
}

interface Fitted {
  readonly networks: readonly Network[];
  readonly curves: readonly LearningCurvePoint[];
  readonly bestEpochs: readonly number[];
}

/** The best that a trunk has been, and how its last epoch went. */
interface Standing {
  readonly learner: Learner;
  readonly epoch: number;
  readonly loss: number;
  readonly weights: readonly Float32Array[];
  readonly train: number;
}

async function fit(learners: readonly Learner[], options: NetworkOptions, progress: ProgressListener): Promise<Fitted> {
  const curves: LearningCurvePoint[] = [];
  let standings = learners.map((learner): Standing => ({
    learner,
    epoch: 0,
    loss: Infinity,
    weights: learner.optimiser.averages,
    train: Infinity,
  }));
  const learning = (): boolean => standings.some(({ epoch }) => curves.length - epoch < options.patience);
  while (curves.length < options.maxEpochs && learning()) {
    const epoch = curves.length + 1;
    let [train, validate] = [0, 0];
    const next: Standing[] = [];
    for (const before of standings) {
      const isDone = curves.length - before.epoch >= options.patience;
      const { now, after } = isDone ? { now: before.loss, after: before } : await oneMore(before, epoch, options);
      train += after.train / learners.length;
      validate += now / before.learner.rows.n;
      next.push(after);
    }
    standings = next;
    curves.push({ epoch, train, validate });
    progress("represent", epoch / options.maxEpochs, `epoch ${epoch}: out-of-fold loss ${validate.toFixed(5)}`);
  }
  const bestEpochs = standings.map(({ epoch }) => epoch);
  progress("represent", 1, `best epochs ${bestEpochs.join(", ")} of ${curves.length}`);
  const networks = standings.map(({ learner: { view, fixed }, weights }) => ({ view, fixed, weights }));
  return { networks, curves, bestEpochs };
}

/** `now`: the loss after this epoch, best or not. */
async function oneMore(
  before: Standing,
  epoch: number,
  options: NetworkOptions,
): Promise<{ now: number; after: Standing }> {
  const { learner } = before;
  const train = await oneEpoch(learner, options, learner.random.fork(`${epoch}`));
  const now = await heldLoss(learner, options);
  if (!(now < before.loss)) return { now, after: { ...before, train } };
  const weights = learner.optimiser.averages.map((values) => values.slice());
  return { now, after: { learner, epoch, loss: now, weights, train } };
}

/** Mean loss of its batches; what does not fill a batch is left for another epoch's order. */
async function oneEpoch(learner: Learner, options: NetworkOptions, random: Random): Promise<number> {
  const { fixed, parameters, optimiser, learns, size, masks } = learner;
  const order = shuffled(learns.length, random).map((at) => learns[at]!);
  const batches = Math.floor(learns.length / size);
  let sum = 0;
  for (let index = 0; index < batches; index += 1) {
    const batch = gather(learner, order.subarray(index * size, (index + 1) * size), options);
    const mask = masks === null ? null : masks.at(random.below(masks.count));
    const { loss, gradients } = lossAndGradients(fixed, parameters, batch, mask);
    optimiser.step(gradients);
    sum += loss;
    if (index % 8 === 7) await breathe();
  }
  return sum / batches;
}

function gather({ view, rows, fixed }: Learner, picked: Uint32Array, options: NetworkOptions): Batch {
  const { arms, heads, logits } = fixed.shape;
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
  return { n, x: featuresOf(view, rows, picked), oneHot, target, weight };
}

/** Products are made when they are needed: of all rows they would be several times the log. */
function featuresOf(view: View, rows: Rows, picked: Uint32Array): Float32Array {
  const width = rows.x.length / rows.n;
  const x = new Float32Array(picked.length * width);
  picked.forEach((row, at) => x.set(rows.x.subarray(row * width, (row + 1) * width), at * width));
  return view.rows(x, 0, picked.length);
}

/** Rows at a time when nothing is learnt from them. */
const HELD_ROWS = 2048;

/** Of the members' mean answers for the rows they do not learn from, with the weights of training: the rows' sum. */
async function heldLoss({ view, rows, fixed, optimiser, holds }: Learner, options: NetworkOptions): Promise<number> {
  const { members, heads, logits } = fixed.shape;
  const answers = new Float32Array(heads);
  const means = new Float32Array(heads);
  let sum = 0;
  for (let from = 0; from < holds.length; from += HELD_ROWS) {
    const picked = holds.subarray(from, from + HELD_ROWS);
    const n = picked.length;
    const out = network.forward(fixed, optimiser.averages, featuresOf(view, rows, picked), n, "columns");
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
