// Feature groups
// A feature's values as few groups of like ones: a category each, a number each where they are few, else quantiles. Pure.

import type { Feature } from "../../domain/session/features.ts";
import type { Block } from "../nouns.ts";

const BINS = 50;

export interface FeatureGroups {
  /** [n] the row's group */
  readonly of: Int32Array;
  readonly count: number;
  readonly name: (group: number) => string;
}

/** `offset`: of the feature's first column in a row of `width`. */
export function groupsOf(
  block: Pick<Block, "n" | "x">,
  width: number,
  offset: number,
  feature: Feature,
): FeatureGroups {
  const of = new Int32Array(block.n);
  if (feature.kind === "categorical") {
    const { categories } = feature;
    for (let row = 0; row < block.n; row += 1) {
      const start = row * width + offset;
      const position = block.x.subarray(start, start + categories.length).indexOf(1);
      of[row] = position < 0 ? categories.length : position;
    }
    const name = (group: number): string => categories[group] ?? "(any other)";
    return { of, count: categories.length + 1, name };
  }
  const sorted = Float32Array.from({ length: block.n }, (_, row) => block.x[row * width + offset]!).toSorted();
  const edges = edgesOf(sorted);
  for (let row = 0; row < block.n; row += 1) of[row] = binOf(edges, block.x[row * width + offset]!);
  return {
    of,
    count: edges.length,
    name: (group) => (edges.length <= BINS ? `${edges[group]}` : `about ${edges[group]}`),
  };
}

/** The distinct values where they are few, else quantiles; a bin begins at its edge. */
function edgesOf(sorted: Float32Array): number[] {
  const edges: number[] = [];
  for (const value of sorted) {
    if (edges.at(-1) !== value) edges.push(value);
    if (edges.length > BINS) break;
  }
  if (edges.length <= BINS) return edges;
  const quantiles = Array.from({ length: BINS }, (_, bin) => sorted[Math.floor((bin * sorted.length) / BINS)]!);
  return [...new Set(quantiles)];
}

function binOf(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
