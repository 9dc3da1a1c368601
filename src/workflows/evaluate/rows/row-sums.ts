// Row sums
// What `evaluate` keeps of a log, whether it comes from a table or from topics: sums by lot, of everybody and by each
// release's clusters, and a bounded sample of its rows. Blocks of rows go in, nothing else stays.

import { must } from "../../../domain/assert.ts";
import { LOTS } from "../../../evaluate/policy/bootstrap.ts";
import { addRow, emptyGroups, type GroupedRows } from "../../../evaluate/policy/grouped.ts";
import type { JudgedRelease } from "../../../evaluate/policy/judge.ts";
import { rowWidth } from "../../../domain/session/features.ts";
import type { OpenRelease } from "../open-releases.ts";
import type { RowBlock } from "./row-block.ts";
import { RowSample } from "./row-sample.ts";

export interface RowSums {
  readonly everybody: GroupedRows;
  /** In the releases' order. */
  readonly byRelease: readonly GroupedRows[];
  readonly samples: readonly RowSample[];
}

export interface RowSampling {
  /** Rows of a release's sample at most. */
  readonly sampleRows: number;
  readonly seed: number;
}

export function emptyRowSums(
  releases: readonly OpenRelease[],
  arms: number,
  { sampleRows, seed }: RowSampling,
): RowSums {
  return {
    everybody: emptyGroups(1, arms, LOTS),
    byRelease: releases.map(({ release }) => emptyGroups(release.manifest.clusters, arms, LOTS)),
    samples: releases.map(({ release }) => new RowSample(rowWidth(release.manifest.features), sampleRows, seed)),
  };
}

/** The rows as the release at this position takes them; `x`: its features. */
export async function addClassified(
  sums: RowSums,
  index: number,
  { classifier }: OpenRelease,
  rows: RowBlock,
  x: Float32Array,
): Promise<void> {
  const { clusters } = await classifier.classify(x, rows.n);
  addRows(must(sums.byRelease[index], "a release's sums"), rows, clusters);
  must(sums.samples[index], "a release's sample").see(rows, x);
}

/** `groups`: of each row; null for everybody in one. */
export function addRows(into: GroupedRows, rows: RowBlock, groups: ArrayLike<number> | null): void {
  for (let row = 0; row < rows.n; row += 1)
    addRow(into, {
      lot: must(rows.lot[row], "lot"),
      group: groups === null ? 0 : must(groups[row], "group"),
      arm: must(rows.arm[row], "arm"),
      propensity: must(rows.propensity[row], "propensity"),
      reward: must(rows.reward[row], "reward"),
      cost: must(rows.cost[row], "cost"),
    });
}

export function judgedReleases(releases: readonly OpenRelease[], { byRelease }: RowSums): JudgedRelease[] {
  return releases.map(({ label, release: { hash, manifest } }, index) => {
    return { label, hash, manifest, grouped: must(byRelease[index], "a release's sums") };
  });
}
