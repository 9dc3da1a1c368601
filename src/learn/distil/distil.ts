// Distil
// The student: one small network from features to clusters, which serving runs instead of the ensemble and the grouping.
// Its hard class is what a plan is over, so it is judged by the value it keeps; agreement is only told.
//
// Invariant: the same input, seed and backend give bit-identical weights.

import * as tf from "@tensorflow/tfjs";
import { assert } from "../../domain/assert.ts";
import { seededRandom, type Random } from "../../domain/random.ts";
import { affine, affineGradients, rectified, rectifiedGradients, tidied } from "../represent/network/dense.ts";
import type { ProgressListener } from "../nouns.ts";
import { encodeOnnx } from "./onnx.ts";
import { adamW, type Parameter } from "../represent/network/optimiser.ts";
import { fitScaling, scaleRows, type Scaling } from "../represent/network/scaling.ts";
import { shuffled } from "../shuffle.ts";
import { breathe } from "../represent/network/tensorflow.ts";

export interface DistilInput {
  /** [n, width], unscaled, as FeatureSpec lays it out */
  readonly x: Float32Array;
  readonly n: number;
  readonly width: number;
  /** Cluster of each row. */
  readonly labels: Int32Array | Uint8Array;
  readonly clusters: number;
  /** Rows kept back for early stopping and for `agreement`. */
  readonly held: Uint32Array;
  readonly seed: number;
  /** Weight of each row (for instance what a wrong cluster costs there); null: all alike. */
  readonly weights?: Float32Array | null;
  readonly options?: Partial<StudentOptions>;
  readonly progress?: ProgressListener;
}

export interface StudentOptions {
  readonly widths: readonly [number, number];
  readonly batch: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly average: number;
  readonly maxEpochs: number;
  /** Epochs without a better loss on the rows kept back before it stops. */
  readonly patience: number;
}

export const STUDENT_DEFAULTS: StudentOptions = {
  widths: [64, 64],
  batch: 512,
  learningRate: 2e-3,
  weightDecay: 1e-4,
  average: 0.99,
  maxEpochs: 30,
  patience: 4,
};

export const QUICK_STUDENT: Partial<StudentOptions> = { maxEpochs: 10, patience: 2, learningRate: 4e-3 };

export interface Student {
  readonly width: number;
  readonly clusters: number;
  /** Share of held-back rows whose likeliest class is the label. */
  readonly agreement: number;
  readonly epochs: number;
  /** [n, clusters] */
  probabilities(x: Float32Array, n: number): Float32Array;
  /** Likeliest class of each row. */
  classes(x: Float32Array, n: number): Int32Array;
  /** The same network as an ONNX graph with the scaling inside; the same weights give the same bytes. */
  toOnnx(): Uint8Array;
  dispose(): void;
}

/** `useBackend` comes first. */
export async function distil(input: DistilInput): Promise<Student> {
  const options = { ...STUDENT_DEFAULTS, ...input.options };
  const random = seededRandom(`distil:${input.seed}`);
  const scaling = fitScaling(input.x, input.n, input.width);
  const x = new Float32Array(input.n * input.width);
  scaleRows(scaling, input.x, 0, input.n, x);
  const rows = { x, labels: input.labels, weights: meanOne(input.weights ?? null, input.n) };
  const parameters = startingWeights(input, options, random);
  const fitted = await fit(parameters, rows, input, options, random);
  const network: Network = { scaling, layers: fitted.weights, shapes: parameters.map((parameter) => parameter.shape) };
  const heldLabels = classesOf(run(network, x, input.width, input.held), input.clusters);
  const agreed = heldLabels.filter((label, i) => label === input.labels[input.held[i]!]).length;
  return studentOf(network, input, agreed / input.held.length, fitted.epochs);
}

interface Rows {
  /** Scaled. */
  readonly x: Float32Array;
  readonly labels: Int32Array | Uint8Array;
  readonly weights: Float32Array | null;
}

/** Weights with mean 1, so that the learning rate means the same with and without them. */
function meanOne(weights: Float32Array | null, n: number): Float32Array | null {
  if (weights === null) return null;
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / n;
  assert(mean > 0 && weights.every((weight) => weight >= 0), "the rows' weights are 0 or more, and not all 0");
  return weights.map((weight) => weight / mean);
}

function startingWeights(input: DistilInput, options: StudentOptions, random: Random): Parameter[] {
  const sizes = [input.width, ...options.widths, input.clusters];
  return sizes.slice(1).flatMap((size, layer): Parameter[] => {
    const before = sizes[layer]!;
    const stream = random.fork(`layer-${layer}`);
    const deviation = Math.sqrt((layer < 2 ? 2 : 0.1) / before);
    const values = Float32Array.from({ length: before * size }, () => stream.normal() * deviation);
    return [
      { name: `w${layer}`, shape: [before, size], values, decays: true },
      { name: `b${layer}`, shape: [size], values: new Float32Array(size), decays: false },
    ];
  });
}

async function fit(
  parameters: readonly Parameter[],
  rows: Rows,
  input: DistilInput,
  options: StudentOptions,
  random: Random,
): Promise<{ weights: readonly Float32Array[]; epochs: number }> {
  const optimiser = adamW(parameters, options);
  const { held } = input;
  const isHeld = new Set(held);
  const train = Uint32Array.from({ length: input.n }, (_, row) => row).filter((row) => !isHeld.has(row));
  const size = Math.min(options.batch, Math.max(1, Math.floor(train.length / 4)));
  let best = { epoch: 0, loss: Infinity, weights: optimiser.averages.map((values) => values.slice()) };
  let epochs = 0;
  while (epochs < options.maxEpochs && epochs - best.epoch < options.patience) {
    epochs += 1;
    const turn = shuffled(train.length, random.fork(`epoch-${epochs}`)).map((i) => train[i]!);
    for (let from = 0; from + size <= turn.length; from += size) {
      const values = parameters.map((parameter) => parameter.values);
      optimiser.step(step(values, parameters, rows, turn.subarray(from, from + size), input, true).gradients);
      if ((from / size) % 16 === 15) await breathe();
    }
    let loss = 0;
    for (let from = 0; from < held.length; from += INFERENCE_ROWS) {
      const some = held.subarray(from, from + INFERENCE_ROWS);
      loss += step(optimiser.averages, parameters, rows, some, input, false).loss * some.length;
    }
    if (loss < best.loss) best = { epoch: epochs, loss, weights: optimiser.averages.map((values) => values.slice()) };
    input.progress?.("distil", epochs / options.maxEpochs, `epoch ${epochs}: loss ${(loss / held.length).toFixed(4)}`);
  }
  input.progress?.("distil", 1, `best epoch ${best.epoch} of ${epochs}`);
  return { weights: best.weights, epochs };
}

/** Cross-entropy of some rows, per row, and its gradients. */
function step(
  values: readonly Float32Array[],
  parameters: readonly Parameter[],
  rows: Rows,
  picked: Uint32Array,
  input: DistilInput,
  learn: boolean,
): { loss: number; gradients: Float32Array[] } {
  const n = picked.length;
  const x = gatherRows(rows.x, input.width, picked);
  const wanted = new Float32Array(n * input.clusters);
  picked.forEach((row, at) => {
    wanted[at * input.clusters + rows.labels[row]!] = (rows.weights === null ? 1 : rows.weights[row]!) / n;
  });
  return tidied(() => {
    const input2d = tf.tensor2d(x, [n, input.width]);
    const made = forward(
      values,
      parameters.map((parameter) => parameter.shape),
      input2d,
    );
    const label = tf.tensor2d(wanted, [n, input.clusters]);
    const probabilities: tf.Tensor2D = tf.softmax(made.logits);
    const loss = tf.neg(tf.sum(tf.mul(label, tf.log(tf.maximum(probabilities, 1e-12))))).dataSync()[0]!;
    if (!learn) return { loss, gradients: [] };
    const dz: tf.Tensor2D = tf.sub(tf.mul(probabilities, tf.sum(label, 1, true)), label);
    const third = affineGradients(made.h2, made.w[2], dz, true);
    const second = rectifiedGradients(made.h1, made.w[1], made.h2, third.x!, true);
    const first = rectifiedGradients(input2d, made.w[0], made.h1, second.x!, false);
    const gradients = [first.w, first.b, second.w, second.b, third.w, third.b];
    return { loss, gradients: gradients.map((gradient) => new Float32Array(gradient.dataSync())) };
  });
}

interface Forward {
  readonly w: readonly [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  readonly h1: tf.Tensor2D;
  readonly h2: tf.Tensor2D;
  readonly logits: tf.Tensor2D;
}

function forward(values: readonly Float32Array[], shapes: readonly (readonly number[])[], x: tf.Tensor2D): Forward {
  const matrix = (at: number): tf.Tensor2D => tf.tensor2d(values[at]!, [shapes[at]![0]!, shapes[at]![1]!]);
  const w = [matrix(0), matrix(2), matrix(4)] as const;
  const h1 = rectified(x, w[0], tf.tensor1d(values[1]!));
  const h2 = rectified(h1, w[1], tf.tensor1d(values[3]!));
  return { w, h1, h2, logits: affine(h2, w[2], tf.tensor1d(values[5]!)) };
}

/** Rows at a time when nothing is learnt from them. */
const INFERENCE_ROWS = 8192;

interface Network {
  readonly scaling: Scaling;
  readonly layers: readonly Float32Array[];
  readonly shapes: readonly (readonly number[])[];
}

/** Probabilities of scaled rows. */
function run(network: Network, x: Float32Array, width: number, picked: Uint32Array | number): Float32Array {
  const n = typeof picked === "number" ? picked : picked.length;
  const rows = typeof picked === "number" ? x : gatherRows(x, width, picked);
  return tidied(() => {
    const { logits } = forward(network.layers, network.shapes, tf.tensor2d(rows, [n, width]));
    return new Float32Array(tf.softmax(logits).dataSync());
  });
}

function gatherRows(x: Float32Array, width: number, picked: Uint32Array): Float32Array {
  const rows = new Float32Array(picked.length * width);
  picked.forEach((row, at) => rows.set(x.subarray(row * width, (row + 1) * width), at * width));
  return rows;
}

function studentOf(network: Network, { width, clusters }: DistilInput, agreement: number, epochs: number): Student {
  const probabilities = (x: Float32Array, n: number): Float32Array => {
    const all = new Float32Array(n * clusters);
    for (let from = 0; from < n; from += INFERENCE_ROWS) {
      const count = Math.min(INFERENCE_ROWS, n - from);
      const part = new Float32Array(count * width);
      scaleRows(network.scaling, x, from, count, part);
      all.set(run(network, part, width, count), from * clusters);
    }
    return all;
  };
  return {
    width,
    clusters,
    agreement,
    epochs,
    probabilities,
    classes: (x, n) => classesOf(probabilities(x, n), clusters),
    toOnnx: () => encodeOnnx(network.scaling, network.layers, network.shapes),
    dispose: () => undefined,
  };
}

/** The first of the largest, as ONNX's ArgMax has it. */
export function classesOf(probabilities: Float32Array, clusters: number): Int32Array {
  return Int32Array.from({ length: probabilities.length / clusters }, (_, row) => {
    let best = 0;
    for (let cluster = 1; cluster < clusters; cluster += 1)
      if (probabilities[row * clusters + cluster]! > probabilities[row * clusters + best]!) best = cluster;
    return best;
  });
}
