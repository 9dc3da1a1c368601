// Network
// Members over one trunk as one program: they differ by a random ±1 vector on the inputs, and have biases and heads of their
// own (TabM's small form; Gorishniy et al. 2024). Loss and gradients are in learning-step.ts.

import * as tf from "@tensorflow/tfjs";
import { must } from "../../../domain/assert.ts";
import type { Random } from "../../../domain/random.ts";
import { tidied } from "./dense.ts";
import type { Parameter } from "./optimiser.ts";
import type { Head } from "../heads.ts";
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
  /** [members, width + members]: ±1 for a feature, 1 for the member's own bias, 0 for another's */
  readonly signs: Float32Array;
  /** Starting levels and doses of the arms, [arms, members × heads] each. */
  readonly levels: Float32Array;
  readonly doses: Float32Array;
  /** Of each column of the heads' matrix: [base of each head …, effect columns …] */
  readonly penalties: Float32Array;
}

/** Columns of effects per head. */
export function effectColumns(shape: Shape): number {
  return shape.ordered ? 1 : shape.arms - 1;
}

/** Columns of a member's heads: each head's base, then each head's effects. */
export function headColumns(shape: Shape): number {
  return shape.heads * (1 + effectColumns(shape));
}

export function fixedParts(
  shape: Shape,
  heads: readonly Head[],
  levels: readonly Float64Array[],
  doses: readonly number[] | null,
  options: NetworkOptions,
  random: Random,
): Fixed {
  const effects = effectColumns(shape);
  return {
    shape,
    signs: signsOf(shape, random.fork("signs")),
    levels: tile(shape, (arm, head) => must(levels[head], "a head's levels")[arm]!),
    doses: tile(shape, (arm) => (doses === null ? 0 : doses[arm]! / Math.max(1e-9, ...doses.map(Math.abs)))),
    penalties: Float32Array.from({ length: headColumns(shape) }, (_, column) => {
      if (column < shape.heads) return 0;
      return options.pooling * must(heads[Math.floor((column - shape.heads) / effects)], "a head").pooling;
    }),
  };
}

function signsOf({ members, width }: Shape, random: Random): Float32Array {
  const signs = new Float32Array(members * (width + members));
  for (let member = 0; member < members; member += 1) {
    const from = member * (width + members);
    for (let column = 0; column < width; column += 1) signs[from + column] = random.unit() < 0.5 ? -1 : 1;
    signs[from + width + member] = 1;
  }
  return signs;
}

/** One value for each arm, member and head. */
function tile(shape: Shape, value: (arm: number, head: number) => number): Float32Array {
  const columns = shape.members * shape.heads;
  return Float32Array.from({ length: shape.arms * columns }, (_, i) => value(Math.floor(i / columns), i % shape.heads));
}

/** Deviations of the starting weights of a head's base, as a share of 1 / √(second), and of its effects. */
const BASE_START = 0.3;
const EFFECT_START = 0.05;

/** Starting weights in their order everywhere: w1 (biases last), w2, b2, heads, levels, doses. */
export function startingWeights(fixed: Fixed, random: Random): Parameter[] {
  const { width, first, second, members, heads, arms } = fixed.shape;
  const columns = headColumns(fixed.shape);
  const draw = (
    name: string,
    shape: readonly number[],
    decays: boolean,
    deviation: (at: number) => number,
  ): Parameter => {
    const stream = random.fork(name);
    const count = shape.reduce((product, size) => product * size, 1);
    return {
      name,
      shape,
      values: Float32Array.from({ length: count }, (_, at) => stream.normal() * deviation(at)),
      decays,
    };
  };
  const zeros = (name: string, shape: readonly [number, number]): Parameter => ({
    ...{ name, shape, decays: false },
    values: new Float32Array(shape[0] * shape[1]),
  });
  return [
    draw("w1", [width + members, first], true, (at) => (at < width * first ? Math.sqrt(2 / width) : 0)),
    draw("w2", [first, second], true, () => Math.sqrt(2 / first)),
    zeros("b2", [members, second]),
    draw("heads", [members, second, columns], false, (at) =>
      at % columns < heads ? BASE_START / Math.sqrt(second) : EFFECT_START,
    ),
    { name: "levels", shape: [arms, members * heads], values: fixed.levels.slice(), decays: false },
    { name: "doses", shape: [arms, members * heads], values: fixed.doses.slice(), decays: false },
  ];
}

export interface Trunk {
  readonly x: tf.Tensor2D;
  readonly w: readonly [tf.Tensor2D, tf.Tensor2D];
  readonly h1: tf.Tensor2D;
  /** [members × n, second] */
  readonly h2: tf.Tensor2D;
  /** [members × n, members]: 1 for the row's member. */
  readonly ofMember: tf.Tensor2D;
}

/** Rows of all members one after the other; `mask` for dropout. */
export function trunk(
  fixed: Fixed,
  weights: readonly Float32Array[],
  x: Float32Array,
  n: number,
  mask: tf.Tensor2D | null,
): Trunk {
  const { width, first, second, members } = fixed.shape;
  const input = membersInput(fixed, x, n);
  const ofMember = tf.slice2d(input, [0, width], [members * n, members]);
  const w = [tf.tensor2d(weights[0]!, [width + members, first]), tf.tensor2d(weights[1]!, [first, second])] as const;
  const h1: tf.Tensor2D = tf.relu(tf.matMul(input, w[0]));
  const kept: tf.Tensor2D = mask === null ? h1 : tf.mul(h1, mask);
  const biases = tf.matMul(ofMember, tf.tensor2d(weights[2]!, [members, second]));
  return { x: input, w, h1: kept, h2: tf.relu(tf.add(tf.matMul(kept, w[1]), biases)), ofMember };
}

/**
 * The input of member m has, behind the features, a column for each member that is 1 for m and 0 for the others: the first
 * layer's biases are those columns' weights.
 */
function membersInput(fixed: Fixed, x: Float32Array, n: number): tf.Tensor2D {
  const { members, width } = fixed.shape;
  const columns = width + members;
  const features = tf.concat2d([tf.tensor2d(x, [n, width]), tf.ones([n, members])], 1);
  const signed = tf.mul(tf.reshape(features, [1, n, columns]), tf.tensor3d(fixed.signs, [members, 1, columns]));
  return tf.reshape(signed, [members * n, columns]);
}

/** Furthest that the logarithm of an amount may be from that of its mean. */
export const AMOUNT_BOUND = 5;

/** Without dropout, for scaled rows: the hidden layer [members, n, second] and the heads' columns [members, n, columns]. */
export function forward(
  fixed: Fixed,
  weights: readonly Float32Array[],
  x: Float32Array,
  n: number,
  want: "hidden" | "columns",
): Float32Array {
  const { second, members } = fixed.shape;
  return tidied(() => {
    const { h2 } = trunk(fixed, weights, x, n, null);
    if (want === "hidden") return new Float32Array(h2.dataSync());
    const heads = tf.tensor3d(weights[3]!, [members, second, headColumns(fixed.shape)]);
    return new Float32Array(tf.matMul(tf.reshape(h2, [members, n, second]), heads).dataSync());
  });
}

/**
 * One member's answer to each question (probability, or amount) for a row and an arm, into `answers` [heads]. A head's answer
 * for arm a, before the link, is  base·h + level[a] + strength(h, a), where
 *   ordered arms:  strength = (s·h) × dose[a]   (rank one: the arms lend each other strength)
 *   nominal arms:  strength = E[a]·h            (free effects; none for the control, arm 0)
 * s and E are penalised, and so is leaving the levels' empirical-Bayes values.
 */
export function answersOf(
  fixed: Fixed,
  weights: readonly Float32Array[],
  out: Float32Array,
  at: { readonly n: number; readonly member: number; readonly row: number; readonly arm: number },
  answers: Float32Array,
): void {
  const { members, heads, logits, ordered } = fixed.shape;
  const { n, member, row, arm } = at;
  const effects = effectColumns(fixed.shape);
  const from = (member * n + row) * heads * (1 + effects);
  const own = (arm * members + member) * heads;
  for (let head = 0; head < heads; head += 1) {
    let z = out[from + head]! + weights[4]![own + head]!;
    if (ordered) z += out[from + heads + head]! * weights[5]![own + head]!;
    else if (arm > 0) z += out[from + heads + head * effects + arm - 1]!;
    answers[head] =
      head < logits ? 1 / (1 + Math.exp(-z)) : Math.exp(Math.min(AMOUNT_BOUND, Math.max(-AMOUNT_BOUND, z)));
  }
}
