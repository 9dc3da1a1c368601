// Staging
// Pure: from the mapping to the SQL that turns a log's columns into typed ones, and says of each row why it is bad.
// The staged table keeps every row, bad ones too, so that a row's number and with it its split never moves.

import { identifier, literal } from "./duckdb.ts";
import type { MappedArm, MappedFeature, MappedRedeemed, MappedReward, Mapping } from "./mapping.ts";

/** Why a row cannot be used. `fatal`: one such row is enough to refuse the whole log. */
export interface Fault {
  readonly column: string;
  readonly what: string;
  readonly fatal: boolean;
  readonly condition: string;
}

/** Names of the staged columns. */
export const staged = {
  arm: "arm",
  propensity: "propensity",
  reward: (index: number) => `reward_${index}`,
  redeemed: "redeemed",
  cost: "cost",
  feature: (index: number) => `feature_${index}`,
  /** 0 for a good row, else 1 + the index of its fault. */
  bad: "bad",
} as const;

/** In the order in which they are looked for: a row counts under the first that applies. */
export function faultsOf(mapping: Mapping): Fault[] {
  const faults: Fault[] = [];
  const add = (column: string, what: string, condition: string, fatal = false): void => {
    faults.push({ column, what, condition, fatal });
  };
  const { arm, propensityColumn, redeemed, cost } = mapping;
  if (propensityColumn !== null) {
    const p = number(propensityColumn);
    add(propensityColumn, "propensity outside (0, 1)", `${p} IS NOT NULL AND NOT (${p} > 0 AND ${p} < 1)`, true);
    add(propensityColumn, "no propensity", `${p} IS NULL`);
  }
  if (cost) add(cost.column, "a negative cost", `${number(cost.column)} < 0`, true);
  add(arm.column, "none of the mapping's arms", `${staged.arm} IS NULL`);
  mapping.rewards.forEach((reward, index) => {
    const what = reward.kind === "binary" ? "not a 0 or 1 reward" : "not an amount of 0 or more";
    add(reward.column, what, `${staged.reward(index)} IS NULL`);
  });
  if (redeemed) {
    const missing = `${staged.redeemed} IS NULL AND (${facedArms(arm.arms)} OR ${text(redeemed.column)} IS NOT NULL)`;
    add(redeemed.column, "redeemed is not 0 or 1", missing);
  }
  if (cost) add(cost.column, "not a cost", `${staged.cost} IS NULL`);
  mapping.features.forEach((feature, index) => {
    const unread = `${text(feature.column)} IS NOT NULL AND ${staged.feature(index)} IS NULL`;
    // NaN is how some writers say that a number is missing.
    const notNan = `NOT coalesce(isnan(${number(feature.column)}), false)`;
    if (feature.kind === "numeric") add(feature.column, "not a number", `${unread} AND ${notNan}`);
    if (feature.kind === "boolean") add(feature.column, "not a boolean", unread);
  });
  return faults;
}

/** `SELECT` of one typed column for each role; `source` is a table function. */
export function stageSql(mapping: Mapping, source: string): string {
  const columns: (readonly [string, string])[] = [
    [staged.arm, armExpression(mapping)],
    ...mapping.rewards.map((reward, index) => [staged.reward(index), rewardExpression(reward)] as const),
    ...mapping.features.map((feature, index) => [staged.feature(index), featureExpression(feature)] as const),
  ];
  if (mapping.propensityColumn !== null) columns.push([staged.propensity, asFloat(number(mapping.propensityColumn))]);
  if (mapping.redeemed) columns.push([staged.redeemed, redeemedExpression(mapping, mapping.redeemed)]);
  if (mapping.cost) columns.push([staged.cost, costExpression(mapping.cost)]);
  const typed = columns.map(([name, expression]) => `${expression} AS ${name}`).join(",\n  ");
  const cases = faultsOf(mapping).map((fault, index) => `WHEN ${fault.condition} THEN ${index + 1}`);
  const kept = columns.map(([name]) => name).join(", ");
  const bad = `CAST(CASE ${cases.join(" ")} ELSE 0 END AS USMALLINT) AS ${staged.bad}`;
  return `SELECT ${kept}, ${bad} ` + `FROM (SELECT *,\n  ${typed} FROM (SELECT ${rawColumns(mapping)} FROM ${source}))`;
}

/** `SELECT` of the typed features alone, for rows of which nothing else is known; what cannot be read is null. */
export function featuresSql(features: readonly MappedFeature[], source: string): string {
  const names = [...new Set(features.map(({ column }) => column))];
  const columns = names.map((name) => `${identifier(name)} AS ${raw(name)}`).join(", ");
  const typed = features.map((feature, index) => `${featureExpression(feature)} AS ${staged.feature(index)}`);
  return `SELECT ${typed.join(", ")} FROM (SELECT ${columns} FROM ${source})`;
}

/** Every column of the log that the mapping names, once. */
export function columnsNamed(mapping: Mapping): { readonly column: string; readonly by: string }[] {
  const named = [
    ...mapping.features.map((feature) => ({ column: feature.column, by: `features.${feature.name}` })),
    { column: mapping.arm.column, by: "arm.column" },
    ...mapping.rewards.map((reward) => ({ column: reward.column, by: `rewards.${reward.name}` })),
  ];
  if (mapping.propensityColumn !== null) named.push({ column: mapping.propensityColumn, by: "propensity.column" });
  if (mapping.redeemed) named.push({ column: mapping.redeemed.column, by: "redeemed.column" });
  if (mapping.cost) named.push({ column: mapping.cost.column, by: "cost.column" });
  if (mapping.cost?.when) named.push({ column: mapping.cost.when, by: "cost.when" });
  return named;
}

function rawColumns(mapping: Mapping): string {
  const names = [...new Set(columnsNamed(mapping).map(({ column }) => column))];
  return names.map((name) => `${identifier(name)} AS ${raw(name)}`).join(", ");
}

/** A log's own column, as the outer select sees it: it may not clash with a staged one. */
function raw(column: string): string {
  return identifier(`raw:${column}`);
}

function text(column: string): string {
  return `CAST(${raw(column)} AS VARCHAR)`;
}

function number(column: string): string {
  return `TRY_CAST(${raw(column)} AS DOUBLE)`;
}

/** Finite single precision, as the classifier's input is; null otherwise. */
function asFloat(expression: string): string {
  return `CASE WHEN isfinite(TRY_CAST(${expression} AS FLOAT)) THEN TRY_CAST(${expression} AS FLOAT) END`;
}

function truth(column: string): string {
  const lower = `lower(trim(${text(column)}))`;
  return (
    `CAST(CASE WHEN ${lower} IN ('1', '1.0', 'true', 't', 'yes', 'y') THEN 1 ` +
    `WHEN ${lower} IN ('0', '0.0', 'false', 'f', 'no', 'n') THEN 0 END AS FLOAT)`
  );
}

function armExpression(mapping: Mapping): string {
  const cases = mapping.arm.arms.map((arm, index) => `WHEN ${matches(mapping.arm.column, arm)} THEN ${index}`);
  return `CAST(CASE ${cases.join(" ")} END AS UTINYINT)`;
}

/** A number matches its other spellings (1 and 1.0), since CSV and Parquet write them differently. */
function matches(column: string, arm: MappedArm): string {
  const { match } = arm;
  if ("value" in match) {
    const asNumber = match.value.trim() === "" ? NaN : Number(match.value);
    const same = `${text(column)} = ${literal(match.value)}`;
    return Number.isFinite(asNumber) ? `(${same} OR ${number(column)} = ${asNumber})` : same;
  }
  const bounds = [
    Number.isFinite(match.from) ? `${number(column)} >= ${match.from}` : `${number(column)} IS NOT NULL`,
    Number.isFinite(match.below) ? `${number(column)} < ${match.below}` : "true",
  ];
  return `(${bounds.join(" AND ")})`;
}

function rewardExpression(reward: MappedReward): string {
  const value = number(reward.column);
  if (reward.kind === "amount") return asFloat(`CASE WHEN ${value} >= 0 THEN ${value} END`);
  if (reward.atMost === null && reward.atLeast === null) return truth(reward.column);
  const within = [
    reward.atMost === null ? "true" : `${value} <= ${reward.atMost}`,
    reward.atLeast === null ? "true" : `${value} >= ${reward.atLeast}`,
  ].join(" AND ");
  return `CAST(CASE WHEN ${value} IS NULL THEN NULL WHEN ${within} THEN 1 ELSE 0 END AS FLOAT)`;
}

function redeemedExpression(mapping: Mapping, redeemed: MappedRedeemed): string {
  const reward = mapping.rewards.find((candidate) => candidate.name === redeemed.reward);
  return reward ? rewardExpression(reward) : truth(redeemed.column);
}

function costExpression(cost: NonNullable<Mapping["cost"]>): string {
  const amount = asFloat(`${number(cost.column)} * ${cost.toMinor}`);
  if (cost.when === null) return amount;
  return `CASE WHEN ${truth(cost.when)} = 0 THEN CAST(0 AS FLOAT) WHEN ${truth(cost.when)} = 1 THEN ${amount} END`;
}

function featureExpression(feature: MappedFeature): string {
  switch (feature.kind) {
    case "numeric":
      return asFloat(number(feature.column));
    case "boolean":
      return truth(feature.column);
    case "categorical":
      return text(feature.column);
  }
}

function facedArms(arms: readonly MappedArm[]): string {
  const indices = arms.flatMap((arm, index) => (arm.faceMinor > 0 ? [index] : []));
  return indices.length > 0 ? `${staged.arm} IN (${indices.join(", ")})` : "false";
}
