// Rows
// A real experiment's rows in memory, read and checked by the product, and a part of them as a data set of its own: what a
// method learns from. The rows of one unit (a user) are never divided between learning and judging.

import { hashUnit } from "../../../src/domain/random.ts";
import { InvalidInput } from "../../../src/domain/campaign/campaign.ts";
import { readFile } from "node:fs/promises";
import { openDataset } from "../../../src/learn/data/dataset.ts";
import { openDatabase } from "../../../src/learn/data/duckdb.ts";
import { parseMapping } from "../../../src/learn/data/mapping/mapping.ts";
import { rowHash } from "../../../src/learn/data/row-keys.ts";
import { pickBlock } from "../../../src/learn/pick-rows.ts";
import type { Block, Dataset } from "../../../src/learn/nouns.ts";
import type { LoggedRows } from "../../../src/evaluate/policy/logged.ts";
import type { Experiment } from "./published.ts";

export interface ExperimentRows {
  /** Its features, arms and tasks; the rows are in `block`. */
  readonly dataset: Dataset;
  readonly block: Block;
  /** Reward as the mapping weighs it; cost in major units. */
  readonly logged: LoggedRows;
}

const MINOR = 100;

/** `unit`: the column that says whose row it is. */
export async function readExperiment({ mapping, file }: Experiment, unit: string | null): Promise<ExperimentRows> {
  const parsed = parseMapping(await readFile(mapping, "utf8"), mapping);
  const dataset = await openDataset({ files: [file], mapping: parsed, seed: 1 });
  try {
    const block = await dataset.sample(dataset.rows, 1);
    const units = unit === null ? {} : { unit: await unitsOf(file, unit, block.n) };
    const { rewards } = dataset.tasks;
    const reward = Float64Array.from({ length: block.n }, (_, row) =>
      rewards.reduce((sum, { weight }, at) => sum + weight * block.rewards[row * rewards.length + at]!, 0),
    );
    const cost = Float64Array.from(block.cost, (minor) => minor / MINOR);
    const { n, arm, propensity } = block;
    return { dataset, block, logged: { n, arms: dataset.arms.length, arm, propensity, reward, cost, ...units } };
  } finally {
    await dataset.close();
  }
}

async function unitsOf(file: string, column: string, rows: number): Promise<Float64Array> {
  const db = await openDatabase({});
  const quote = (text: string, mark: string): string => `${mark}${text.replaceAll(mark, mark + mark)}${mark}`;
  try {
    const table = file.endsWith(".parquet") ? "read_parquet" : "read_csv";
    const found = await db.rows(
      `SELECT dense_rank() OVER (ORDER BY unit) FROM (SELECT row_number() OVER () AS at, ` +
        `${quote(column, '"')} AS unit FROM ${table}(${quote(file, "'")})) ORDER BY at`,
    );
    if (found.length !== rows)
      throw new InvalidInput(`--unit ${column}: the file has ${found.length} rows and ${rows} of them can be used`);
    return Float64Array.from(found, ([unit]) => Number(unit));
  } finally {
    await db.close();
  }
}

/** The part of each row, 0 … folds − 1, by a seeded hash of its unit. */
export function foldsOf({ n, unit }: LoggedRows, folds: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: n }, (_, row) =>
    Math.floor(hashUnit(`split/${seed}/${unit?.[row] ?? row}`) * folds),
  );
}

export function rowsWhere(folds: Uint8Array, isWanted: (fold: number) => boolean): Uint32Array {
  return Uint32Array.from(folds.keys()).filter((row) => isWanted(folds[row]!));
}

/** A data set of these rows alone. */
export function datasetOf(whole: Dataset, block: Block): Dataset {
  const rowsOfArm = whole.arms.map((_, arm) => block.arm.reduce((count, each) => count + Number(each === arm), 0));
  return {
    ...whole,
    rows: block.n,
    badRows: 0,
    rowsOfArm,
    warnings: [],
    async *blocks(size) {
      for (let from = 0; from < block.n; from += size)
        yield pickBlock(block, range(from, Math.min(block.n, from + size)));
    },
    sample: (max, seed) => Promise.resolve(pickBlock(block, sampled(block.n, max, seed))),
    close: () => Promise.resolve(),
  };
}

function range(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, at) => from + at);
}

function sampled(n: number, max: number, seed: number): Uint32Array {
  const all = range(0, n);
  if (n <= max) return all;
  const keys = Float64Array.from(all, (row) => rowHash(row, seed));
  return all
    .toSorted((a, b) => keys[a]! - keys[b]! || a - b)
    .subarray(0, max)
    .toSorted();
}
