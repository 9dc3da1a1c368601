// Estimate
// Reward and cost of each cluster × arm, as the plan uses them, with standard errors. The network's means and the log's
// measured means are read out three ways (shrink.ts); the way is chosen by how well it foretells the measured means of
// rows that neither trained the network nor took part in the read-out. Clusters are the student's hard classes: as served.
//
// Invariants:
//   1. One pass over all rows, in blocks; memory does not grow with the rows.
//   2. The control costs nothing. Where money flows by redemption, cost = face × redemption + send in every cell.
//   3. Raw measured means are taken only when asked for: their noise goes into the plan and into what it spends.
//   4. `valuesWithoutTest` owes nothing to an outcome of a test row: what is planned on them can be judged there.

import { must } from "../../domain/assert.ts";
import type { ClusterValues } from "../../domain/release.ts";
import type { Block, Dataset, Effects, Progress, Split } from "../nouns.ts";
import { addBlock, emptyCells, measure, type Cells, type Measured, type Target } from "./cells.ts";
import { readOut, type Estimates, type Readout } from "./shrink.ts";

export interface EstimateOptions {
  /** Rows at most on which the network's means are taken. */
  readonly networkRows: number;
  readonly blockRows: number;
  /** Chosen by cross-fitting when null. */
  readonly readout: Readout | null;
  /** A cell with fewer rows is named in a warning. */
  readonly fewRows: number;
}

export const ESTIMATE_OPTIONS: EstimateOptions = {
  networkRows: 400_000,
  blockRows: 32_768,
  readout: null,
  fewRows: 100,
};

/** How the read-outs did on rows they had not seen: mean squared error in excess of the noise. */
export interface ReadoutCheck {
  readonly target: "reward" | "cost";
  readonly readout: Readout;
  readonly error: number;
}

export interface Estimate {
  readonly values: ClusterValues;
  /** The same from the train and validate rows' outcomes alone. */
  readonly valuesWithoutTest: ClusterValues;
  /** Part of a cost's or a reward's standard error that all clusters of the arm share. */
  readonly armCostSe: readonly number[];
  readonly armRewardSe: readonly number[];
  readonly readouts: { readonly reward: Readout; readonly cost: Readout };
  readonly checks: readonly ReadoutCheck[];
  /** Rows of each cluster × arm, and the log's own means there. */
  readonly counts: readonly (readonly number[])[];
  readonly measured: { readonly reward: readonly (readonly number[])[]; readonly cost: readonly (readonly number[])[] };
  /** Mean of each column of the feature row, by cluster, and over all rows with its standard deviation. */
  readonly columns: {
    readonly byCluster: readonly (readonly number[])[];
    readonly mean: readonly number[];
    readonly deviation: readonly number[];
  };
  readonly warnings: readonly string[];
}

export interface EstimateInput {
  readonly dataset: Dataset;
  readonly clusters: number;
  /** The student's hard class of each row. */
  classes(x: Float32Array, n: number): ArrayLike<number>;
  effects(x: Float32Array, n: number): Effects;
  readonly options: EstimateOptions;
  readonly progress: Progress;
}

/** Fold 0 trained the network; the others are the held-back rows of each split, dealt out by turns. */
const FOLDS_OF = { train: [0], validate: [1, 2], test: [3, 4], all: [0, 1, 2, 3, 4] } as const satisfies Record<
  Split,
  readonly number[]
>;
const ALL_FOLDS: readonly number[] = FOLDS_OF.all;
const FOLDS = ALL_FOLDS.length;

export async function estimate(input: EstimateInput): Promise<Estimate> {
  const sums = await readRows(input);
  const { dataset, options } = input;
  const whole = valuesFrom(sums, input, ALL_FOLDS);
  const withoutTest = valuesFrom(sums, input, [...FOLDS_OF.train, ...FOLDS_OF.validate]);
  const table = (values: ArrayLike<number>): number[][] => rowsOf(values, input.clusters, dataset.arms.length);
  const reward = measure(sums.cells, "reward", ALL_FOLDS);
  return {
    values: whole.values,
    valuesWithoutTest: withoutTest.values,
    armCostSe: whole.armCostSe,
    armRewardSe: whole.armRewardSe,
    readouts: whole.readouts,
    checks: whole.checks,
    counts: table(reward.count),
    measured: { reward: table(reward.mean), cost: table(measure(sums.cells, "cost", ALL_FOLDS).mean) },
    columns: sums.columns(),
    warnings: [...fewRowsWarnings(sums, dataset, options.fewRows), ...controlWarnings(sums)],
  };
}

/** Reads the values out of some folds of the rows. */
function valuesFrom(
  sums: Sums,
  { dataset, clusters, options }: EstimateInput,
  folds: readonly number[],
): Pick<Estimate, "values" | "armCostSe" | "armRewardSe" | "readouts" | "checks"> {
  const reward = choose(sums, "reward", options.readout, folds);
  const moneyTarget = dataset.tasks.cost.kind === "redeemed" ? "redemption" : "cost";
  const cost = choose(sums, moneyTarget, options.readout, folds);
  const rewards = readOutOf(sums, "reward", reward.readout, folds);
  const redemption = redemptionOf(sums, dataset, cost.readout, folds);
  const money = costsOf(sums, dataset, redemption, cost.readout, folds);
  const table = (values: ArrayLike<number>): number[][] => rowsOf(values, clusters, dataset.arms.length);
  return {
    values: {
      reward: table(rewards.values),
      rewardSe: table(rewards.variance.map(Math.sqrt)),
      cost: table(money.values),
      costSe: table(money.variance.map(Math.sqrt)),
      redemption: table(redemption.values),
      mix: [...sums.mix],
    },
    armCostSe: [...money.armVariance.map(Math.sqrt)],
    armRewardSe: [...rewards.armVariance.map(Math.sqrt)],
    readouts: { reward: reward.readout, cost: cost.readout },
    checks: [
      ...reward.checks.map((check) => ({ target: "reward" as const, ...check })),
      ...cost.checks.map((check) => ({ target: "cost" as const, ...check })),
    ],
  };
}

interface Sums {
  readonly cells: Cells;
  /** The network's mean of each cluster × arm. */
  readonly network: Readonly<Record<Target, Float64Array>>;
  /** Share of the rows in each cluster. */
  readonly mix: Float64Array;
  columns(): Estimate["columns"];
}

async function readRows(input: EstimateInput): Promise<Sums> {
  const { dataset, clusters, options } = input;
  const arms = dataset.arms.length;
  const cells = emptyCells(clusters, arms, FOLDS);
  const network = networkSums(clusters, arms);
  const features = columnSums(clusters, dataset.width);
  const stride = Math.max(1, Math.ceil(dataset.rowsOf.all / options.networkRows));
  let seen = 0;
  for (const split of ["train", "validate", "test"] satisfies Split[]) {
    for await (const block of dataset.blocks(split, options.blockRows)) {
      const labels = input.classes(block.x, block.n);
      const first = seen;
      const folds = FOLDS_OF[split];
      addBlock(cells, block, labels, dataset.tasks, (row) => folds[(first + row) % folds.length] ?? 0);
      features.add(block, labels);
      const part = everyNth(block, labels, dataset.width, stride, first);
      if (part.n > 0) network.add(input.effects(part.x, part.n), part.labels, part.n);
      seen += block.n;
      input.progress("estimate", seen / dataset.rowsOf.all);
    }
  }
  const sizes = features.sizes;
  const mix = sizes.map((size) => size / Math.max(seen, 1));
  return { cells, network: network.means(), mix, columns: () => features.tables() };
}

/** Each `stride`-th row of the log, so that which rows the network sees does not depend on the blocks. */
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
    kept[at] = labels[row] ?? 0;
  }
  return { x, labels: kept, n };
}

function networkSums(
  clusters: number,
  arms: number,
): { add(effects: Effects, labels: ArrayLike<number>, n: number): void; means(): Record<Target, Float64Array> } {
  const size = clusters * arms;
  const sums = { reward: new Float64Array(size), cost: new Float64Array(size), redemption: new Float64Array(size) };
  const counts = new Float64Array(clusters);
  return {
    add(effects, labels, n) {
      for (let row = 0; row < n; row += 1) {
        const cluster = labels[row] ?? 0;
        counts[cluster] = (counts[cluster] ?? 0) + 1;
        for (let arm = 0; arm < arms; arm += 1) {
          const cell = cluster * arms + arm;
          const from = row * arms + arm;
          sums.reward[cell] = (sums.reward[cell] ?? 0) + (effects.reward[from] ?? 0);
          sums.cost[cell] = (sums.cost[cell] ?? 0) + (effects.cost[from] ?? 0);
          sums.redemption[cell] = (sums.redemption[cell] ?? 0) + (effects.redemption[from] ?? 0);
        }
      }
    },
    means() {
      const mean = (values: Float64Array): Float64Array =>
        values.map((sum, cell) => sum / (counts[Math.floor(cell / arms)] || 1));
      return { reward: mean(sums.reward), cost: mean(sums.cost), redemption: mean(sums.redemption) };
    },
  };
}

function columnSums(
  clusters: number,
  width: number,
): { add(block: Block, labels: ArrayLike<number>): void; sizes: Float64Array; tables(): Estimate["columns"] } {
  const sizes = new Float64Array(clusters);
  const sums = new Float64Array(clusters * width);
  const squares = new Float64Array(width);
  return {
    sizes,
    add(block, labels) {
      for (let row = 0; row < block.n; row += 1) {
        const cluster = labels[row] ?? 0;
        sizes[cluster] = (sizes[cluster] ?? 0) + 1;
        for (let at = 0; at < width; at += 1) {
          const value = block.x[row * width + at] ?? 0;
          sums[cluster * width + at] = (sums[cluster * width + at] ?? 0) + value;
          squares[at] = (squares[at] ?? 0) + value * value;
        }
      }
    },
    tables() {
      const total = sizes.reduce((a, b) => a + b, 0) || 1;
      const mean = Array.from({ length: width }, (_, at) => {
        let sum = 0;
        for (let cluster = 0; cluster < clusters; cluster += 1) sum += sums[cluster * width + at] ?? 0;
        return sum / total;
      });
      const deviation = mean.map((m, at) => Math.sqrt(Math.max((squares[at] ?? 0) / total - m * m, 0)));
      const scaled = sums.map((sum, at) => sum / (sizes[Math.floor(at / width)] || 1));
      return { byCluster: rowsOf(scaled, clusters, width), mean, deviation };
    },
  };
}

function readOutOf(sums: Sums, target: Target, readout: Readout, folds: readonly number[]): Estimates {
  const measured = measure(sums.cells, target, folds);
  return readOut(readout, sums.network[target], measured, sums.mix, unitsOf(sums, target));
}

/** A cost is off by a share of itself; a reward or a rate by an amount. */
function unitsOf(sums: Sums, target: Target): Float64Array {
  const { arms } = sums.cells;
  const units = new Float64Array(arms).fill(1);
  if (target !== "cost") return units;
  return units.map((_, arm) =>
    sums.mix.reduce((level, share, cluster) => level + share * (sums.network.cost[cluster * arms + arm] ?? 0), 0),
  );
}

/** Cross-fitting: read out without one held-back fold, see how well that foretells the fold's measured means. */
function choose(
  sums: Sums,
  target: Target,
  fixed: Readout | null,
  folds: readonly number[],
): { readout: Readout; checks: { readout: Readout; error: number }[] } {
  const readouts: readonly Readout[] = ["network", "shrunk", "measured"];
  const checks = readouts.map((readout) => ({ readout, error: excessError(sums, target, readout, folds) }));
  const allowed = checks.filter(({ readout }) => readout !== "measured");
  const best = allowed.reduce((a, b) => (b.error < a.error ? b : a));
  return { readout: fixed ?? best.readout, checks };
}

function excessError(sums: Sums, target: Target, readout: Readout, folds: readonly number[]): number {
  let [error, weight] = [0, 0];
  for (const held of folds.filter((fold) => fold > 0)) {
    const others = folds.filter((fold) => fold !== held);
    const foretold = readOutOf(sums, target, readout, others).values;
    const seen = measure(sums.cells, target, [held]);
    const off = differences(foretold, seen, target === "reward");
    off.forEach((each, cell) => {
      const n = seen.count[cell] ?? 0;
      if (n === 0) return;
      error += n * (each * each - (seen.variance[cell] ?? 0));
      weight += n;
    });
  }
  return weight > 0 ? error / weight : 0;
}

/** For rewards only differences between the arms of a cluster count: the plan never compares clusters under the control. */
function differences(foretold: Float64Array, seen: Measured, betweenArms: boolean): Float64Array {
  const { arms, count, mean } = seen;
  const off = foretold.map((value, cell) => ((count[cell] ?? 0) > 0 ? value - (mean[cell] ?? 0) : 0));
  if (!betweenArms) return off;
  return off.map((each, cell) => {
    const first = cell - (cell % arms);
    let [rows, sum] = [0, 0];
    for (let at = first; at < first + arms; at += 1) {
      rows += count[at] ?? 0;
      sum += (count[at] ?? 0) * (off[at] ?? 0);
    }
    return rows > 0 ? each - sum / rows : each;
  });
}

function redemptionOf(sums: Sums, dataset: Dataset, readout: Readout, folds: readonly number[]): Estimates {
  if (dataset.tasks.cost.kind !== "redeemed") {
    const size = sums.cells.clusters * sums.cells.arms;
    const certain = new Float64Array(size).fill(1);
    return { values: certain, variance: new Float64Array(size), armVariance: new Float64Array(sums.cells.arms) };
  }
  const out = readOutOf(sums, "redemption", readout, folds);
  return { ...out, values: out.values.map((value) => Math.min(Math.max(value, 0), 1)) };
}

function costsOf(
  sums: Sums,
  dataset: Dataset,
  redemption: Estimates,
  readout: Readout,
  folds: readonly number[],
): Estimates {
  const { cost } = dataset.tasks;
  const { arms } = sums.cells;
  if (cost.kind === "column") {
    const out = readOutOf(sums, "cost", readout, folds);
    return freeControl({ ...out, values: out.values.map((value) => Math.max(value, 0)) }, arms);
  }
  const face = cost.kind === "redeemed" ? cost.faceMinor : cost.sendMinor.map(() => 0);
  const faceOf = (cell: number): number => face[cell % arms] ?? 0;
  return freeControl(
    {
      values: redemption.values.map((rate, cell) => faceOf(cell) * rate + (cost.sendMinor[cell % arms] ?? 0)),
      variance: redemption.variance.map((variance, cell) => variance * faceOf(cell) ** 2),
      armVariance: redemption.armVariance.map((variance, arm) => variance * faceOf(arm) ** 2),
    },
    arms,
  );
}

function freeControl(costs: Estimates, arms: number): Estimates {
  const without = (values: Float64Array): Float64Array => values.map((value, cell) => (cell % arms === 0 ? 0 : value));
  return { values: without(costs.values), variance: without(costs.variance), armVariance: without(costs.armVariance) };
}

function fewRowsWarnings(sums: Sums, dataset: Dataset, few: number): string[] {
  const { arms } = sums.cells;
  const { count } = measure(sums.cells, "reward", ALL_FOLDS);
  const small = [...count.keys()].filter((cell) => (count[cell] ?? 0) < few);
  if (small.length === 0) return [];
  const name = (cell: number): string =>
    `cluster ${Math.floor(cell / arms)} × ${must(dataset.arms[cell % arms], "the arm's id")}: ${count[cell]}`;
  const worst = small.toSorted((a, b) => (count[a] ?? 0) - (count[b] ?? 0) || a - b).slice(0, 5);
  return [
    `${small.length} of ${count.length} cells of cluster × arm have fewer than ${few} rows (${worst.map(name).join(", ")}); ` +
      "their values rest on the network; give more rows or fewer clusters",
  ];
}

function controlWarnings(sums: Sums): string[] {
  const { mean, count } = measure(sums.cells, "cost", ALL_FOLDS);
  const { arms } = sums.cells;
  let rows = 0;
  for (let cell = 0; cell < mean.length; cell += arms) if (mean[cell] !== 0) rows += count[cell] ?? 0;
  return rows === 0 ? [] : [`cost: the control cost money in clusters of ${rows} rows; it is planned as free`];
}

function rowsOf(values: ArrayLike<number>, rows: number, width: number): number[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: width }, (_unused, at) => values[row * width + at] ?? 0),
  );
}
