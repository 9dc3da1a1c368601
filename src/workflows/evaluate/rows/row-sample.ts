// Row sample: some rows of a log with their encoded features, drawn by chance as the rows go by (Vitter's algorithm R), so
// that what needs rows again after a pass has a bounded number of them, of a table as of topics.

import { must } from "../../../domain/assert.ts";
import { seededRandom, type Random } from "../../../domain/random.ts";
import type { RowBlock } from "./row-block.ts";

export class RowSample {
  readonly width: number;
  readonly #most: number;
  readonly #random: Random;
  readonly #rows: { readonly flat: SampledRow; readonly x: Float32Array }[] = [];
  #seen = 0;

  constructor(width: number, most: number, seed: number) {
    this.width = width;
    this.#most = most;
    this.#random = seededRandom(`row sample ${seed}`);
  }

  see(rows: RowBlock, x: Float32Array): void {
    if (this.#most === 0) return;
    for (let row = 0; row < rows.n; row += 1) {
      this.#seen += 1;
      const at = this.#rows.length < this.#most ? this.#rows.length : this.#random.below(this.#seen);
      if (at >= this.#most) continue;
      const own = x.slice(row * this.width, (row + 1) * this.width);
      this.#rows[at] = { flat: rowOf(rows, row), x: own };
    }
  }

  /** All of its rows as one block, and their features. */
  end(): { readonly rows: RowBlock; readonly x: Float32Array } {
    const of = (name: keyof SampledRow): Float64Array => Float64Array.from(this.#rows, ({ flat }) => flat[name]);
    const x = new Float32Array(this.#rows.length * this.width);
    this.#rows.forEach((row, index) => x.set(row.x, index * this.width));
    const rows = {
      ...{ n: this.#rows.length, lot: of("lot"), arm: of("arm"), propensity: of("propensity") },
      ...{ reward: of("reward"), cost: of("cost") },
    };
    return { rows, x };
  }
}

type SampledRow = Readonly<Record<Exclude<keyof RowBlock, "n">, number>>;

function rowOf(rows: RowBlock, row: number): SampledRow {
  const of = (name: keyof SampledRow): number => must(rows[name][row], name);
  return { lot: of("lot"), arm: of("arm"), propensity: of("propensity"), reward: of("reward"), cost: of("cost") };
}
