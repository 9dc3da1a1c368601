// Cluster
// Partitions users into K groups by the model's view of them. Three ways, each an option:
//   hidden   k-means on the second shared layer's output: the literal reading of the paper's abstract
//   profile  k-means on the decision profile (profile.ts)
//   regret   that partition refined by decision regret (regret.ts): the default
// K is the smallest candidate whose groups keep a stated share of the incremental reward that the model itself expects
// of deciding user by user, on rows that the fit has not seen; each is then divided by what its users are expected to cost.
//
// Invariants:
//   1. A row's group is a function of its effects (or hidden output) and the fitted clustering alone.
//   2. No group of the fit is empty.

import { MAX_CELLS, MAX_CLUSTERS } from "../../domain/release/release.ts";
import type { ProgressListener } from "../nouns.ts";
import { comparisonBudgets, envelope, keptShare, type Envelope } from "../plan/envelope.ts";
import { byCostLevel } from "./levels.ts";
import { fitCentroids, nearest, type Centroids } from "./kmeans.ts";
import { individualEnvelope, pricesOf, type Prices } from "./prices.ts";
import type { Partition, Seen } from "./partition.ts";
import { profileSpace, type ProfileSpace } from "./profile.ts";
import { assignByCode, gainScales, refine, regretsOf, type Codes, type Regrets } from "./regret.ts";

export type ClusterMethod = "hidden" | "profile" | "regret";

export interface ClusterOptions {
  readonly method: ClusterMethod;
  /** Candidates for K, rising. */
  readonly candidates: readonly number[];
  /** Share of the model's own incremental reward that the groups must keep. */
  readonly keep: number;
  /** Rounds of the refinement by regret. */
  readonly rounds: number;
  /** Parts at most that a group is divided into by expected cost (levels.ts); not with `hidden`, the literal reading. */
  readonly costLevels: number;
  /** A group with a smaller share of the rows is given up. */
  readonly minShare: number;
  /** Rows on which ml-kmeans fits, at most. */
  readonly kmeansRows: number;
}

export const CLUSTER_OPTIONS: ClusterOptions = {
  method: "regret",
  candidates: [10, 20, 50, 100],
  keep: 0.995,
  rounds: 15,
  costLevels: 3,
  minShare: 0.001,
  kmeansRows: 10_000,
};

export interface Clustering {
  readonly method: ClusterMethod;
  readonly clusters: number;
  /** Share of the model's incremental reward that the groups keep on the rows they were checked on. */
  readonly kept: number;
  /** What each candidate kept, in the order tried. */
  readonly tried: readonly { readonly candidate: number; readonly clusters: number; readonly kept: number }[];
  readonly prices: Prices;
  assign(rows: Seen): Int32Array;
  /** The same without some groups, whose rows go to the others. */
  without(groups: readonly number[]): Clustering;
}

/** Fits on `fit` (some 100,000 rows at most), chooses K on `check`. */
export function clusterRows(
  fit: Seen,
  check: Seen,
  arms: number,
  options: ClusterOptions,
  seed: number,
  progress: ProgressListener,
): Clustering {
  const prices = pricesOf(individualEnvelope(fit.effects, fit.n, arms));
  const reference = individualEnvelope(check.effects, check.n, arms);
  const partition = partitioner(fit, arms, prices, options, seed);
  const tried: { candidate: number; clusters: number; kept: number; fitted: Partition }[] = [];
  for (const candidate of options.candidates) {
    progress("cluster", tried.length / options.candidates.length, `K = ${candidate}`);
    const fitted = partition(candidate);
    const kept = keptByGroups(fitted.assign(check), fitted.clusters, check, arms, reference);
    tried.push({ candidate, clusters: fitted.clusters, kept, fitted });
    if (kept >= options.keep) break;
  }
  const chosen = tried.find((each) => each.kept >= options.keep) ?? tried.reduce((a, b) => (b.kept >= a.kept ? b : a));
  const told = tried.map(({ candidate, clusters, kept }) => ({ candidate, clusters, kept }));
  const levels = options.method === "hidden" ? 1 : levelsOf(options.costLevels, chosen.clusters, arms);
  const fitted = byCostLevel(chosen.fitted, fit, arms, levels, Math.max(1, options.minShare * fit.n));
  const kept = keptByGroups(fitted.assign(check), fitted.clusters, check, arms, reference);
  progress("cluster", 1, `K = ${fitted.clusters}`);
  return clusteringOf(fitted, kept, told, prices, options.method);
}

/** Cells of a release that the division makes at most: its manifest and its shards' reports have to stay short. */
const CELLS = MAX_CELLS / 2;

function levelsOf(asked: number, clusters: number, arms: number): number {
  return Math.min(asked, Math.floor(MAX_CLUSTERS / clusters), Math.floor(CELLS / (clusters * arms)));
}

function clusteringOf(
  partition: Partition,
  kept: number,
  tried: Clustering["tried"],
  prices: Prices,
  method: ClusterMethod,
): Clustering {
  return {
    method,
    clusters: partition.clusters,
    kept,
    tried,
    prices,
    assign: (rows) => partition.assign(rows),
    without: (groups) => clusteringOf(partition.drop(new Set(groups)), kept, tried, prices, method),
  };
}

function partitioner(
  fit: Seen,
  arms: number,
  prices: Prices,
  options: ClusterOptions,
  seed: number,
): (clusters: number) => Partition {
  const minRows = Math.ceil(options.minShare * fit.n);
  const kmeans = { maxRows: options.kmeansRows, maxIterations: 20, seed };
  if (options.method === "hidden") {
    const space = standardised(fit);
    const points = space(fit);
    return (clusters) => {
      const centroids = fitCentroids(points, fit.n, hiddenWidth(fit), { ...kmeans, clusters });
      return pruned(nearestCentroid(space, centroids), fit, minRows);
    };
  }
  const space = profileSpace(fit.effects, fit.n, arms, prices.profile);
  const project = (rows: Seen): Float32Array => space.project(rows.effects, rows.n);
  const points = project(fit);
  if (options.method === "profile")
    return (clusters) => {
      const centroids = fitCentroids(points, fit.n, space.width, { ...kmeans, clusters });
      return pruned(nearestCentroid(project, centroids), fit, minRows);
    };
  return regretPartitioner(fit, points, space, arms, prices, { ...options, minRows, kmeans });
}

function regretPartitioner(
  fit: Seen,
  points: Float32Array,
  space: ProfileSpace,
  arms: number,
  prices: Prices,
  options: { rounds: number; minRows: number; kmeans: { maxRows: number; maxIterations: number; seed: number } },
): (clusters: number) => Partition {
  const priced = { prices: prices.regret, scales: gainScales(fit.effects, fit.n, arms, prices.regret) };
  const regrets = regretsOf(fit.effects, fit.n, arms, priced);
  return (clusters) => {
    const maxRows = Math.min(options.kmeans.maxRows, Math.max(2000, 50 * clusters));
    const centroids = fitCentroids(points, fit.n, space.width, { ...options.kmeans, maxRows, clusters });
    const first = nearest(points, fit.n, centroids);
    return byCode(refine(regrets, first, centroids.count, priced, options), arms);
  };
}

function byCode(codes: Codes, arms: number): Partition {
  const prices = codes.prices.length;
  return {
    clusters: codes.count,
    assign: (rows) => {
      const labels = new Int32Array(rows.n);
      inChunks(rows, arms, codes, (regrets, from) =>
        assignByCode(regrets, codes.arms, codes.count, labels.subarray(from, from + regrets.n)),
      );
      return labels;
    },
    drop: (groups) => {
      const kept = codes.arms.filter((_, at) => !groups.has(Math.floor(at / prices)));
      return byCode({ ...codes, arms: kept, count: kept.length / prices }, arms);
    },
  };
}

/** Regrets are prices × arms numbers a row: made for some thousand rows at a time. */
function inChunks(rows: Seen, arms: number, codes: Codes, use: (regrets: Regrets, from: number) => void): void {
  const size = 16_384;
  for (let from = 0; from < rows.n; from += size) {
    const n = Math.min(size, rows.n - from);
    const part = (values: Float32Array): Float32Array => values.subarray(from * arms, (from + n) * arms);
    const { reward, cost, redemption } = rows.effects;
    use(regretsOf({ reward: part(reward), cost: part(cost), redemption: part(redemption) }, n, arms, codes), from);
  }
}

function nearestCentroid(project: (rows: Seen) => Float32Array, centroids: Centroids): Partition {
  return {
    clusters: centroids.count,
    assign: (rows) => nearest(project(rows), rows.n, centroids),
    drop: (groups) => {
      const { width } = centroids;
      const values = centroids.values.filter((_, at) => !groups.has(Math.floor(at / width)));
      return nearestCentroid(project, { width, values, count: values.length / width });
    },
  };
}

/** Gives up centroids that have too few rows. */
function pruned(partition: Partition, fit: Seen, minRows: number): Partition {
  const sizes = new Int32Array(partition.clusters);
  for (const label of partition.assign(fit)) sizes[label]! += 1;
  const small = [...sizes.keys()].filter((group) => sizes[group]! < Math.max(1, minRows));
  return small.length === 0 || small.length === partition.clusters ? partition : partition.drop(new Set(small));
}

function hiddenWidth(rows: Seen): number {
  return (rows.hidden?.length ?? 0) / rows.n;
}

/** Hidden output with each unit centred and scaled as on the fit's rows. */
function standardised(fit: Seen): (rows: Seen) => Float32Array {
  const width = hiddenWidth(fit);
  const values = fit.hidden ?? new Float32Array(0);
  const mean = new Float64Array(width);
  const scale = new Float64Array(width);
  for (let unit = 0; unit < width; unit += 1) {
    let [sum, squares] = [0, 0];
    for (let row = 0; row < fit.n; row += 1) {
      const value = values[row * width + unit]!;
      sum += value;
      squares += value * value;
    }
    mean[unit] = sum / fit.n;
    scale[unit] = Math.sqrt(Math.max(squares / fit.n - (sum / fit.n) ** 2, 0)) || 1;
  }
  return (rows) =>
    (rows.hidden ?? new Float32Array(0)).map((value, at) => (value - mean[at % width]!) / scale[at % width]!);
}

/** Share of the model's own incremental reward that is kept when every user of a group gets the same mix of arms. */
export function keptByGroups(
  labels: Int32Array,
  clusters: number,
  rows: Seen,
  arms: number,
  reference: Envelope = individualEnvelope(rows.effects, rows.n, arms),
): number {
  return keptShare(groupEnvelope(labels, clusters, rows, arms), reference, comparisonBudgets(reference));
}

/** Best possible by groups, on the model's means of each group. */
export function groupEnvelope(labels: Int32Array, clusters: number, rows: Seen, arms: number): Envelope {
  const reward = new Float64Array(clusters * arms);
  const cost = new Float64Array(clusters * arms);
  const weight = new Float64Array(clusters);
  for (let row = 0; row < rows.n; row += 1) {
    const group = labels[row]!;
    weight[group]! += 1;
    for (let arm = 0; arm < arms; arm += 1) {
      const cell = group * arms + arm;
      reward[cell]! += rows.effects.reward[row * arms + arm]!;
      cost[cell]! += rows.effects.cost[row * arms + arm]!;
    }
  }
  for (let cell = 0; cell < reward.length; cell += 1) {
    const size = weight[Math.floor(cell / arms)] || 1;
    reward[cell]! /= size;
    cost[cell]! /= size;
  }
  return envelope({ n: clusters, arms, reward, cost, weight });
}
