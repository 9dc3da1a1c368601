// Views
// What a trunk sees of a row. Half of the trunks see the features as they are; the others also see products of pairs: the
// indicators of two categories together, and of two numbers. Such members err elsewhere, and the mean of both kinds is
// near the better one of the two wherever one is better.
//
// Invariant: a view's input is a function of the row alone, scaled by what was fitted once.

import { featureWidth, type FeatureSpec } from "../../../domain/session/features.ts";
import { fitScaling, fitScalingOf, scaleRows, type Scaling } from "./scaling.ts";

export interface View {
  readonly width: number;
  /** Rows [from, from + n) of `x`, as FeatureSpec lays them out, ready for the network. */
  rows(x: Float32Array, from: number, n: number): Float32Array;
}

/** Pairs of categories are left out where a pair of features has more of them, and where all are more. */
const PAIRS_OF_TWO = 64;
const PAIRS = 256;

/** The features as they are, scaled as on these rows. */
export function plainView(x: Float32Array, n: number, width: number): View & { readonly scaling: Scaling } {
  const scaling = fitScaling(x, n, width);
  return {
    width,
    scaling,
    rows: (all, from, count) => {
      const out = new Float32Array(count * width);
      scaleRows(scaling, all, from, count, out);
      return out;
    },
  };
}

/** With products behind the features; the plain view where there are no two features to multiply. */
export function crossedView(spec: FeatureSpec, x: Float32Array, n: number): View {
  const { categories, numbers, width } = pairsOf(spec);
  const plain = plainView(x, n, width);
  const crossed = width + categories.length + numbers.length;
  if (crossed === width) return plain;
  const expand = (all: Float32Array, from: number, count: number): Float32Array => {
    const scaled = plain.rows(all, from, count);
    const out = new Float32Array(count * crossed);
    for (let row = 0; row < count; row += 1) {
      const [at, to] = [row * width, row * crossed];
      out.set(scaled.subarray(at, at + width), to);
      const raw = (from + row) * width;
      categories.forEach(([a, b], pair) => (out[to + width + pair] = all[raw + a]! * all[raw + b]!));
      const behind = to + width + categories.length;
      numbers.forEach(([a, b], pair) => (out[behind + pair] = scaled[at + a]! * scaled[at + b]!));
    }
    return out;
  };
  const scaling = fitScalingOf((from, count) => expand(x, from, count), n, crossed);
  return {
    width: crossed,
    rows: (all, from, count) => {
      const expanded = expand(all, from, count);
      scaleRows(scaling, expanded, 0, count, expanded);
      return expanded;
    },
  };
}

type Pair = readonly [number, number];

/** Columns to be multiplied: of two categorical features, and of two others. */
function pairsOf({ features }: FeatureSpec): { categories: Pair[]; numbers: Pair[]; width: number } {
  let width = 0;
  const placed = features.map((feature) => {
    const from = width;
    width += featureWidth(feature);
    return { isCategorical: feature.kind === "categorical", from, columns: featureWidth(feature) };
  });
  const of = (isCategorical: boolean): Pair[] => {
    const some = placed.filter((each) => each.isCategorical === isCategorical);
    return some.flatMap((a, at) =>
      some.slice(at + 1).flatMap((b): Pair[] => {
        if (a.columns * b.columns > PAIRS_OF_TWO) return [];
        return Array.from({ length: a.columns * b.columns }, (_, pair) => [
          a.from + Math.floor(pair / b.columns),
          b.from + (pair % b.columns),
        ]);
      }),
    );
  };
  const categories = of(true).slice(0, PAIRS);
  return { categories, numbers: of(false).slice(0, PAIRS - categories.length), width };
}
