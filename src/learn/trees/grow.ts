// Grow
// One tree, leaf by leaf: the leaf whose best split gains most is split next. Splits are found in histograms of slopes,
// curvatures and rows; of two children the smaller one's is summed up, and the other one's is what is left of their parent's.

import type { BinnedRows } from "./bins.ts";
import type { DrawnColumns } from "./columns.ts";
import type { FullTreeOptions } from "./options.ts";
import { goesLeft, type Tree } from "./tree.ts";

/** Numbers of a bin: slope, curvature, rows. */
const CELL = 3;
/** Curvature that a leaf needs, so that its value is no accident of rounding. */
const LEAST_CURVATURE = 1e-3;

interface Split {
  readonly gain: number;
  readonly feature: number;
  readonly bin: number;
  readonly other: 0 | 1;
}

interface Totals {
  readonly slope: number;
  readonly curvature: number;
}

interface Leaf extends Totals {
  /** Its part of the order. */
  readonly from: number;
  readonly to: number;
  readonly histogram: Float64Array;
  readonly split: Split | null;
  /** The node above, and on which side; null for the root. */
  readonly above: { readonly node: number; readonly isLeft: boolean } | null;
}

/** Buffers for trees over the same rows, so that none is made for each tree. */
export class Grower {
  readonly #rows: BinnedRows;
  readonly #options: Pick<FullTreeOptions, "leaves" | "l2" | "leafRows" | "rate">;
  readonly #starts: readonly number[];
  readonly #histograms: readonly Float64Array[];
  readonly #aside: Uint32Array;
  readonly #slopes: Float64Array;
  readonly #curvatures: Float64Array;

  constructor(rows: BinnedRows, options: Pick<FullTreeOptions, "leaves" | "l2" | "leafRows" | "rate">) {
    this.#rows = rows;
    this.#options = options;
    let cells = 0;
    this.#starts = rows.features.map(({ bins }) => (cells += bins) - bins);
    this.#histograms = Array.from({ length: options.leaves }, () => new Float64Array(cells * CELL));
    this.#aside = new Uint32Array(rows.n);
    this.#slopes = new Float64Array(rows.n);
    this.#curvatures = new Float64Array(rows.n);
  }

  /** Of the rows in `order`, which is put into another order. */
  grow(order: Uint32Array, slopes: Float64Array, curvatures: Float64Array, choices: readonly DrawnColumns[]): Tree {
    const totals = { slope: 0, curvature: 0 };
    for (const row of order) {
      totals.slope += slopes[row]!;
      totals.curvature += curvatures[row]!;
    }
    const sum = (from: number, to: number, histogram: Float64Array): void =>
      this.#sum(order, from, to, { slopes, curvatures }, choices, histogram);
    const leafOf = (part: Omit<Leaf, "split">): Leaf => ({ ...part, split: this.#best(part, choices) });
    const root = { from: 0, to: order.length, histogram: this.#histograms[0]!, above: null, ...totals };
    sum(root.from, root.to, root.histogram);
    const leaves: Leaf[] = [leafOf(root)];
    const nodes: (Split & { left: number; right: number })[] = [];
    while (leaves.length < this.#options.leaves) {
      const at = bestOf(leaves);
      if (at === null) break;
      const leaf = leaves[at]!;
      const split = leaf.split!;
      const middle = this.#part(order, leaf, split);
      const node = nodes.push({ ...split, left: 0, right: 0 }) - 1;
      if (leaf.above !== null) nodes[leaf.above.node]![leaf.above.isLeft ? "left" : "right"] = node;
      const onLeft = this.#leftOf(leaf.histogram, split);
      const onRight = { slope: leaf.slope - onLeft.slope, curvature: leaf.curvature - onLeft.curvature };
      const isLeftSmaller = middle - leaf.from <= leaf.to - middle;
      const small = this.#histograms[leaves.length]!;
      sum(isLeftSmaller ? leaf.from : middle, isLeftSmaller ? middle : leaf.to, small);
      this.#subtract(leaf.histogram, small, choices);
      const [left, right] = isLeftSmaller ? [small, leaf.histogram] : [leaf.histogram, small];
      leaves[at] = leafOf({ from: leaf.from, to: middle, histogram: left, above: { node, isLeft: true }, ...onLeft });
      leaves.push(leafOf({ from: middle, to: leaf.to, histogram: right, above: { node, isLeft: false }, ...onRight }));
    }
    leaves.forEach(({ above }, at) => {
      if (above !== null) nodes[above.node]![above.isLeft ? "left" : "right"] = ~at;
    });
    const { l2, rate } = this.#options;
    return {
      feature: Uint16Array.from(nodes, ({ feature }) => feature),
      bin: Uint8Array.from(nodes, ({ bin }) => bin),
      other: Uint8Array.from(nodes, ({ other }) => other),
      left: Int16Array.from(nodes, ({ left }) => left),
      right: Int16Array.from(nodes, ({ right }) => right),
      values: Float64Array.from(leaves, ({ slope, curvature }) =>
        curvature + l2 > 0 ? (-rate * slope) / (curvature + l2) : 0,
      ),
    };
  }

  #sum(
    order: Uint32Array,
    from: number,
    to: number,
    { slopes, curvatures }: { readonly slopes: Float64Array; readonly curvatures: Float64Array },
    choices: readonly DrawnColumns[],
    histogram: Float64Array,
  ): void {
    const { n, bins, features } = this.#rows;
    // In the order of the leaf first: each feature then reads them one after the other.
    const [ownSlopes, ownCurvatures] = [this.#slopes, this.#curvatures];
    for (let at = from; at < to; at += 1) {
      ownSlopes[at] = slopes[order[at]!]!;
      ownCurvatures[at] = curvatures[order[at]!]!;
    }
    for (const { feature } of choices) {
      const start = this.#starts[feature]! * CELL;
      histogram.fill(0, start, start + features[feature]!.bins * CELL);
      addUp(bins.subarray(feature * n, (feature + 1) * n), order, from, to, ownSlopes, ownCurvatures, histogram, start);
    }
  }

  #subtract(from: Float64Array, part: Float64Array, choices: readonly DrawnColumns[]): void {
    for (const { feature } of choices) {
      const start = this.#starts[feature]! * CELL;
      const end = start + this.#rows.features[feature]!.bins * CELL;
      for (let cell = start; cell < end; cell += 1) from[cell]! -= part[cell]!;
    }
  }

  #best(leaf: Omit<Leaf, "split">, choices: readonly DrawnColumns[]): Split | null {
    const { leafRows, l2 } = this.#options;
    const rows = leaf.to - leaf.from;
    if (rows < 2 * leafRows) return null;
    const whole = leaf.slope ** 2 / (leaf.curvature + l2);
    let best: Split | null = null;
    let gain = 0;
    const consider = (slope: number, curvature: number, count: number, split: Omit<Split, "gain">): void => {
      if (count < leafRows || rows - count < leafRows) return;
      const rest = leaf.curvature - curvature;
      if (curvature < LEAST_CURVATURE || rest < LEAST_CURVATURE) return;
      const found = slope ** 2 / (curvature + l2) + (leaf.slope - slope) ** 2 / (rest + l2) - whole;
      if (!(found > gain)) return;
      gain = found;
      best = { gain, ...split };
    };
    for (const { feature, inOrder, alone } of choices) {
      const start = this.#starts[feature]! * CELL;
      const cells = leaf.histogram;
      for (const bin of alone) {
        const cell = start + bin * CELL;
        consider(cells[cell]!, cells[cell + 1]!, cells[cell + 2]!, { feature, bin, other: 1 });
      }
      if (!inOrder) continue;
      let [slope, curvature, count] = [0, 0, 0];
      for (let bin = 0; bin + 1 < this.#rows.features[feature]!.bins; bin += 1) {
        const cell = start + bin * CELL;
        if (cells[cell + 2]! === 0) continue;
        slope += cells[cell]!;
        curvature += cells[cell + 1]!;
        count += cells[cell + 2]!;
        consider(slope, curvature, count, { feature, bin, other: 0 });
      }
    }
    return best;
  }

  /** What goes left by a split, of a leaf with this histogram. */
  #leftOf(cells: Float64Array, { feature, bin, other }: Split): Totals {
    const start = this.#starts[feature]! * CELL;
    let [slope, curvature] = [0, 0];
    for (let each = 0; each < this.#rows.features[feature]!.bins; each += 1) {
      if (!goesLeft(each, bin, other)) continue;
      slope += cells[start + each * CELL]!;
      curvature += cells[start + each * CELL + 1]!;
    }
    return { slope, curvature };
  }

  /** Puts the leaf's rows that go left before the others, both in the order they had; where the others begin. */
  #part(order: Uint32Array, { from, to }: Leaf, { feature, bin, other }: Split): number {
    const own = this.#rows.bins.subarray(feature * this.#rows.n, (feature + 1) * this.#rows.n);
    const aside = this.#aside;
    let middle = from;
    let others = 0;
    for (let at = from; at < to; at += 1) {
      const row = order[at]!;
      if (goesLeft(own[row]!, bin, other)) {
        order[middle] = row;
        middle += 1;
      } else {
        aside[others] = row;
        others += 1;
      }
    }
    order.set(aside.subarray(0, others), middle);
    return middle;
  }
}

function bestOf(leaves: readonly Leaf[]): number | null {
  let best: number | null = null;
  let gain = 0;
  leaves.forEach(({ split }, at) => {
    if (split === null || split.gain <= gain) return;
    gain = split.gain;
    best = at;
  });
  return best;
}

function addUp(
  bins: Uint8Array,
  order: Uint32Array,
  from: number,
  to: number,
  slopes: Float64Array,
  curvatures: Float64Array,
  histogram: Float64Array,
  start: number,
): void {
  for (let at = from; at < to; at += 1) {
    const cell = start + bins[order[at]!]! * CELL;
    histogram[cell]! += slopes[at]!;
    histogram[cell + 1]! += curvatures[at]!;
    histogram[cell + 2]! += 1;
  }
}
