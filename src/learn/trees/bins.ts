// Bins
// Rows as trees learn from them: of each feature the number of a bin, one byte. A numeric column has bins of about equally
// many rows, a categorical feature one for each category, and the arm one for each arm or dose.
//
// Invariant: bins depend on features and arms alone, never on an outcome.

import { featureWidth, type FeatureSpec } from "../../domain/session/features.ts";

export type BinnedFeature =
  | {
      readonly kind: "number";
      readonly bins: number;
      /** Column of the feature row. */
      readonly column: number;
      /** A value is in the first bin whose bound is not below it; the last bin has none. */
      readonly bounds: Float32Array;
    }
  | {
      readonly kind: "category";
      /** One for each category, and the last for a category that is not known. */
      readonly bins: number;
      /** Of the first category, in the feature row. */
      readonly column: number;
    }
  | {
      readonly kind: "arm";
      readonly bins: number;
      /** By arm. */
      readonly binOf: Uint8Array;
      readonly ordered: boolean;
    };

export interface BinnedRows {
  readonly n: number;
  readonly features: readonly BinnedFeature[];
  /** [features, n] */
  readonly bins: Uint8Array;
}

/** Categories told apart at most: one byte's, less one for all others. */
const MOST_CATEGORIES = 254;

export interface ArmColumn {
  readonly arm: Uint8Array;
  readonly arms: number;
  /** By arm; null where the arms are nominal. */
  readonly dose: readonly number[] | null;
}

/** The arm is the last feature. */
export function binRows(spec: FeatureSpec, x: Float32Array, n: number, arms: ArmColumn, most: number): BinnedRows {
  let width = 0;
  const features = spec.features.map((feature) => {
    const column = width;
    width += featureWidth(feature);
    return { column, feature };
  });
  const binned: BinnedFeature[] = features.map(({ column, feature }) => {
    if (feature.kind === "categorical")
      return { kind: "category", column, bins: 1 + Math.min(MOST_CATEGORIES, feature.categories.length) };
    const bounds = boundsOf(
      Float32Array.from({ length: n }, (_, row) => x[row * width + column]!),
      most,
    );
    return { kind: "number", column, bounds, bins: bounds.length + 1 };
  });
  binned.push(armFeature(arms));
  const bins = new Uint8Array(binned.length * n);
  binned.forEach((feature, at) => fill(feature, x, width, arms.arm, bins.subarray(at * n, (at + 1) * n)));
  return { n, features: binned, bins };
}

/** Some of the rows, laid out anew. */
export function someRows({ n, features, bins }: BinnedRows, rows: Uint32Array): BinnedRows {
  const some = new Uint8Array(features.length * rows.length);
  for (let feature = 0; feature < features.length; feature += 1) {
    const [from, to] = [feature * n, feature * rows.length];
    for (let at = 0; at < rows.length; at += 1) some[to + at] = bins[from + rows[at]!]!;
  }
  return { n: rows.length, features, bins: some };
}

/** Equal doses are one bin. */
function armFeature({ arms, dose }: ArmColumn): BinnedFeature {
  if (dose === null)
    return { kind: "arm", bins: arms, binOf: Uint8Array.from({ length: arms }, (_, arm) => arm), ordered: false };
  const doses = [...new Set(dose)].toSorted((a, b) => a - b);
  return { kind: "arm", bins: doses.length, binOf: Uint8Array.from(dose, (one) => doses.indexOf(one)), ordered: true };
}

/** Between neighbouring values, so that about equally many rows lie in each bin; a value that is frequent has its own. */
export function boundsOf(values: Float32Array, most: number): Float32Array {
  // A value that is not a number sorts last, and is in the last bin.
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const distinct: number[] = [];
  const counts: number[] = [];
  for (const value of sorted) {
    if (value === distinct.at(-1)) counts[counts.length - 1]! += 1;
    else {
      distinct.push(value);
      counts.push(1);
    }
  }
  const bounds: number[] = [];
  let left = sorted.length;
  let filled = 0;
  for (let at = 0; at + 1 < distinct.length; at += 1) {
    filled += counts[at]!;
    const open = most - bounds.length;
    const own = left / open;
    const isFull =
      distinct.length <= most || filled >= own || counts[at + 1]! >= own || filled + counts[at + 1]! / 2 > own;
    if (!isFull || open < 2) continue;
    bounds.push(between(distinct[at]!, distinct[at + 1]!));
    left -= filled;
    filled = 0;
  }
  return Float32Array.from(bounds);
}

/** At least the lower one and less than the higher one, in single precision. */
function between(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= low && middle < high ? middle : low;
}

function fill(feature: BinnedFeature, x: Float32Array, width: number, arm: Uint8Array, bins: Uint8Array): void {
  for (let row = 0; row < bins.length; row += 1) bins[row] = binOf(feature, x, row * width, arm[row]!);
}

function binOf(feature: BinnedFeature, x: Float32Array, at: number, arm: number): number {
  switch (feature.kind) {
    case "arm":
      return feature.binOf[arm]!;
    case "category": {
      const from = at + feature.column;
      for (let bin = 0; bin < feature.bins - 1; bin += 1) if (x[from + bin]! > ONE_HOT) return bin;
      return feature.bins - 1;
    }
    case "number":
      return place(feature.bounds, x[at + feature.column]!);
  }
}

/** Between the 0 and the 1 of a category's column. */
export const ONE_HOT = 0.5;

/** The first bound that is not below the value; behind all of them for what is not a number. */
function place(bounds: Float32Array, value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= bounds[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}
