// Trees
// A small gradient-boosted classifier on grouped features, for one question: can the features tell two groups of rows
// apart, alone or together? Logistic loss, second-order splits, rows with weights. Deterministic and pure.

import type { FeatureGroups } from "../../data/feature-groups.ts";

const TREES = 30;
const DEPTH = 3;
const RATE = 0.2;
/** Ridge on a leaf, and the least sum of curvatures in one: a leaf of a few rows is noise. */
const RIDGE = 5;
const LEAST = 5;

interface Split {
  readonly feature: number;
  /** Ranks below go left. */
  readonly below: number;
  readonly gain: number;
}

/** Learns on `train` and answers a score for each row of `judge`; a higher one is nearer to y = 1. Weights average 1. */
export function boostedScores(
  features: readonly FeatureGroups[],
  y: Uint8Array,
  weight: Float64Array,
  train: Int32Array,
  judge: Int32Array,
): Float64Array {
  const ranks = features.map((groups) => rankedGroups(groups, y, weight, train));
  const rankOf = (feature: number, row: number): number => ranks[feature]![features[feature]!.of[row]!]!;
  const margin = new Float64Array(y.length);
  const node = new Int32Array(y.length);
  const gradient = new Float64Array(y.length);
  const curvature = new Float64Array(y.length);
  for (let tree = 0; tree < TREES; tree += 1) {
    for (const row of train) {
      const p = 1 / (1 + Math.exp(-margin[row]!));
      gradient[row] = weight[row]! * (y[row]! - p);
      curvature[row] = weight[row]! * p * (1 - p);
    }
    node.fill(0);
    for (let level = 0; level < DEPTH; level += 1) {
      const splits = bestSplits(features, ranks, node, 1 << level, gradient, curvature, train);
      for (const rows of [train, judge])
        for (const row of rows) {
          const split = splits[node[row]!] ?? null;
          node[row] = 2 * node[row]! + (split !== null && rankOf(split.feature, row) >= split.below ? 1 : 0);
        }
    }
    addLeaves(margin, node, gradient, curvature, train, judge);
  }
  return Float64Array.from(judge, (row) => margin[row]!);
}

/** Numbers keep their order; categories are put in that of their rate, which is all that a split needs. */
function rankedGroups(groups: FeatureGroups, y: Uint8Array, weight: Float64Array, train: Int32Array): Int32Array {
  const order = Int32Array.from({ length: groups.count }, (_, group) => group);
  if (groups.isOrdered) return order;
  const total = new Float64Array(groups.count).fill(1);
  const hits = new Float64Array(groups.count).fill(0.5);
  for (const row of train) {
    total[groups.of[row]!]! += weight[row]!;
    hits[groups.of[row]!]! += weight[row]! * y[row]!;
  }
  const ranks = new Int32Array(groups.count);
  order.toSorted((a, b) => hits[a]! / total[a]! - hits[b]! / total[b]!).forEach((group, rank) => (ranks[group] = rank));
  return ranks;
}

function bestSplits(
  features: readonly FeatureGroups[],
  ranks: readonly Int32Array[],
  node: Int32Array,
  nodes: number,
  gradient: Float64Array,
  curvature: Float64Array,
  train: Int32Array,
): (Split | null)[] {
  const best = new Array<Split | null>(nodes).fill(null);
  features.forEach(({ of, count }, feature) => {
    const rank = ranks[feature]!;
    const g = new Float64Array(nodes * count);
    const h = new Float64Array(nodes * count);
    for (const row of train) {
      const cell = node[row]! * count + rank[of[row]!]!;
      g[cell]! += gradient[row]!;
      h[cell]! += curvature[row]!;
    }
    for (let at = 0; at < nodes; at += 1) {
      const split = bestSplit(
        g.subarray(at * count, (at + 1) * count),
        h.subarray(at * count, (at + 1) * count),
        feature,
      );
      if (split !== null && split.gain > (best[at]?.gain ?? 0)) best[at] = split;
    }
  });
  return best;
}

function bestSplit(g: Float64Array, h: Float64Array, feature: number): Split | null {
  const [allG, allH] = [sum(g), sum(h)];
  const worth = (gradient: number, curvature: number): number => gradient ** 2 / (curvature + RIDGE);
  let best: Split | null = null;
  let [leftG, leftH] = [0, 0];
  for (let below = 1; below < g.length; below += 1) {
    leftG += g[below - 1]!;
    leftH += h[below - 1]!;
    if (leftH < LEAST || allH - leftH < LEAST) continue;
    const gain = worth(leftG, leftH) + worth(allG - leftG, allH - leftH) - worth(allG, allH);
    if (gain > (best?.gain ?? 0)) best = { feature, below, gain };
  }
  return best;
}

function addLeaves(
  margin: Float64Array,
  node: Int32Array,
  gradient: Float64Array,
  curvature: Float64Array,
  train: Int32Array,
  judge: Int32Array,
): void {
  const g = new Float64Array(1 << DEPTH);
  const h = new Float64Array(1 << DEPTH);
  for (const row of train) {
    g[node[row]!]! += gradient[row]!;
    h[node[row]!]! += curvature[row]!;
  }
  for (const rows of [train, judge])
    for (const row of rows) margin[row]! += (RATE * g[node[row]!]!) / (h[node[row]!]! + RIDGE);
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
