// Tree
// A tree over binned rows. A node is a question about one feature's bin: whether it is at most some bin, or whether it is
// another one than that; yes goes left. A child that is a leaf is ~ its number.

import type { BinnedRows } from "./bins.ts";

export interface Tree {
  /** Of each node. */
  readonly feature: Uint16Array;
  readonly bin: Uint8Array;
  /** 1: is it another bin? 0: is it at most that bin? */
  readonly other: Uint8Array;
  readonly left: Int16Array;
  readonly right: Int16Array;
  /** Of each leaf. */
  readonly values: Float64Array;
}

/** Whether a bin goes left. */
export function goesLeft(bin: number, of: number, other: number): boolean {
  return other === 1 ? bin !== of : bin <= of;
}

/** Adds each row's leaf to its answer. */
export function addTree(tree: Tree, { n, bins }: BinnedRows, answers: Float64Array): void {
  const { feature, bin, other, left, right, values } = tree;
  if (feature.length === 0) {
    for (let row = 0; row < n; row += 1) answers[row]! += values[0]!;
    return;
  }
  for (let row = 0; row < n; row += 1) {
    let node = 0;
    while (node >= 0)
      node = goesLeft(bins[feature[node]! * n + row]!, bin[node]!, other[node]!) ? left[node]! : right[node]!;
    answers[row]! += values[~node]!;
  }
}
