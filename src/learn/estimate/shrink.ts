// Shrink
// Joins what the ensemble expects of each cluster × arm with what the log measured there. How far the log was from what
// was foretold of it, all arms together, is known well and is always taken: the spend of a plan as a whole depends on it.
// The rest is read in three layers, each pulled towards zero by how much of it is noise (empirical Bayes, between-variance
// by moments):
//   the arm's      off for this arm everywhere
//   the cluster's  off for this cluster under every arm
//   the cell's     the rest
// Raw cell means would pick their own noise: the best-looking cell is over-estimated in reward and in cost alike.

import type { MeasuredCells } from "./cells.ts";

/** Where values come from. `model`: at the log's level, otherwise as expected. `shrunk`: with the layers. `measured`: the log's means. */
export type Estimator = "model" | "shrunk" | "measured";

/** Estimates [clusters × arms] with the variance of each, of which `armVariance` is common to all clusters of the arm. */
export interface Estimates {
  readonly values: Float64Array;
  readonly variance: Float64Array;
  readonly armVariance: Float64Array;
}

/**
 * `model` is corrected by how far `measured` is from what was `foretold` of the same rows.
 * `units`: what a difference is measured in, by arm (1, or the arm's own level where arms differ in scale).
 */
export function estimatesBy(
  estimator: Estimator,
  model: Float64Array,
  foretold: Float64Array,
  measured: MeasuredCells,
  mix: Float64Array,
  units: Float64Array,
): Estimates {
  const layers = layersOf(foretold, measured, mix, units);
  const { clusters, arms } = measured;
  const values = Float64Array.from(model);
  const variance = new Float64Array(clusters * arms);
  // What never varies needs no correction, and what corrects the others says nothing of it.
  const isCertain = Array.from(layers.arm.variance, (noise, arm) => noise === Infinity && hasRows(measured, arm));
  const armVariance = layers.arm.variance.map((each, arm) => (isCertain[arm] ? 0 : each * units[arm]! ** 2));
  for (let cell = 0; cell < values.length; cell += 1) {
    const arm = cell % arms;
    const unit = units[arm]!;
    const cluster = Math.floor(cell / arms);
    if (isCertain[arm]) continue;
    const own = shrunk(layers.arm, arm) + shrunk(layers.cluster, cluster) + shrunk(layers.cell, cell);
    const noise = spread(layers.cluster, cluster, estimator) + spread(layers.cell, cell, estimator);
    variance[cell] = armVariance[arm]! + noise * unit * unit;
    values[cell] = model[cell]! + unit * (layers.level + (estimator === "shrunk" ? own : 0));
    if (estimator === "measured" && measured.count[cell]! > 0) {
      values[cell] = measured.mean[cell]!;
      variance[cell] = measured.variance[cell]!;
    }
  }
  return { values, variance, armVariance };
}

function hasRows({ count, arms }: MeasuredCells, arm: number): boolean {
  return count.some((rows, cell) => cell % arms === arm && rows > 0);
}

/** Differences of one kind, their sampling variances, and how much they truly vary. */
interface Layer {
  readonly difference: Float64Array;
  readonly variance: Float64Array;
  readonly between: number;
}

interface Layers {
  readonly level: number;
  readonly arm: Layer;
  readonly cluster: Layer;
  readonly cell: Layer;
}

function keepOf(layer: Layer, at: number): number {
  const variance = layer.variance[at]!;
  return layer.between > 0 && variance < Infinity ? layer.between / (layer.between + variance) : 0;
}

function shrunk(layer: Layer, at: number): number {
  return keepOf(layer, at) * layer.difference[at]!;
}

/** What stays unknown: after shrinking, or without the layers. */
function spread(layer: Layer, at: number, estimator: Estimator): number {
  return estimator === "model" ? layer.between : (1 - keepOf(layer, at)) * layer.between;
}

function layersOf(foretold: Float64Array, measured: MeasuredCells, mix: Float64Array, units: Float64Array): Layers {
  const { clusters, arms, mean, variance, count } = measured;
  const difference = new Float64Array(clusters * arms);
  const noise = new Float64Array(clusters * arms).fill(Infinity);
  for (let cell = 0; cell < difference.length; cell += 1) {
    const unit = units[cell % arms]!;
    if (count[cell]! === 0 || !(unit > 0) || !(variance[cell]! > 0)) continue;
    difference[cell] = (mean[cell]! - foretold[cell]!) / unit;
    noise[cell] = variance[cell]! / (unit * unit);
  }
  const arm = byArm(difference, noise, mix, clusters, arms);
  const level = levelOf(arm);
  const armLayer = withBetween(
    arm.difference.map((each) => each - level),
    arm.variance,
    armWeights(arm.variance),
  );
  const rest = difference.map((each, cell) =>
    noise[cell] === Infinity ? 0 : each - level - shrunk(armLayer, cell % arms),
  );
  const cluster = byCluster(rest, noise, count, clusters, arms, mix);
  const left = rest.map((each, cell) =>
    noise[cell] === Infinity ? 0 : each - shrunk(cluster, Math.floor(cell / arms)),
  );
  const cellLayer = withBetween(left, noise, count);
  return { level, arm: armLayer, cluster, cell: cellLayer };
}

/** Mean difference of each arm over the clusters' mix: what the whole arm was off. */
function byArm(
  difference: Float64Array,
  noise: Float64Array,
  mix: Float64Array,
  clusters: number,
  arms: number,
): { difference: Float64Array; variance: Float64Array } {
  const means = new Float64Array(arms);
  const variances = new Float64Array(arms).fill(Infinity);
  for (let arm = 0; arm < arms; arm += 1) {
    let [weight, sum, variance] = [0, 0, 0];
    for (let cluster = 0; cluster < clusters; cluster += 1) {
      const cell = cluster * arms + arm;
      if (noise[cell] === Infinity) continue;
      const share = mix[cluster]!;
      weight += share;
      sum += share * difference[cell]!;
      variance += share * share * noise[cell]!;
    }
    if (!(weight > 0)) continue;
    means[arm] = sum / weight;
    variances[arm] = variance / (weight * weight);
  }
  return { difference: means, variance: variances };
}

/** What all arms are off together, by precision. It is known so well that it is taken whole. */
function levelOf(arm: { difference: Float64Array; variance: Float64Array }): number {
  let [weight, sum] = [0, 0];
  arm.variance.forEach((variance, at) => {
    if (!(variance > 0 && variance < Infinity)) return;
    weight += 1 / variance;
    sum += arm.difference[at]! / variance;
  });
  return weight > 0 ? sum / weight : 0;
}

function armWeights(variance: Float64Array): Float64Array {
  return variance.map((each) => (each < Infinity ? 1 : 0));
}

/** Mean difference of each cluster over its arms, weighted by their rows. */
function byCluster(
  rest: Float64Array,
  noise: Float64Array,
  count: Float64Array,
  clusters: number,
  arms: number,
  mix: Float64Array,
): Layer {
  const difference = new Float64Array(clusters);
  const variance = new Float64Array(clusters).fill(Infinity);
  for (let cluster = 0; cluster < clusters; cluster += 1) {
    let [rows, sum, spreadSum] = [0, 0, 0];
    for (let cell = cluster * arms; cell < (cluster + 1) * arms; cell += 1) {
      if (noise[cell] === Infinity) continue;
      const n = count[cell]!;
      rows += n;
      sum += n * rest[cell]!;
      spreadSum += n * n * noise[cell]!;
    }
    if (rows === 0) continue;
    difference[cluster] = sum / rows;
    variance[cluster] = spreadSum / (rows * rows);
  }
  return withBetween(difference, variance, mix);
}

/** Between-variance by moments: what the squared differences have more than their noise explains, never below 0. */
function withBetween(difference: Float64Array, variance: Float64Array, weights: Float64Array): Layer {
  let [weight, sum] = [0, 0];
  difference.forEach((each, at) => {
    const noise = variance[at]!;
    if (noise === Infinity) return;
    weight += weights[at]!;
    sum += weights[at]! * (each * each - noise);
  });
  return { difference, variance, between: weight > 0 ? Math.max(sum / weight, 0) : 0 };
}
