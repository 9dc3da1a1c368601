// Sums
// One pass over the log for the estimates: what the ensemble expects of each cluster as served, and, for the check, what
// members that have not seen a row expected of it beside what came of it. Bounded memory: nothing grows with the rows.

import { FOLDS, type Block, type Dataset, type Effects, type ProgressListener } from "../nouns.ts";
import { addBlock, emptyCells, TARGETS, type Cells, type Target } from "./cells.ts";

/** Means of each cluster × arm, [clusters × arms]. */
export type Means = Readonly<Record<Target, Float64Array>>;

/** Mean of each column of the feature row, by cluster, and over all rows with its standard deviation. */
export interface ColumnMeans {
  readonly byCluster: readonly (readonly number[])[];
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** What the ensemble expects of rows in their clusters. */
export interface Expectation {
  readonly means: Means;
  /** Share of the rows in each cluster. */
  readonly mix: Float64Array;
}

export interface EstimateSums {
  /** Outcomes, by the cluster that the members of the row's fold put it into. */
  readonly cells: Cells;
  /** What those members expected there of the rows of some folds. */
  outOfFold(folds: readonly number[]): Means;
  /** By the student's class. */
  readonly served: Expectation;
  /** Rows of each class × arm. */
  readonly counts: Float64Array;
  readonly columns: ColumnMeans;
}

export interface SumsInput {
  readonly dataset: Dataset;
  readonly clusters: number;
  /** The student's hard class of each row. */
  classes(x: Float32Array, n: number): ArrayLike<number>;
  /** By the whole ensemble. */
  effects(x: Float32Array, n: number): Effects;
  /** By the members that have not seen the row's fold: what they expect, and the cluster that they put it into. */
  outOfFold(block: Block): { readonly effects: Effects; readonly labels: ArrayLike<number> };
  /** Rows at most on which the whole ensemble's means are taken. */
  readonly modelRows: number;
  readonly blockRows: number;
  readonly progress: ProgressListener;
}

export async function sumRows(input: SumsInput): Promise<EstimateSums> {
  const { dataset, clusters } = input;
  const arms = dataset.arms.length;
  const cells = emptyCells(clusters, arms, FOLDS);
  const held = Array.from({ length: FOLDS }, () => effectSums(clusters, arms));
  const served = effectSums(clusters, arms);
  const counts = new Float64Array(clusters * arms);
  const features = columnSums(clusters, dataset.width);
  const stride = Math.max(1, Math.ceil(dataset.rows / input.modelRows));
  let seen = 0;
  for await (const block of dataset.blocks(input.blockRows)) {
    const classes = input.classes(block.x, block.n);
    const { effects, labels } = input.outOfFold(block);
    addBlock(cells, block, labels, dataset.tasks);
    held.forEach((sums, fold) => sums.add(effects, labels, block.n, (row) => block.fold[row] === fold));
    for (let row = 0; row < block.n; row += 1) counts[classes[row]! * arms + block.arm[row]!]! += 1;
    features.add(block, classes);
    const part = everyNth(block, classes, dataset.width, stride, seen);
    if (part.n > 0) served.add(input.effects(part.x, part.n), part.labels, part.n);
    seen += block.n;
    input.progress("estimate", seen / dataset.rows);
  }
  return {
    cells,
    outOfFold: (folds) =>
      meansOf(
        held.filter((_, fold) => folds.includes(fold)),
        arms,
      ),
    served: { means: meansOf([served], arms), mix: features.sizes.map((size) => size / Math.max(seen, 1)) },
    counts,
    columns: features.tables(),
  };
}

/** The same expectation for rows that are at hand. */
export function expectationOf(effects: Effects, labels: ArrayLike<number>, n: number, clusters: number): Expectation {
  const arms = effects.reward.length / n;
  const sums = effectSums(clusters, arms);
  sums.add(effects, labels, n);
  return { means: meansOf([sums], arms), mix: sums.counts.map((count) => count / n) };
}

/** Each `stride`-th row of the log, so that which rows are taken does not depend on the blocks. */
function everyNth(
  block: Block,
  labels: ArrayLike<number>,
  width: number,
  stride: number,
  first: number,
): { x: Float32Array; labels: ArrayLike<number>; n: number } {
  if (stride === 1) return { x: block.x, labels, n: block.n };
  const start = (stride - (first % stride)) % stride;
  const n = Math.max(0, Math.ceil((block.n - start) / stride));
  const x = new Float32Array(n * width);
  const kept = new Int32Array(n);
  for (let at = 0; at < n; at += 1) {
    const row = start + at * stride;
    x.set(block.x.subarray(row * width, (row + 1) * width), at * width);
    kept[at] = labels[row]!;
  }
  return { x, labels: kept, n };
}

interface EffectSums {
  /** Rows of each cluster. */
  readonly counts: Float64Array;
  readonly totals: Means;
  add(effects: Effects, labels: ArrayLike<number>, n: number, counts?: (row: number) => boolean): void;
}

function effectSums(clusters: number, arms: number): EffectSums {
  const size = clusters * arms;
  const totals = { reward: new Float64Array(size), cost: new Float64Array(size), redemption: new Float64Array(size) };
  const counts = new Float64Array(clusters);
  return {
    counts,
    totals,
    add(effects, labels, n, isCounted = () => true) {
      for (let row = 0; row < n; row += 1) {
        if (!isCounted(row)) continue;
        const cluster = labels[row]!;
        counts[cluster]! += 1;
        for (let arm = 0; arm < arms; arm += 1)
          for (const target of TARGETS) totals[target][cluster * arms + arm]! += effects[target][row * arms + arm]!;
      }
    },
  };
}

function meansOf(sums: readonly EffectSums[], arms: number): Means {
  const added = (pick: (each: EffectSums) => Float64Array): Float64Array =>
    sums.map(pick).reduce((all, one) => all.map((value, at) => value + one[at]!));
  const counts = added((each) => each.counts);
  const mean = (target: Target): Float64Array =>
    added((each) => each.totals[target]).map((sum, cell) => sum / (counts[Math.floor(cell / arms)] || 1));
  return { reward: mean("reward"), cost: mean("cost"), redemption: mean("redemption") };
}

function columnSums(
  clusters: number,
  width: number,
): { add(block: Block, labels: ArrayLike<number>): void; sizes: Float64Array; tables(): ColumnMeans } {
  const sizes = new Float64Array(clusters);
  const sums = new Float64Array(clusters * width);
  const squares = new Float64Array(width);
  return {
    sizes,
    add(block, labels) {
      for (let row = 0; row < block.n; row += 1) {
        const cluster = labels[row]!;
        sizes[cluster]! += 1;
        for (let at = 0; at < width; at += 1) {
          const value = block.x[row * width + at]!;
          sums[cluster * width + at]! += value;
          squares[at]! += value * value;
        }
      }
    },
    tables() {
      const total = sizes.reduce((a, b) => a + b, 0) || 1;
      const mean = Array.from({ length: width }, (_, at) => {
        let sum = 0;
        for (let cluster = 0; cluster < clusters; cluster += 1) sum += sums[cluster * width + at]!;
        return sum / total;
      });
      const deviation = mean.map((m, at) => Math.sqrt(Math.max(squares[at]! / total - m * m, 0)));
      const scaled = sums.map((sum, at) => sum / (sizes[Math.floor(at / width)] || 1));
      return { byCluster: rowsOf(scaled, clusters, width), mean, deviation };
    },
  };
}

/** A flat table as rows. */
export function rowsOf(values: ArrayLike<number>, rows: number, width: number): number[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: width }, (_unused, at) => values[row * width + at]!),
  );
}
