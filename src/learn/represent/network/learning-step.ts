// Learning step
// Loss of a batch and its gradients, written out (dense.ts), penalties included.

import * as tf from "@tensorflow/tfjs";
import { must } from "../../../domain/assert.ts";
import type { Random } from "../../../domain/random.ts";
import { affineGradients, batchedGradients, throughRelu, tidied } from "./dense.ts";
import type { Parameter } from "./optimiser.ts";
import { AMOUNT_BOUND, effectColumns, headColumns, trunk, type Fixed, type Shape } from "./network.ts";

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

/** Dropout masks made once, for the first layer: drawing them anew each step would cost more than the step. */
export interface Masks {
  at(index: number): tf.Tensor2D;
  readonly count: number;
  dispose(): void;
}

export function dropoutMasks(
  { dropout, members, first }: Shape,
  n: number,
  count: number,
  random: Random,
): Masks | null {
  if (dropout === 0) return null;
  const rows = n * members;
  const pool = Array.from({ length: count }, (_, i) => {
    const stream = random.fork(`mask-${i}`);
    const kept = 1 / (1 - dropout);
    const values = Float32Array.from({ length: rows * first }, () => (stream.unit() < dropout ? 0 : kept));
    return tf.tensor2d(values, [rows, first]);
  });
  return {
    at: (index) => must(pool[index], "a mask"),
    count,
    dispose: () => tf.dispose(pool),
  };
}

/** Loss of the batch, penalties included, and its gradients in the order of the starting weights. */
export function lossAndGradients(
  fixed: Fixed,
  parameters: readonly Parameter[],
  batch: Batch,
  mask: tf.Tensor2D | null,
): { loss: number; gradients: Float32Array[] } {
  const learnt = tidied(() => {
    const { n } = batch;
    const { members, second, arms, dropout } = fixed.shape;
    const values = parameters.map((parameter) => parameter.values);
    const { x, w, h1, h2, ofMember } = trunk(fixed, values, batch.x, n, mask);
    const matrix = tf.tensor3d(values[3]!, [members, second, headColumns(fixed.shape)]);
    const h3: tf.Tensor3D = tf.reshape(h2, [members, n, second]);
    const oneHot = tf.tensor2d(batch.oneHot, [n, arms]);
    const answered = answer(fixed.shape, tf.matMul(h3, matrix), oneHot, values[4]!, values[5]!);
    const { loss, dz } = batchLoss(fixed.shape, answered.z, batch);
    const back = answered.back(dz);
    const ofHeads = batchedGradients(h3, matrix, back.out);
    const dSecond = throughRelu(tf.reshape(ofHeads.h, [members * n, second]), h2, 1);
    const ofSecond = affineGradients(h1, w[1], dSecond, true);
    const dFirst = throughRelu(
      must(ofSecond.x, "the gradient by the first layer"),
      h1,
      mask === null ? 1 : 1 / (1 - dropout),
    );
    const ofFirst = affineGradients(x, w[0], dFirst, false);
    const biases = tf.matMul(tf.transpose(ofMember), dSecond);
    const gradients = [ofFirst.w, ofSecond.w, biases, ofHeads.w, back.levels, back.doses];
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
  // Of each head's effects the one of the arm that the row had: the others are multiplied by 0, all of a control's row.
  const offers = arms - 1;
  const offered = tf.slice2d(oneHot, [0, 1], [n, offers]);
  const picks = tf.reshape(tf.tile(offered, [members, heads]), [members * n * heads, offers]);
  const picked = tf.mul(tf.reshape(effects, [members * n * heads, offers]), picks);
  const ones = tf.ones<tf.Rank.R2>([offers, 1]);
  return {
    z: tf.add(base, tf.reshape(tf.matMul(picked as tf.Tensor2D, ones), [members, n, heads])),
    back: (dz) => {
      const spread = tf.mul(tf.matMul(tf.reshape(dz, [members * n * heads, 1]), tf.transpose(ones)), picks);
      const effect: tf.Tensor3D = tf.reshape(spread, [members, n, heads * offers]);
      return { out: tf.concat3d([dz, effect], 2), levels: toArm(dz), doses: tf.zeros([arms, members * heads]) };
    },
  };
}

/** Penalty on leaving a level's starting value, and the doses theirs. */
const LEVEL_PENALTY = 1;
const DOSE_PENALTY = 0.1;

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
    { at: 3, start: null, weight: (i: number) => fixed.penalties[i % columns]! },
    { at: 4, start: fixed.levels, weight: () => LEVEL_PENALTY },
    { at: 5, start: fixed.doses, weight: () => (fixed.shape.ordered ? DOSE_PENALTY : 0) },
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
