// Network
// The ensemble as one program: members differ by a random ±1 vector on the inputs and by heads of their own, and share
// the two layers of the trunk (TabM's small form; Gorishniy et al. 2024). Forward, loss and gradients of a batch.
//
// A head's answer for arm a:  base·h + level[a] + strength(h, a), where
//   ordered arms:  strength = (s·h) × dose[a]   (rank one: the arms lend each other strength)
//   nominal arms:  strength = E[a]·h            (free effects)
// s and E are penalised, and so is leaving the levels' empirical-Bayes values.

import * as tf from "@tensorflow/tfjs";
import { must } from "../../domain/assert.ts";
import type { Random } from "../../domain/random.ts";
import { batchedGradients, rectified, rectifiedGradients, tidied } from "../dense.ts";
import type { Parameter } from "../optimiser.ts";
import type { Head } from "./heads.ts";
import type { NetworkOptions } from "./options.ts";

export interface Shape {
  readonly members: number;
  readonly width: number;
  readonly first: number;
  readonly second: number;
  readonly arms: number;
  readonly heads: number;
  /** How many of the heads, the first ones, are log-losses. */
  readonly logits: number;
  readonly ordered: boolean;
  readonly dropout: number;
}

/** What stays as it was drawn or measured at the start. */
export interface Fixed {
  readonly shape: Shape;
  /** [members, width] of ±1 */
  readonly signs: Float32Array;
  /** Starting levels and doses of the arms, [arms, members × heads] each. */
  readonly levels: Float32Array;
  readonly doses: Float32Array;
  /** Of each column of the heads' matrix: [base of each head …, effect columns …] */
  readonly penalties: Float32Array;
}

export interface Batch {
  readonly n: number;
  /** [n, width], scaled */
  readonly x: Float32Array;
  /** [n, arms] */
  readonly oneHot: Float32Array;
  /** [n, heads]; anything where the weight is 0 */
  readonly target: Float32Array;
  /** [n, heads]; 0 where the question does not arise */
  readonly weight: Float32Array;
}

/** Columns of effects per head. */
export function effectColumns(shape: Shape): number {
  return shape.ordered ? 1 : shape.arms;
}

/** Columns of a member's heads: each head's base, then each head's effects. */
function headColumns(shape: Shape): number {
  return shape.heads * (1 + effectColumns(shape));
}

/** Penalty on leaving a level's starting value, and the doses theirs. */
const LEVEL_PENALTY = 1;
const DOSE_PENALTY = 0.1;

export function fixedParts(
  shape: Shape,
  heads: readonly Head[],
  levels: readonly Float64Array[],
  doses: readonly number[] | null,
  options: NetworkOptions,
  random: Random,
): Fixed {
  const effects = effectColumns(shape);
  const flip = random.fork("signs");
  return {
    shape,
    signs: Float32Array.from({ length: shape.members * shape.width }, () => (flip.unit() < 0.5 ? -1 : 1)),
    levels: tile(shape, (arm, head) => must(levels[head], "a head's levels")[arm]!),
    doses: tile(shape, (arm) => (doses === null ? 0 : doses[arm]! / Math.max(1e-9, ...doses.map(Math.abs)))),
    penalties: Float32Array.from({ length: headColumns(shape) }, (_, column) => {
      if (column < shape.heads) return 0;
      return options.pooling * must(heads[Math.floor((column - shape.heads) / effects)], "a head").pooling;
    }),
  };
}

/** One value for each arm, member and head. */
function tile(shape: Shape, value: (arm: number, head: number) => number): Float32Array {
  const columns = shape.members * shape.heads;
  return Float32Array.from({ length: shape.arms * columns }, (_, i) => value(Math.floor(i / columns), i % shape.heads));
}

/** Starting weights in their order everywhere: w1, b1, w2, b2, heads, levels, doses. */
export function startingWeights(fixed: Fixed, random: Random): Parameter[] {
  const { width, first, second, members, heads, arms } = fixed.shape;
  const draw = (name: string, shape: readonly number[], deviation: number, decays: boolean): Parameter => {
    const stream = random.fork(name);
    const count = shape.reduce((product, size) => product * size, 1);
    return { name, shape, values: Float32Array.from({ length: count }, () => stream.normal() * deviation), decays };
  };
  const columns = headColumns(fixed.shape);
  return [
    draw("w1", [width, first], Math.sqrt(2 / width), true),
    draw("b1", [first], 0, false),
    draw("w2", [first, second], Math.sqrt(2 / first), true),
    draw("b2", [second], 0, false),
    draw("heads", [members, second, columns], 0.1 / Math.sqrt(second), false),
    { name: "levels", shape: [arms, members * heads], values: fixed.levels.slice(), decays: false },
    { name: "doses", shape: [arms, members * heads], values: fixed.doses.slice(), decays: false },
  ];
}

/** Dropout masks made once: drawing them anew each step would cost more than the step. */
export interface Masks {
  at(index: number): readonly [tf.Tensor2D, tf.Tensor2D];
  readonly count: number;
  dispose(): void;
}

export function dropoutMasks(shape: Shape, n: number, count: number, random: Random): Masks | null {
  if (shape.dropout === 0) return null;
  const make = (name: string, width: number): tf.Tensor2D => {
    const stream = random.fork(name);
    const rows = n * shape.members;
    const values = Float32Array.from({ length: rows * width }, () => (stream.unit() < shape.dropout ? 0 : 1));
    return tf.tensor2d(values, [rows, width]);
  };
  const pool = Array.from(
    { length: count },
    (_, i) => [make(`mask-1-${i}`, shape.first), make(`mask-2-${i}`, shape.second)] as const,
  );
  return {
    at: (index) => must(pool[index], "a mask"),
    count,
    dispose: () => pool.forEach((pair) => tf.dispose([...pair])),
  };
}

/** Loss of the batch, penalties included, and its gradients in the order of the starting weights. */
export function lossAndGradients(
  fixed: Fixed,
  parameters: readonly Parameter[],
  batch: Batch,
  masks: readonly [tf.Tensor2D, tf.Tensor2D] | null,
): { loss: number; gradients: Float32Array[] } {
  const learnt = tidied(() => {
    const { n } = batch;
    const { members, width, first, second, arms } = fixed.shape;
    const values = parameters.map((parameter) => parameter.values);
    const [w1, b1] = [tf.tensor2d(values[0]!, [width, first]), tf.tensor1d(values[1]!)];
    const [w2, b2] = [tf.tensor2d(values[2]!, [first, second]), tf.tensor1d(values[3]!)];
    const matrix = tf.tensor3d(values[4]!, [members, second, headColumns(fixed.shape)]);
    const x = membersInput(fixed, batch.x, n);
    const h1 = rectified(x, w1, b1, masks?.[0] ?? null);
    const h2 = rectified(h1, w2, b2, masks?.[1] ?? null);
    const h3: tf.Tensor3D = tf.reshape(h2, [members, n, second]);
    const oneHot = tf.tensor2d(batch.oneHot, [n, arms]);
    const answered = answer(fixed.shape, tf.matMul(h3, matrix), oneHot, values[5]!, values[6]!);
    const { loss, dz } = batchLoss(fixed.shape, answered.z, batch);
    const back = answered.back(dz);
    const ofHeads = batchedGradients(h3, matrix, back.out);
    const ofSecond = rectifiedGradients(h1, w2, h2, tf.reshape(ofHeads.h, [members * n, second]), true);
    const ofFirst = rectifiedGradients(x, w1, h1, must(ofSecond.x, "the gradient by the first layer"), false);
    const gradients = [ofFirst.w, ofFirst.b, ofSecond.w, ofSecond.b, ofHeads.w, back.levels, back.doses];
    return {
      loss: loss.dataSync()[0]!,
      gradients: gradients.map((gradient) => new Float32Array(gradient.dataSync())),
    };
  });
  return { loss: learnt.loss + addPenalties(fixed, parameters, learnt.gradients), gradients: learnt.gradients };
}

interface Answered {
  /** Each member's answer to each question, for the arm that the row had: [members, n, heads]. */
  readonly z: tf.Tensor3D;
  /** From the gradient by z to those by what it was made of. */
  back(dz: tf.Tensor3D): { out: tf.Tensor3D; levels: tf.Tensor2D; doses: tf.Tensor2D };
}

function answer(
  shape: Shape,
  out: tf.Tensor3D,
  oneHot: tf.Tensor2D,
  levels: Float32Array,
  doses: Float32Array,
): Answered {
  const { members, heads, arms, ordered } = shape;
  const n = oneHot.shape[0];
  const table = (values: Float32Array): tf.Tensor2D => tf.tensor2d(values, [arms, members * heads]);
  const ofArm = (values: Float32Array): tf.Tensor3D =>
    tf.transpose(tf.reshape(tf.matMul(oneHot, table(values)), [n, members, heads]), [1, 0, 2]);
  const toArm = (gradient: tf.Tensor3D): tf.Tensor2D =>
    tf.matMul(tf.transpose(oneHot), tf.reshape(tf.transpose(gradient, [1, 0, 2]), [n, members * heads]));
  const base: tf.Tensor3D = tf.add(tf.slice3d(out, [0, 0, 0], [members, n, heads]), ofArm(levels));
  const effects = tf.slice3d(out, [0, 0, heads], [members, n, heads * effectColumns(shape)]);
  if (ordered) {
    const dose = ofArm(doses);
    return {
      z: tf.add(base, tf.mul(effects, dose)),
      back: (dz) => ({
        out: tf.concat3d([dz, tf.mul(dz, dose)], 2),
        levels: toArm(dz),
        doses: toArm(tf.mul(dz, effects)),
      }),
    };
  }
  // Of each head's effects the one of the arm that the row had: the others are multiplied by 0.
  const picks = tf.reshape(tf.tile(oneHot, [members, heads]), [members * n * heads, arms]);
  const picked = tf.mul(tf.reshape(effects, [members * n * heads, arms]), picks);
  const ones = tf.ones<tf.Rank.R2>([arms, 1]);
  return {
    z: tf.add(base, tf.reshape(tf.matMul(picked as tf.Tensor2D, ones), [members, n, heads])),
    back: (dz) => {
      const spread = tf.mul(tf.matMul(tf.reshape(dz, [members * n * heads, 1]), tf.transpose(ones)), picks);
      const effect: tf.Tensor3D = tf.reshape(spread, [members, n, heads * arms]);
      return { out: tf.concat3d([dz, effect], 2), levels: toArm(dz), doses: tf.zeros([arms, members * heads]) };
    },
  };
}

function membersInput(fixed: Fixed, x: Float32Array, n: number): tf.Tensor2D {
  const { members, width } = fixed.shape;
  const signed = tf.mul(tf.tensor3d(x, [1, n, width]), tf.tensor3d(fixed.signs, [members, 1, width]));
  return tf.reshape(signed, [members * n, width]);
}

/** Furthest that the logarithm of an amount may be from that of its mean. */
const AMOUNT_BOUND = 5;

/** Log-losses and Gamma deviances, summed with the batch's weights and averaged over its rows and the members. */
function batchLoss(shape: Shape, z: tf.Tensor3D, batch: Batch): { loss: tf.Scalar; dz: tf.Tensor3D } {
  const { members, heads, logits } = shape;
  const { n } = batch;
  const part = (values: Float32Array, from: number, count: number): tf.Tensor3D =>
    tf.tile(tf.slice3d(tf.tensor3d(values, [1, n, heads]), [0, 0, from], [1, n, count]), [members, 1, 1]);
  const piece = (from: number, count: number, kind: typeof logLoss): { loss: tf.Scalar; dz: tf.Tensor3D } =>
    kind(
      tf.slice3d(z, [0, 0, from], [members, n, count]),
      part(batch.target, from, count),
      tf.div(part(batch.weight, from, count), n * members),
    );
  const happened = piece(0, logits, logLoss);
  if (heads === logits) return happened;
  const amounts = piece(logits, heads - logits, gammaDeviance);
  return { loss: tf.add(happened.loss, amounts.loss), dz: tf.concat3d([happened.dz, amounts.dz], 2) };
}

function logLoss(z: tf.Tensor3D, y: tf.Tensor3D, w: tf.Tensor3D): { loss: tf.Scalar; dz: tf.Tensor3D } {
  return {
    loss: tf.sum(tf.mul(w, tf.sub(tf.softplus(z), tf.mul(y, z)))),
    dz: tf.mul(w, tf.sub(tf.sigmoid(z), y)),
  };
}

function gammaDeviance(z: tf.Tensor3D, y: tf.Tensor3D, w: tf.Tensor3D): { loss: tf.Scalar; dz: tf.Tensor3D } {
  const f = tf.clipByValue(z, -AMOUNT_BOUND, AMOUNT_BOUND);
  const ratio = tf.mul(y, tf.exp(tf.neg(f)));
  return { loss: tf.sum(tf.mul(w, tf.add(ratio, f))), dz: tf.mul(w, tf.sub(1, ratio)) };
}

/** Adds the penalties' gradients; returns what they add to the loss. */
function addPenalties(fixed: Fixed, parameters: readonly Parameter[], gradients: readonly Float32Array[]): number {
  const columns = headColumns(fixed.shape);
  const parts = [
    { at: 4, start: null, weight: (i: number) => fixed.penalties[i % columns]! },
    { at: 5, start: fixed.levels, weight: () => LEVEL_PENALTY },
    { at: 6, start: fixed.doses, weight: () => (fixed.shape.ordered ? DOSE_PENALTY : 0) },
  ];
  let loss = 0;
  for (const { at, start, weight } of parts) {
    const { values } = parameters[at]!;
    const gradient = gradients[at]!;
    for (let i = 0; i < values.length; i += 1) {
      const off = values[i]! - (start === null ? 0 : start[i]!);
      const by = weight(i) / fixed.shape.members;
      gradient[i]! += 2 * by * off;
      loss += by * off * off;
    }
  }
  return loss;
}

/** Without dropout, for scaled rows: the hidden layer [members, n, second] and the heads' columns [members, n, columns]. */
export function forward(
  fixed: Fixed,
  weights: readonly Float32Array[],
  x: Float32Array,
  n: number,
  want: "hidden" | "columns",
): Float32Array {
  const { width, first, second, members, dropout } = fixed.shape;
  const columns = headColumns(fixed.shape);
  return tidied(() => {
    const layer = (a: tf.Tensor2D, w: number, shape: [number, number]): tf.Tensor2D => {
      const [matrix, bias] = [tf.tensor2d(weights[w]!, shape), tf.tensor1d(weights[w + 1]!)];
      // In training what was kept was not scaled up, so here all of it is scaled down.
      return tf.mul(tf.fused.matMul({ a, b: matrix, bias, activation: "relu" }), 1 - dropout);
    };
    const h1 = layer(membersInput(fixed, x, n), 0, [width, first]);
    const h2 = tf.reshape(layer(h1, 2, [first, second]), [members, n, second]);
    const out = want === "hidden" ? h2 : tf.matMul(h2, tf.tensor3d(weights[4]!, [members, second, columns]));
    return new Float32Array(out.dataSync());
  });
}

/** Mean over the members of each question's answer (probability, or amount) for each arm: [n, arms, heads]. */
export function meanAnswers(
  fixed: Fixed,
  weights: readonly Float32Array[],
  out: Float32Array,
  n: number,
): Float32Array {
  const { members, heads, arms, logits, ordered } = fixed.shape;
  const effects = effectColumns(fixed.shape);
  const columns = heads * (1 + effects);
  const [levels, doses] = [weights[5]!, weights[6]!];
  const means = new Float32Array(n * arms * heads);
  for (let member = 0; member < members; member += 1)
    for (let row = 0; row < n; row += 1) {
      const at = (member * n + row) * columns;
      for (let head = 0; head < heads; head += 1)
        for (let arm = 0; arm < arms; arm += 1) {
          const own = arm * members * heads + member * heads + head;
          const effect = ordered ? out[at + heads + head]! * doses[own]! : out[at + heads + head * effects + arm]!;
          const z = out[at + head]! + levels[own]! + effect;
          const mean =
            head < logits ? 1 / (1 + Math.exp(-z)) : Math.exp(Math.min(AMOUNT_BOUND, Math.max(-AMOUNT_BOUND, z)));
          means[(row * arms + arm) * heads + head]! += mean / members;
        }
    }
  return means;
}
