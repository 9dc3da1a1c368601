// Table rows
// A randomised table's rows into sums. Rows come in blocks from the staged table, larger than memory or not; releases with
// the same features share a pass.

import { must } from "../../../domain/assert.ts";
import { canonicalJson } from "../../../domain/canonical.ts";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { lotOf, LOTS } from "../../../evaluate/policy/bootstrap.ts";
import { openDataset } from "../../../learn/data/dataset.ts";
import type { LogPart } from "../../../learn/data/row-keys.ts";
import type { Mapping } from "../../../learn/data/mapping/mapping.ts";
import type { Block, Dataset, ProgressListener, RewardTask } from "../../../learn/nouns.ts";
import { rowReward } from "../../../learn/row-reward.ts";
import { checkArms, fitMapping } from "./fit.ts";
import type { OpenRelease } from "../open-releases.ts";
import type { RowBlock } from "./row-block.ts";
import { addClassified, addRows, emptyRowSums, type RowSums, type RowSampling } from "./row-sums.ts";

/** The seed is also that of the lots. */
export interface TableOptions extends RowSampling {
  readonly files: readonly string[];
  readonly mapping: Mapping;
  readonly part: LogPart;
  readonly allowBadRows: number;
  readonly observational: boolean;
  readonly progress: ProgressListener;
}

type Seen = Pick<Dataset, "rows" | "badRows" | "rowsOfArm" | "sources" | "randomisation" | "warnings">;

export type TableSums = RowSums & Seen;

/** With fewer, no interval is worth its name. */
export const FEWEST_ROWS = 100;
const BLOCK_ROWS = 8_192;

export async function sumTable(releases: readonly OpenRelease[], options: TableOptions): Promise<TableSums> {
  const { mapping } = options;
  const arms = mapping.arm.arms.map(({ id }) => id);
  for (const { label, release } of releases) checkArms(label, release.manifest, arms, "the mapping");
  const sums = emptyRowSums(releases, arms.length, options);
  let seen: Seen | null = null;
  for (const some of releases.length > 0 ? sameFeatures(releases) : [[]])
    seen = await sumPass(releases, some, sums, seen === null, options);
  return { ...sums, ...must(seen, "a pass over the rows") };
}

/** Releases whose rows are laid out alike. */
function sameFeatures(releases: readonly OpenRelease[]): OpenRelease[][] {
  const passes = new Map<string, OpenRelease[]>();
  for (const open of releases) {
    const features = canonicalJson(open.release.manifest.features);
    passes.set(features, [...(passes.get(features) ?? []), open]);
  }
  return [...passes.values()];
}

async function sumPass(
  all: readonly OpenRelease[],
  some: readonly OpenRelease[],
  sums: RowSums,
  isFirst: boolean,
  options: TableOptions,
): Promise<Seen> {
  const dataset = await openFor(some, options);
  try {
    const { progress, seed } = options;
    const { rows } = dataset;
    if (rows < FEWEST_ROWS)
      throw new InvalidInput(`data: ${rows} rows are too few to judge by; ${FEWEST_ROWS} at least`);
    let from = 0;
    for await (const block of dataset.blocks(BLOCK_ROWS)) {
      const flat = flatten(block, dataset.tasks.rewards, from, rows, seed);
      if (isFirst) addRows(sums.everybody, flat, null);
      for (const open of some) await addClassified(sums, all.indexOf(open), open, flat, block.x);
      from += block.n;
      progress("classifying", from / rows, `${from} of ${rows} rows`);
    }
    const { badRows, rowsOfArm, sources, randomisation, warnings } = dataset;
    return { rows, badRows, rowsOfArm, sources, randomisation, warnings };
  } finally {
    await dataset.close();
  }
}

async function openFor(some: readonly OpenRelease[], options: TableOptions): Promise<Dataset> {
  const { files, mapping, part, allowBadRows, observational, seed, progress } = options;
  const mappings = some.map(({ label, release }) => fitMapping(label, release.manifest, mapping));
  return await openDataset({
    files,
    mapping: mappings[0] ?? mapping,
    part,
    allowBadRows,
    observational,
    seed,
    onProgress: progress,
    ...(some[0] ? { spec: some[0].release.manifest.features } : {}),
  });
}

function flatten(block: Block, rewards: readonly RewardTask[], from: number, rows: number, seed: number): RowBlock {
  const lot = new Uint16Array(block.n);
  const reward = new Float64Array(block.n);
  for (let row = 0; row < block.n; row += 1) {
    lot[row] = rows <= LOTS ? from + row : lotOf(from + row, seed, LOTS);
    reward[row] = rowReward(block, rewards, row);
  }
  return { n: block.n, lot, arm: block.arm, propensity: block.propensity, reward, cost: block.cost };
}
