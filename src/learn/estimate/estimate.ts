// Estimate
// Reward and cost of each cluster × arm, as the plan uses them, with standard errors: what the ensemble expects of the
// clusters as the student serves them, corrected by how far the log was from what members that had not seen it expected.
// There are three estimators of them (shrink.ts), and one is chosen by cross-fitting (estimators.ts).
//
// Invariants:
//   1. One pass over all rows, in blocks; memory does not grow with the rows.
//   2. The control costs nothing. Where money flows by redemption, cost = face × redemption + send in every cell.
//   3. Raw measured means are taken only when asked for.
//   4. No outcome is held against members that learned from it.

import { must } from "../../domain/assert.ts";
import type { ClusterValues } from "../../domain/release/release.ts";
import { FOLDS, type Dataset } from "../nouns.ts";
import { measure } from "./cells.ts";
import { choose, estimatesOf, type ExcessError } from "./estimators.ts";
import type { Estimates, Estimator } from "./shrink.ts";
import { rowsOf, sumRows, type ColumnMeans, type Expectation, type EstimateSums, type SumsInput } from "./sums.ts";

export interface EstimateOptions {
  /** Rows at most on which the whole ensemble's means are taken. */
  readonly modelRows: number;
  readonly blockRows: number;
  /** Chosen by cross-fitting when null. */
  readonly estimator: Estimator | null;
  /** A cell with fewer rows is named in a warning. */
  readonly fewRows: number;
}

export const ESTIMATE_OPTIONS: EstimateOptions = {
  modelRows: 400_000,
  blockRows: 32_768,
  estimator: null,
  fewRows: 100,
};

export interface EstimatorCheck extends ExcessError {
  readonly target: "reward" | "cost";
}

/** Values with what is uncertain about them. */
export interface Valued {
  readonly values: ClusterValues;
  /** Part of a cost's or a reward's standard error that all clusters of the arm share. */
  readonly armCostSe: readonly number[];
  readonly armRewardSe: readonly number[];
}

export interface Estimate extends Valued {
  readonly estimators: { readonly reward: Estimator; readonly cost: Estimator };
  readonly checks: readonly EstimatorCheck[];
  /** Rows of each class × arm, as served. */
  readonly counts: readonly (readonly number[])[];
  /** The log's own means of each cluster × arm. */
  readonly measured: { readonly reward: readonly (readonly number[])[]; readonly cost: readonly (readonly number[])[] };
  readonly columns: ColumnMeans;
  readonly warnings: readonly string[];
  /** Values of the same clusters from an expectation of others, corrected without the outcomes of one fold. */
  without(fold: number, base: Expectation): Valued;
}

export interface EstimateInput extends Omit<SumsInput, "modelRows" | "blockRows"> {
  readonly options: EstimateOptions;
}

const ALL_FOLDS: readonly number[] = Array.from({ length: FOLDS }, (_, fold) => fold);

export async function estimate(input: EstimateInput): Promise<Estimate> {
  const { dataset, options, clusters } = input;
  const sums = await sumRows({ ...input, ...options });
  const estimators = estimatorsOf(sums, dataset, options.estimator);
  const { reward, cost } = estimators;
  const table = (values: ArrayLike<number>): number[][] => rowsOf(values, clusters, dataset.arms.length);
  return {
    ...valuesFrom(sums, dataset, sums.served, estimators, ALL_FOLDS),
    estimators: { reward: reward.estimator, cost: cost.estimator },
    checks: [
      ...reward.checks.map((check) => ({ target: "reward" as const, ...check })),
      ...cost.checks.map((check) => ({ target: "cost" as const, ...check })),
    ],
    counts: table(sums.counts),
    measured: {
      reward: table(measure(sums.cells, "reward", ALL_FOLDS).mean),
      cost: table(measure(sums.cells, "cost", ALL_FOLDS).mean),
    },
    columns: sums.columns,
    warnings: [...fewRowsWarnings(sums, dataset, options.fewRows), ...controlWarnings(sums)],
    without: (fold, base) => {
      const others = ALL_FOLDS.filter((each) => each !== fold);
      return valuesFrom(sums, dataset, base, estimators, others);
    },
  };
}

type Chosen = ReturnType<typeof choose>;

function estimatorsOf(
  sums: EstimateSums,
  { tasks }: Dataset,
  fixed: Estimator | null,
): { reward: Chosen; cost: Chosen } {
  const moneyTarget = tasks.cost.kind === "redeemed" ? "redemption" : "cost";
  return { reward: choose(sums, "reward", fixed, ALL_FOLDS), cost: choose(sums, moneyTarget, fixed, ALL_FOLDS) };
}

/** Reads the values out of some folds of the rows. */
function valuesFrom(
  sums: EstimateSums,
  dataset: Dataset,
  base: Expectation,
  { reward, cost }: { readonly reward: Chosen; readonly cost: Chosen },
  folds: readonly number[],
): Valued {
  const rewards = estimatesOf(sums, base, "reward", reward.estimator, folds);
  const redemption = redemptionOf(sums, dataset, base, cost.estimator, folds);
  const money = costsOf(sums, dataset, base, redemption, cost.estimator, folds);
  const table = (values: ArrayLike<number>): number[][] => rowsOf(values, sums.cells.clusters, dataset.arms.length);
  return {
    values: {
      reward: table(rewards.values),
      rewardSe: table(rewards.variance.map(Math.sqrt)),
      cost: table(money.values),
      costSe: table(money.variance.map(Math.sqrt)),
      redemption: table(redemption.values),
      mix: [...base.mix],
    },
    armCostSe: [...money.armVariance.map(Math.sqrt)],
    armRewardSe: [...rewards.armVariance.map(Math.sqrt)],
  };
}

function redemptionOf(
  sums: EstimateSums,
  dataset: Dataset,
  base: Expectation,
  estimator: Estimator,
  folds: readonly number[],
): Estimates {
  if (dataset.tasks.cost.kind !== "redeemed") {
    const size = sums.cells.clusters * sums.cells.arms;
    const certain = new Float64Array(size).fill(1);
    return { values: certain, variance: new Float64Array(size), armVariance: new Float64Array(sums.cells.arms) };
  }
  const out = estimatesOf(sums, base, "redemption", estimator, folds);
  return { ...out, values: out.values.map((value) => Math.min(Math.max(value, 0), 1)) };
}

function costsOf(
  sums: EstimateSums,
  dataset: Dataset,
  base: Expectation,
  redemption: Estimates,
  estimator: Estimator,
  folds: readonly number[],
): Estimates {
  const { cost } = dataset.tasks;
  const { arms } = sums.cells;
  if (cost.kind === "column") {
    const out = estimatesOf(sums, base, "cost", estimator, folds);
    return freeControl({ ...out, values: out.values.map((value) => Math.max(value, 0)) }, arms);
  }
  const face = cost.kind === "redeemed" ? cost.faceMinor : cost.sendMinor.map(() => 0);
  const faceOf = (cell: number): number => face[cell % arms]!;
  return freeControl(
    {
      values: redemption.values.map((rate, cell) => faceOf(cell) * rate + cost.sendMinor[cell % arms]!),
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

function fewRowsWarnings(sums: EstimateSums, dataset: Dataset, few: number): string[] {
  const { arms } = sums.cells;
  const { count } = measure(sums.cells, "reward", ALL_FOLDS);
  const small = [...count.keys()].filter((cell) => count[cell]! < few);
  if (small.length === 0) return [];
  const name = (cell: number): string =>
    `segment ${Math.floor(cell / arms)} × ${must(dataset.arms[cell % arms], "the arm's id")}: ${count[cell]}`;
  const worst = small.toSorted((a, b) => count[a]! - count[b]! || a - b).slice(0, 5);
  return [
    `${small.length} of ${count.length} cells of segment × offer have fewer than ${few} rows (${worst.map(name).join(", ")}); ` +
      "their values rest on the model; give more rows or fewer segments (--clusters)",
  ];
}

function controlWarnings(sums: EstimateSums): string[] {
  const { mean, count } = measure(sums.cells, "cost", ALL_FOLDS);
  const { arms } = sums.cells;
  let rows = 0;
  for (let cell = 0; cell < mean.length; cell += arms) if (mean[cell] !== 0) rows += count[cell]!;
  return rows === 0 ? [] : [`cost: the control cost money in segments of ${rows} rows; it is planned as free`];
}
