// Profile
// What the staged log looks like: bad rows by fault, rows by arm, the feature spec with its categories and defaults,
// and what a person should know before trusting it. Refuses what cannot be learnt from, naming the column and the count.

import { InvalidInput } from "../domain/campaign.ts";
import type { Feature, FeatureSpec } from "../domain/features.ts";
import type { Cell, Database } from "./duckdb.ts";
import type { MappedFeature, Mapping } from "./mapping.ts";
import { hashedRows, hashRange } from "./row-keys.ts";
import { faultsOf, staged } from "./staging.ts";

export const MISSING = "(missing)";
/** An arm with fewer rows is told of. */
const FEW_ROWS = 200;
/** Rows from which medians are taken. */
const PROFILE_ROWS = 100_000;

export interface Profile {
  readonly spec: FeatureSpec;
  /** Good rows. */
  readonly rows: number;
  readonly badRows: number;
  readonly rowsOfArm: readonly number[];
  readonly warnings: readonly string[];
}

export async function profileLog(db: Database, table: string, mapping: Mapping, malformed: number): Promise<Profile> {
  const warnings: string[] = [];
  const { rows, badRows } = await countBad(db, table, mapping, malformed, warnings);
  const rowsOfArm = await countArms(db, table, mapping, rows, warnings);
  await checkOutcomes(db, table, mapping, warnings);
  const features: Feature[] = [];
  for (const [index, feature] of mapping.features.entries())
    features.push(await profileFeature(db, table, feature, staged.feature(index), rows, warnings));
  return { spec: { features }, rows, badRows, rowsOfArm, warnings };
}

async function countBad(
  db: Database,
  table: string,
  mapping: Mapping,
  malformed: number,
  warnings: string[],
): Promise<{ rows: number; badRows: number }> {
  const faults = faultsOf(mapping);
  const counts = await db.rows(`SELECT ${staged.bad}, count(*) FROM ${table} GROUP BY 1 ORDER BY 1`);
  let rows = 0;
  let badRows = malformed;
  if (malformed > 0) warnings.push(`${malformed} lines are not rows of the table (too many or too few columns)`);
  for (const [code, count] of counts) {
    const fault = faults[Number(code) - 1];
    if (fault === undefined) rows = Number(count);
    else {
      const told = `column ${fault.column}: ${fault.what} in ${Number(count)} rows`;
      if (fault.fatal) throw new InvalidInput(`data: ${told}`);
      badRows += Number(count);
      warnings.push(`${told}, left out`);
    }
  }
  if (rows <= badRows) {
    const told = warnings.length > 0 ? `:\n${warnings.join("\n")}` : "";
    throw new InvalidInput(`data: ${rows} good rows and ${badRows} bad ones: the mapping does not fit the data${told}`);
  }
  return { rows, badRows };
}

async function countArms(
  db: Database,
  table: string,
  mapping: Mapping,
  rows: number,
  warnings: string[],
): Promise<number[]> {
  const counts = await db.rows(`SELECT arm, count(*) FROM ${table} WHERE bad = 0 GROUP BY 1`);
  const rowsOfArm = mapping.arm.arms.map(() => 0);
  for (const [arm, count] of counts) rowsOfArm[Number(arm)] = Number(count);
  mapping.arm.arms.forEach((arm, index) => {
    const count = rowsOfArm[index] ?? 0;
    const { column } = mapping.arm;
    if (count === 0) throw new InvalidInput(`data: column ${column}: the arm ${arm.id} never occurs in ${rows} rows`);
    if (count < FEW_ROWS) warnings.push(`column ${column}: the arm ${arm.id} occurs in ${count} rows only`);
    const p = arm.propensity;
    if (p === null) return;
    const share = count / rows;
    if (Math.abs(share - p) > 5 * Math.sqrt((p * (1 - p)) / rows))
      warnings.push(
        `column ${column}: the arm ${arm.id} has the propensity ${p.toFixed(4)}, ` +
          `but ${count} of ${rows} rows have it (${share.toFixed(4)})`,
      );
  });
  return rowsOfArm;
}

async function checkOutcomes(db: Database, table: string, mapping: Mapping, warnings: string[]): Promise<void> {
  const happened = mapping.rewards.map((_, index) => `count(*) FILTER (${staged.reward(index)} > 0)`);
  const counts = (await db.rows(`SELECT ${happened.join(", ")} FROM ${table} WHERE bad = 0`))[0] ?? [];
  const never = mapping.rewards.filter((_, index) => Number(counts[index]) === 0);
  if (never.length === mapping.rewards.length)
    throw new InvalidInput(`data: column ${never[0]?.column}: no row has any reward, there is nothing to learn`);
  for (const reward of never) warnings.push(`column ${reward.column}: the reward ${reward.name} never happens`);
  if (mapping.redeemed) await checkRedeemed(db, table, mapping, mapping.redeemed, warnings);
  if (mapping.cost) {
    const paid = await count(db, `${table} WHERE bad = 0 AND ${staged.cost} > 0`);
    if (paid === 0) warnings.push(`column ${mapping.cost.column}: no row costs anything`);
  }
}

async function checkRedeemed(
  db: Database,
  table: string,
  mapping: Mapping,
  redeemed: NonNullable<Mapping["redeemed"]>,
  warnings: string[],
): Promise<void> {
  const those = `${table} WHERE bad = 0 AND ${staged.redeemed} = 1`;
  const all = await count(db, those);
  if (all === 0) warnings.push(`column ${redeemed.column}: nobody redeems`);
  if (redeemed.given === null) return;
  const given = mapping.rewards.findIndex((reward) => reward.name === redeemed.given);
  const alone = await count(db, `${those} AND NOT ${staged.reward(given)} > 0`);
  if (alone > 0)
    warnings.push(`column ${redeemed.column}: ${alone} of ${all} redemptions without the reward ${redeemed.given}`);
}

async function profileFeature(
  db: Database,
  table: string,
  feature: MappedFeature,
  column: string,
  rows: number,
  warnings: string[],
): Promise<Feature> {
  const missing = await count(db, `${table} WHERE bad = 0 AND ${column} IS NULL`);
  if (missing === rows) throw new InvalidInput(`data: column ${feature.column}: every value is missing`);
  if (missing > 0) warnings.push(`column ${feature.column}: missing in ${missing} rows, which take the default`);
  if (feature.kind === "categorical") return categorical(db, table, feature, column, rows, missing, warnings);
  const share = Math.min(1, PROFILE_ROWS / rows);
  const some = `${hashedRows(table, { pick: 0 })} WHERE bad = 0 AND ${hashRange("pick", 0, share)}`;
  const [low, middle, high] = (
    await db.rows(`SELECT min(${column}), quantile_disc(${column}, 0.5), max(${column}) FROM ${some}`)
  )[0] ?? [0, 0, 0];
  if (low === high && share === 1) warnings.push(`column ${feature.column}: the same value in all ${rows} rows`);
  const chosen = feature.default ?? Number(middle ?? 0);
  if (feature.kind === "boolean") return { name: feature.name, kind: "boolean", default: Number(chosen) >= 0.5 };
  return { name: feature.name, kind: "numeric", default: Number(chosen) };
}

/** Most frequent first, equal counts by name: one published order. */
async function categorical(
  db: Database,
  table: string,
  feature: MappedFeature,
  column: string,
  rows: number,
  missing: number,
  warnings: string[],
): Promise<Feature> {
  // A missing value becomes a category of its own where the log has any, unless the mapping says what it stands for.
  const fallback = feature.default === null ? MISSING : String(feature.default);
  const value = `coalesce(${column}, '${fallback.replaceAll("'", "''")}')`;
  const top = await db.rows(
    `SELECT ${value}, count(*) AS n FROM ${table} WHERE bad = 0 GROUP BY 1 ORDER BY n DESC, 1 LIMIT ${feature.maxCategories}`,
  );
  const distinct = Number((await db.rows(`SELECT count(DISTINCT ${value}) FROM ${table} WHERE bad = 0`))[0]?.[0]);
  const kept = top.reduce((sum, [, n]) => sum + Number(n), 0);
  if (distinct > top.length)
    warnings.push(
      `column ${feature.column}: ${distinct} categories, the ${top.length} most frequent are kept ` +
        `and ${rows - kept} rows have none`,
    );
  if (distinct === 1) warnings.push(`column ${feature.column}: the same value in all ${rows} rows`);
  const categories = top.map(([name]: Cell[]) => String(name));
  const usual = categories[0] ?? MISSING;
  return {
    name: feature.name,
    kind: "categorical",
    categories,
    default: missing > 0 || feature.default !== null ? fallback : usual,
  };
}

async function count(db: Database, from: string): Promise<number> {
  return Number((await db.rows(`SELECT count(*) FROM ${from}`))[0]?.[0]);
}
