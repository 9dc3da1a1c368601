// Block reader
// From the staged table's columns to blocks of typed rows: the one place that lays a log's row out as float32.

import type { DuckDBDataChunk } from "@duckdb/node-api";
import { must } from "../../domain/assert.ts";
import { featureWidth, rowWidth, type Feature, type FeatureSpec } from "../../domain/session/features.ts";
import { valueKey } from "../../domain/reading/values.ts";
import type { Database } from "./duckdb.ts";
import { tasksOf, type Mapping } from "./mapping/mapping.ts";
import type { Block, CostModel } from "../nouns.ts";
import { literal } from "./sql.ts";
import { staged } from "./staging.ts";

export interface BlockReader {
  /** To be selected, in this order. */
  readonly columns: readonly string[];
  read(chunks: AsyncIterable<DuckDBDataChunk>, size: number): AsyncGenerator<Block>;
}

/** Makes each categorical feature's categories known to the database, in the spec's order. */
export async function createCategoryTypes(db: Database, spec: FeatureSpec): Promise<void> {
  for (const [index, feature] of spec.features.entries())
    if (feature.kind === "categorical") {
      await db.run(`DROP TYPE IF EXISTS category_${index}`);
      await db.run(
        `CREATE TYPE category_${index} AS ENUM (SELECT unnest([${categoryKeys(feature.categories).map(literal).join(", ")}]))`,
      );
    }
}

/** Each once, in order; what an older release has twice, or empty, no row can be. */
function categoryKeys(categories: readonly string[]): string[] {
  const keys = categories.map((category) => valueKey(category));
  return keys.map((key, index) => (key === null || keys.indexOf(key) < index ? `\0none ${index}` : key));
}

/** `fold`: a row's fold, as SQL. */
export function blockReader(spec: FeatureSpec, mapping: Mapping, fold: string): BlockReader {
  const layout = layoutOf(spec, mapping, fold);
  return {
    columns: layout.columns,
    async *read(chunks, size) {
      let block = emptyBlock(layout, size);
      let filled = 0;
      for await (const chunk of chunks) {
        for (let from = 0; from < chunk.rowCount;) {
          const count = Math.min(chunk.rowCount - from, size - filled);
          fill(layout, block, filled, chunk, from, count);
          filled += count;
          from += count;
          if (filled === size) {
            yield block;
            block = emptyBlock(layout, size);
            filled = 0;
          }
        }
      }
      if (filled > 0) yield shorten(layout, block, filled);
    },
  };
}

interface Layout {
  readonly columns: readonly string[];
  readonly features: readonly Feature[];
  readonly width: number;
  readonly rewards: number;
  readonly cost: CostModel;
  /** Of each arm; null when a column tells. */
  readonly propensities: readonly number[] | null;
  readonly hasRedeemed: boolean;
  /** Index of the first feature's column. */
  readonly firstFeature: number;
}

function layoutOf(spec: FeatureSpec, mapping: Mapping, fold: string): Layout {
  const { cost } = tasksOf(mapping);
  const before = [fold, staged.arm, ...mapping.rewards.map((_, index) => staged.reward(index))];
  if (mapping.propensityColumn !== null) before.push(staged.propensity);
  if (mapping.redeemed) before.push(`coalesce(${staged.redeemed}, 'NaN'::FLOAT)`);
  if (mapping.cost) before.push(staged.cost);
  return {
    columns: [...before, ...spec.features.map(featureColumn)],
    features: spec.features,
    width: rowWidth(spec),
    rewards: mapping.rewards.length,
    cost,
    propensities:
      mapping.propensityColumn === null
        ? mapping.arm.arms.map((arm) => must(arm.propensity, `propensity of ${arm.id}`))
        : null,
    hasRedeemed: mapping.redeemed !== null,
    firstFeature: before.length,
  };
}

/** A category as its position in the spec, −1 for one that is not in it. */
function featureColumn(feature: Feature, index: number): string {
  const column = staged.feature(index);
  if (feature.kind !== "categorical") return `coalesce(${column}, CAST(${Number(feature.default)} AS FLOAT))`;
  const known = `TRY_CAST(coalesce(${column}, ${literal(valueKey(feature.default) ?? "")}) AS category_${index})`;
  return `coalesce(CAST(enum_code(${known}) AS INTEGER), -1)`;
}

function emptyBlock(layout: Layout, n: number): Block {
  return {
    n,
    x: new Float32Array(n * layout.width),
    fold: new Uint8Array(n),
    arm: new Uint8Array(n),
    propensity: new Float32Array(n),
    rewards: new Float32Array(n * layout.rewards),
    redeemed: layout.hasRedeemed ? new Float32Array(n) : null,
    cost: new Float32Array(n),
  };
}

function shorten(layout: Layout, block: Block, n: number): Block {
  return {
    n,
    x: block.x.slice(0, n * layout.width),
    fold: block.fold.slice(0, n),
    arm: block.arm.slice(0, n),
    propensity: block.propensity.slice(0, n),
    rewards: block.rewards.slice(0, n * layout.rewards),
    redeemed: block.redeemed === null ? null : block.redeemed.slice(0, n),
    cost: block.cost.slice(0, n),
  };
}

function fill(layout: Layout, block: Block, at: number, chunk: DuckDBDataChunk, from: number, count: number): void {
  let next = 0;
  const column = (): ((row: number) => number) => {
    const vector = chunk.getColumnVector(next);
    next += 1;
    return (row) => Number(vector.getItem(from + row));
  };
  const fold = column();
  for (let row = 0; row < count; row += 1) block.fold[at + row] = fold(row);
  const arm = column();
  for (let row = 0; row < count; row += 1) block.arm[at + row] = arm(row);
  for (let reward = 0; reward < layout.rewards; reward += 1) {
    const value = column();
    for (let row = 0; row < count; row += 1) block.rewards[(at + row) * layout.rewards + reward] = value(row);
  }
  if (layout.propensities === null) {
    const value = column();
    for (let row = 0; row < count; row += 1) block.propensity[at + row] = value(row);
  } else for (let row = at; row < at + count; row += 1) block.propensity[row] = layout.propensities[block.arm[row]!]!;
  if (block.redeemed !== null) {
    const value = column();
    for (let row = 0; row < count; row += 1) block.redeemed[at + row] = value(row);
  }
  fillCost(layout.cost, block, at, count, column);
  fillFeatures(layout, block.x, at, count, column);
}

function fillCost(
  cost: CostModel,
  block: Block,
  at: number,
  count: number,
  column: () => (row: number) => number,
): void {
  if (cost.kind === "column") {
    const value = column();
    for (let row = 0; row < count; row += 1) block.cost[at + row] = value(row);
    return;
  }
  for (let row = at; row < at + count; row += 1) {
    const arm = block.arm[row]!;
    // Redeemed may be unknown only where the face value is 0 (staging.ts holds that).
    const face = cost.kind === "redeemed" && block.redeemed?.[row] === 1 ? cost.faceMinor[arm]! : 0;
    block.cost[row] = cost.sendMinor[arm]! + face;
  }
}

function fillFeatures(
  layout: Layout,
  x: Float32Array,
  at: number,
  count: number,
  column: () => (row: number) => number,
): void {
  let offset = 0;
  for (const feature of layout.features) {
    const value = column();
    if (feature.kind === "categorical")
      for (let row = 0; row < count; row += 1) {
        const position = value(row);
        if (position >= 0) x[(at + row) * layout.width + offset + position] = 1;
      }
    else for (let row = 0; row < count; row += 1) x[(at + row) * layout.width + offset] = value(row);
    offset += featureWidth(feature);
  }
}
