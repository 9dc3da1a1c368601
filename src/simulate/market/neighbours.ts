// Nearest neighbours
// The k nearest rows of a matrix, exactly, by squared Euclidean distance: a k-d tree over row numbers, split at the
// median of the widest column. Ties go to the lower row number, so that the answer does not depend on the tree.

import { must } from "../../domain/assert.ts";

export interface Neighbours {
  /** The `k` nearest rows (fewer when there are fewer), nearest first. */
  nearest(query: ArrayLike<number>, k: number): number[];
}

interface Leaf {
  readonly from: number;
  readonly to: number;
}
interface Branch {
  readonly column: number;
  readonly split: number;
  readonly below: Node;
  readonly above: Node;
}
type Node = Leaf | Branch;

const LEAF_ROWS = 24;

/** An index of the given rows of `x` ([n, width], row-major). */
export function indexNeighbours(x: Float32Array, width: number, rows: readonly number[]): Neighbours {
  const order = Int32Array.from(rows);
  const root = build(0, order.length);

  function build(from: number, to: number): Node {
    if (to - from <= LEAF_ROWS) return { from, to };
    const column = widest(from, to);
    const slice = order.subarray(from, to);
    const at = (row: number): number => x[row * width + column]!;
    slice.sort((a, b) => at(a) - at(b));
    let middle = from + ((to - from) >> 1);
    const split = at(must(order[middle], "row"));
    // Equal values stay together above the split, so that a branch always says which side a value is on.
    while (middle > from && at(must(order[middle - 1], "row")) === split) middle -= 1;
    if (middle === from) {
      while (middle < to && at(must(order[middle], "row")) === split) middle += 1;
      if (middle === to) return { from, to };
      return { column, split: at(must(order[middle], "row")), below: build(from, middle), above: build(middle, to) };
    }
    return { column, split, below: build(from, middle), above: build(middle, to) };
  }

  function widest(from: number, to: number): number {
    let best = 0;
    let bestSpread = -1;
    for (let column = 0; column < width; column += 1) {
      let low = Infinity;
      let high = -Infinity;
      for (let index = from; index < to; index += 1) {
        const value = x[order[index]! * width + column]!;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      if (high - low > bestSpread) [best, bestSpread] = [column, high - low];
    }
    return best;
  }

  return {
    nearest(query, k) {
      const found = new Best(k);
      search(root, query, found, 0);
      return found.rows();
    },
  };

  function search(node: Node, query: ArrayLike<number>, found: Best, atLeast: number): void {
    if (atLeast > found.worst) return;
    if ("from" in node) {
      for (let index = node.from; index < node.to; index += 1) {
        const row = order[index]!;
        found.offer(row, distance(row, query, found.worst));
      }
      return;
    }
    const offset = query[node.column]! - node.split;
    const [near, far] = offset < 0 ? [node.below, node.above] : [node.above, node.below];
    search(near, query, found, atLeast);
    search(far, query, found, Math.max(atLeast, offset * offset));
  }

  function distance(row: number, query: ArrayLike<number>, enough: number): number {
    let sum = 0;
    for (let column = 0, cell = row * width; column < width; column += 1, cell += 1) {
      const difference = query[column]! - x[cell]!;
      sum += difference * difference;
      if (sum > enough) return Infinity;
    }
    return sum;
  }
}

/** The k best so far, by (distance, row). */
class Best {
  readonly #k: number;
  readonly #found: { readonly row: number; readonly distance: number }[] = [];
  worst = Infinity;

  constructor(k: number) {
    this.#k = k;
  }

  offer(row: number, distance: number): void {
    if (distance > this.worst || distance === Infinity) return;
    let at = this.#found.length;
    while (at > 0) {
      const before = must(this.#found[at - 1], "neighbour");
      if (before.distance < distance || (before.distance === distance && before.row < row)) break;
      at -= 1;
    }
    if (at >= this.#k) return;
    this.#found.splice(at, 0, { row, distance });
    if (this.#found.length > this.#k) this.#found.pop();
    if (this.#found.length === this.#k) this.worst = must(this.#found.at(-1), "neighbour").distance;
  }

  rows(): number[] {
    return this.#found.map(({ row }) => row);
  }
}
