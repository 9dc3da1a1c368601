// Profile
// What the staged log looks like: bad rows by fault, rows by arm, the feature spec with its categories and defaults,
// and what a person should know before trusting it. Refuses what cannot be learnt from, naming the column and the count.

import { itemAt } from "../../domain/assert.ts";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import type { Feature, FeatureSpec } from "../../domain/session/features.ts";
import { valueKey } from "../../domain/reading/values.ts";
import type { SqlValue, Database } from "./duckdb.ts";
import { checkFaults, firstValues } from "./faults.ts";
import { compareLeftOut } from "./left-out.ts";
import { TABLE, type StagedLog } from "./log/staged-log.ts";
import { lookAlikes } from "./told/look-alikes.ts";
import type { MappedFeature, Mapping } from "./mapping/mapping.ts";
import { checkPropensities } from "../check/randomisation/propensities.ts";
import { oddFigures } from "./told/odd-figures.ts";
import { hashedRows, hashRange } from "./row-keys.ts";
import { literal } from "./sql.ts";
import { staged } from "./staging.ts";

export const MISSING = "(missing)";
/** An arm with fewer rows is told of. */
const FEW_ROWS = 200;
/** Of a feature's values, the share that cannot be read from which on it is told. */
const UNREAD_SHARE = 0.01;
/** Rows from which medians are taken. */
const PROFILE_ROWS = 100_000;

export interface LogProfile {
  readonly spec: FeatureSpec;
  /** Good rows. */
  readonly rows: number;
  readonly badRows: number;
  readonly rowsOfArm: readonly number[];
  readonly warnings: readonly string[];
}

/** What a log must have at least. */
export interface Least {
  readonly rows: number;
  /** Rows with any reward. */
  readonly events: number;
}

export async function profileLog(
  db: Database,
  log: StagedLog,
  mapping: Mapping,
  allowed: number,
  least: Least,
): Promise<LogProfile> {
  const { rows, badRows, warnings: told } = await checkFaults(db, log, mapping, allowed);
  const warnings = [...told];
  if (badRows > 0) warnings.push(await compareLeftOut(db, mapping, badRows));
  const rowsOfArm = await countArms(db, TABLE, mapping, rows, warnings);
  warnings.push(...(await checkPropensities(db, log, mapping, rows)));
  await checkOutcomes(db, TABLE, mapping, warnings);
  await checkLeast(db, mapping, rows, least);
  warnings.push(...(await oddFigures(db, log, mapping, rows)));
  const features: Feature[] = [];
  for (const [index, feature] of mapping.features.entries()) {
    await refuseAllMissing(db, log, feature, index, rows);
    features.push(await profileFeature(db, TABLE, feature, staged.feature(index), rows, warnings));
    await tellUnread(db, log, feature, staged.unread(index), rows, warnings);
  }
  return { spec: { features }, rows, badRows, rowsOfArm, warnings };
}

async function refuseAllMissing(
  db: Database,
  log: StagedLog,
  { name, kind, column }: MappedFeature,
  index: number,
  rows: number,
): Promise<void> {
  if ((await count(db, `${TABLE} WHERE bad = 0 AND ${staged.feature(index)} IS NOT NULL`)) > 0) return;
  const unread = await count(db, `${TABLE} WHERE bad = 0 AND ${staged.unread(index)}`);
  if (unread === 0) throw new InvalidInput(`data: column ${column}: every value is missing`);
  const found = await log.find(`bad = 0 AND ${staged.unread(index)}`, column, 3);
  throw new InvalidInput(
    `data: column ${column}: none of ${rows} values is ${kind === "boolean" ? "0 or 1, true or false, yes or no" : "a number"}: ` +
      `${firstValues(found, unread)}; name it as categorical at features.${name}, or write it as one` +
      (kind === "boolean" ? "" : " (of a date: days since another)"),
  );
}

/** Values of a feature that cannot be read take its default, as when it serves; many are worth a word. */
async function tellUnread(
  db: Database,
  log: StagedLog,
  feature: MappedFeature,
  column: string,
  rows: number,
  warnings: string[],
): Promise<void> {
  const unread = await count(db, `${TABLE} WHERE bad = 0 AND ${column}`);
  if (unread <= UNREAD_SHARE * rows) return;
  const found = await log.find(`bad = 0 AND ${column}`, feature.column, 3);
  const what = feature.kind === "boolean" ? "are neither 0 nor 1" : "are no numbers";
  warnings.push(
    `column ${feature.column}: ${unread} of ${rows} values ${what} and take the default: ${firstValues(found, unread)}`,
  );
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
    const count = itemAt(rowsOfArm, index);
    const { column } = mapping.arm;
    if (count === 0) throw new InvalidInput(`data: column ${column}: the arm ${arm.id} never occurs in ${rows} rows`);
    if (count < FEW_ROWS) warnings.push(`column ${column}: the arm ${arm.id} occurs in ${count} rows only`);
  });
  return rowsOfArm;
}

async function checkOutcomes(db: Database, table: string, mapping: Mapping, warnings: string[]): Promise<void> {
  const happened = mapping.rewards.map((_, index) => `count(*) FILTER (${staged.reward(index)} > 0)`);
  const counts = (await db.rows(`SELECT ${happened.join(", ")} FROM ${table} WHERE bad = 0`))[0] ?? [];
  const never = mapping.rewards.filter(({ part }, index) => part !== "below" && Number(counts[index]) === 0);
  if (counts.every((happens) => Number(happens) === 0))
    throw new InvalidInput(`data: column ${never[0]?.column}: no row has any reward, there is nothing to learn`);
  for (const reward of never) warnings.push(`column ${reward.column}: the reward ${reward.name} never happens`);
  if (mapping.redeemed) await checkRedeemed(db, table, mapping, mapping.redeemed, warnings);
  if (mapping.cost) {
    const paid = await count(db, `${table} WHERE bad = 0 AND ${staged.cost} > 0`);
    if (paid === 0) warnings.push(`column ${mapping.cost.column}: no row costs anything`);
  }
}

async function checkLeast(db: Database, { rewards }: Mapping, rows: number, least: Least): Promise<void> {
  if (rows < least.rows)
    throw new InvalidInput(
      `data: ${rows} rows are too few to learn from: ${least.rows} are the fewest, and thousands are usual`,
    );
  const any = rewards.map((_, index) => `${staged.reward(index)} > 0`).join(" OR ");
  const events = await count(db, `${TABLE} WHERE bad = 0 AND (${any})`);
  if (events < least.events)
    throw new InvalidInput(
      `data: column ${rewards[0]?.column}: ${events} of ${rows} rows have any reward, too few to learn from: ` +
        `${least.events} are the fewest, and hundreds are usual`,
    );
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
  // What is below nothing has happened too.
  const parts = mapping.rewards.flatMap((reward, index) => {
    const given = mapping.rewards.find(({ name }) => name === redeemed.given);
    return reward.column === given?.column ? [`${staged.reward(index)} > 0`] : [];
  });
  const alone = await count(db, `${those} AND NOT (${parts.join(" OR ")})`);
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
  const fallback = feature.default === null ? MISSING : (valueKey(feature.default) ?? MISSING);
  const value = `coalesce(${column}, ${literal(fallback)})`;
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
  const categories = top.map(([name]: SqlValue[]) => String(name));
  for (const told of lookAlikes(categories)) warnings.push(`column ${feature.column}: ${told}`);
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
