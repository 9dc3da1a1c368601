// Shuffle
// A seeded order of 0 … n − 1 (Fisher and Yates), and a feature's values dealt out by it.

import type { Random } from "../domain/random.ts";

export function shuffled(n: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i -= 1) {
    const j = random.below(i + 1);
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}

export interface Columns {
  readonly at: number;
  readonly count: number;
  readonly width: number;
}

/** Rows of which these columns are those of the rows that `order` names; all of a feature's columns go together. */
export function withColumns(x: Float32Array, { at, count, width }: Columns, order: Uint32Array): Float32Array {
  const changed = x.slice();
  order.forEach((from, row) => {
    changed.set(x.subarray(from * width + at, from * width + at + count), row * width + at);
  });
  return changed;
}
