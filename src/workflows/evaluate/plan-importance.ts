// Plan importance: which features drive a release's plan, on a sample of the log's rows: each feature's values are dealt out
// anew among them, and the release's own classifier says which segment each row is then taken for.

import { must } from "../../domain/assert.ts";
import { featureWidth } from "../../domain/session/features.ts";
import { seededRandom } from "../../domain/random.ts";
import { LOTS, type BootstrapOptions } from "../../evaluate/policy/bootstrap.ts";
import { emptyGroups, type GroupedRows } from "../../evaluate/policy/grouped.ts";
import { PlanImportance, type FeatureImportance } from "../../evaluate/policy/importance.ts";
import type { Judged, ReleaseJudgement } from "../../evaluate/policy/judge.ts";
import { shuffled, withColumns } from "../../learn/shuffle.ts";
import type { Progress } from "../../terminal/progress.ts";
import type { OpenRelease } from "./open-releases.ts";
import type { RowSample } from "./rows/row-sample.ts";
import { addRows, type RowSums } from "./rows/row-sums.ts";

/** Of one release, at one budget. */
export interface DrivingFeatures {
  readonly release: string;
  /** The middle one of those judged: it is fixed beforehand. */
  readonly budgetPerSession: number;
  readonly rows: number;
  /** How often each feature was dealt out anew; the fall is the mean. */
  readonly repeats: number;
  /** The largest fall first. */
  readonly features: readonly FeatureImportance[];
}

export const IMPORTANCE_ROWS = 50_000;
/** Rows that are classified at most, all features and repeats together, where one repeat does not need more. */
const CLASSIFIED = 3_000_000;
const MOST_REPEATS = 5;
const BLOCK_ROWS = 8_192;

interface Asked {
  readonly bootstrap: BootstrapOptions;
  readonly progress: Progress;
}

/** Of each release that was sampled and whose plan of the middle budget has a value on the log. */
export async function drivingFeatures(
  releases: readonly OpenRelease[],
  judged: Judged,
  { samples }: RowSums,
  asked: Asked,
): Promise<DrivingFeatures[]> {
  const found: DrivingFeatures[] = [];
  for (const [index, open] of releases.entries()) {
    const driving = await drivingOne(
      open,
      must(judged.releases[index], "a judgement"),
      must(samples[index], "a sample"),
      asked,
    );
    if (driving !== null) found.push(driving);
  }
  return found;
}

async function drivingOne(
  open: OpenRelease,
  { label, budgets }: ReleaseJudgement,
  sample: RowSample,
  { bootstrap, progress }: Asked,
): Promise<DrivingFeatures | null> {
  const budget = budgets[Math.floor(budgets.length / 2)];
  const { rows, x } = sample.end();
  if (budget === undefined || budget.value === null || rows.n === 0) return null;
  const { frontier, features, clusters: groups } = open.release.manifest;
  const own = await classified(open, x, rows.n);
  const group = (clusters: Int32Array): GroupedRows => {
    const grouped = emptyGroups(groups, open.release.manifest.arms.length, LOTS);
    addRows(grouped, rows, clusters);
    return grouped;
  };
  const plan = new PlanImportance(group(own), frontier, budget.position, bootstrap);
  const repeats = repeatsFor(rows.n * features.features.length);
  const found: FeatureImportance[] = [];
  let at = 0;
  for (const [index, feature] of features.features.entries()) {
    const { name } = feature;
    const columns = { at, count: featureWidth(feature), width: sample.width };
    at += columns.count;
    const grouped: GroupedRows[] = [];
    let moved = 0;
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const done = (index + repeat / repeats) / features.features.length;
      progress.report("shuffling features", done, `${label}: ${name}, ${index + 1} of ${features.features.length}`);
      const order = shuffled(rows.n, seededRandom(`importance ${bootstrap.seed}/${name}/${repeat}`));
      const clusters = await classified(open, withColumns(x, columns, order), rows.n);
      moved += clusters.reduce((sum, cluster, row) => sum + (cluster === own[row] ? 0 : 1), 0);
      grouped.push(group(clusters));
    }
    found.push(plan.of({ feature: name, movedShare: moved / (repeats * rows.n), repeats: grouped }));
  }
  return {
    ...{ release: label, budgetPerSession: budget.budgetPerSession, rows: rows.n, repeats },
    features: found.toSorted((a, b) => b.fall.value - a.fall.value),
  };
}

function repeatsFor(classifiedOnce: number): number {
  return Math.max(1, Math.min(MOST_REPEATS, Math.floor(CLASSIFIED / classifiedOnce)));
}

async function classified({ classifier }: OpenRelease, x: Float32Array, n: number): Promise<Int32Array> {
  const clusters = new Int32Array(n);
  for (let from = 0; from < n; from += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, n - from);
    const block = x.subarray(from * classifier.width, (from + count) * classifier.width);
    clusters.set((await classifier.classify(block, count)).clusters, from);
  }
  return clusters;
}
