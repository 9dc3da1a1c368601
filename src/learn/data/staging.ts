// Staging
// Pure: from the mapping to the SQL that turns a log's columns into typed ones, and says of each row why it is bad.
// The staged table keeps every row, bad ones too, so that a row's number and with it its split never moves.

import type { MappedArm, MappedFeature, MappedRedeemed, MappedReward, Mapping } from "./mapping/mapping.ts";
import { literal } from "./sql.ts";
import { isMissingSql, numberSql, truthSql, withKeys, type Keyed, type NumberFormat } from "./values-sql.ts";

/** What a column that cannot be read is for; `faults.ts` knows what to do about each. */
export type FaultRole = "propensity" | "arm" | "binary" | "count" | "amount" | "redeemed" | "cost";

/** Why a row cannot be used. */
export interface RowFault {
  readonly role: FaultRole;
  readonly column: string;
  /** Its name in the mapping. */
  readonly at: string;
  /** `have …` of rows. */
  readonly what: string;
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
  /** Whether the feature has a value that cannot be read. */
  unread: (index: number) => `unread_${index}`,
  /** 0 for a good row, else 1 + the index of its fault; null for one that is not looked at. */
  bad: "bad",
} as const;

/** Above it whole numbers are not told apart any more. */
const MOST = Number.MAX_SAFE_INTEGER;

/** In the order in which they are looked for: a row counts under the first that applies. */
export function faultsOf(mapping: Mapping): RowFault[] {
  const faults: RowFault[] = [];
  const { arm, propensityColumn, redeemed, cost, numbers } = mapping;
  faults.push({
    role: "arm",
    column: arm.column,
    at: "arm",
    what: "an arm that the mapping does not name",
    condition: `${staged.arm} IS NULL`,
  });
  if (propensityColumn !== null) {
    const p = number(propensityColumn, numbers);
    const own = { role: "propensity", column: propensityColumn, at: "propensity" } as const;
    faults.push({ ...own, what: "a propensity outside (0, 1)", condition: `NOT (${p} > 0 AND ${p} < 1)` });
    faults.push({ ...own, what: "no propensity that can be read", condition: `${staged.propensity} IS NULL` });
  }
  mapping.rewards.forEach((reward, index) => {
    const { column, kind, part } = reward;
    const what =
      kind === "binary" && !isThreshold(reward)
        ? "neither 0 nor 1 as a binary reward"
        : kind === "amount" && part === "whole"
          ? "no amount of 0 or more"
          : kind === "count"
            ? "no whole number of 0 or more"
            : "no number that can be read";
    if (kind !== "binary")
      faults.push({
        role: kind,
        column,
        at: `rewards.${reward.name}`,
        what: `more than ${MOST}`,
        condition: `abs(${number(column, numbers)}) > ${MOST}`,
      });
    if (part !== "below")
      faults.push({
        role: kind,
        column,
        at: `rewards.${reward.name}`,
        what,
        condition: `${staged.reward(index)} IS NULL`,
      });
  });
  if (redeemed && redeemed.reward === null) {
    const needed = `(${facedArms(arm.arms)} OR ${of(redeemed.column).key} IS NOT NULL)`;
    const condition = `${staged.redeemed} IS NULL AND ${needed}`;
    faults.push({ role: "redeemed", column: redeemed.column, at: "redeemed", what: "neither 0 nor 1", condition });
  }
  if (cost) {
    const { column } = cost;
    const own = { role: "cost", column, at: "cost" } as const;
    faults.push({ ...own, what: "a negative cost", condition: `${number(column, numbers)} < 0` });
    faults.push({
      ...own,
      what: `a cost of more than ${MOST} minor units`,
      condition: `${number(column, numbers)} * ${cost.toMinor} > ${MOST}`,
    });
    if (cost.when !== null)
      faults.push({
        role: "redeemed",
        column: cost.when,
        at: "cost.when",
        what: "neither 0 nor 1",
        condition: `${whenExpression(cost, cost.when)} IS NULL`,
      });
    faults.push({ ...own, what: "no cost that can be read", condition: `${staged.cost} IS NULL` });
  }
  return faults;
}

/** `SELECT` of one typed column for each role, from a source that has the columns that `columnsNamed` tells. */
export function stageSql(mapping: Mapping, source: string): string {
  const { numbers } = mapping;
  const columns: (readonly [string, string])[] = [
    [staged.arm, armExpression(mapping)],
    ...mapping.rewards.map((reward, index) => [staged.reward(index), rewardExpression(reward, numbers)] as const),
  ];
  mapping.features.forEach((feature, index) => {
    columns.push([staged.feature(index), featureExpression(feature, numbers)]);
    columns.push([staged.unread(index), unreadExpression(feature, numbers)]);
  });
  if (mapping.propensityColumn !== null)
    columns.push([staged.propensity, asFloat(number(mapping.propensityColumn, numbers))]);
  if (mapping.redeemed) columns.push([staged.redeemed, redeemedExpression(mapping, mapping.redeemed)]);
  if (mapping.cost) columns.push([staged.cost, costExpression(mapping.cost, numbers)]);
  const keyed = withKeys(source, [...new Set(columnsNamed(mapping).map(({ column }) => column))].map(of));
  const typed = columns.map(([name, expression]) => `${expression} AS ${name}`).join(",\n  ");
  const cases = faultsOf(mapping).map((fault, index) => `WHEN ${fault.condition} THEN ${index + 1}`);
  const kept = columns.map(([name]) => name).join(", ");
  const bad = `CAST(CASE ${cases.join(" ")} ELSE 0 END AS USMALLINT) AS ${staged.bad}`;
  return `SELECT ${kept}, ${bad} FROM (SELECT *,\n  ${typed} FROM (${keyed}))`;
}

/**
 * `SELECT` of the typed features alone, for rows of which nothing else is known, and behind them of each whether its value
 * cannot be read; then it is null, as where there is none.
 */
export function featuresSql(features: readonly MappedFeature[], numbers: NumberFormat, source: string): string {
  const typed = [
    ...features.map((feature, index) => `${featureExpression(feature, numbers)} AS ${staged.feature(index)}`),
    ...features.map((feature, index) => `${unreadExpression(feature, numbers)} AS ${staged.unread(index)}`),
  ];
  const keyed = withKeys(source, [...new Set(features.map(({ column }) => column))].map(of));
  return `SELECT ${typed.join(", ")} FROM (${keyed})`;
}

/** Every column of the log that the mapping names, once for each role. */
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

/** A log's column under the name by which it is staged. Names of columns may differ in case only; these do not. */
export function rawName(column: string): string {
  return `raw_${Buffer.from(column).toString("hex")}`;
}

function of(column: string): Keyed {
  const code = Buffer.from(column).toString("hex");
  return { raw: rawName(column), text: `text_${code}`, key: `key_${code}` };
}

/** For a source's `select`. */
export function rawColumns(columns: Iterable<string>): { readonly column: string; readonly as: string }[] {
  return [...new Set(columns)].map((column) => ({ column, as: rawName(column) }));
}

function number(column: string, numbers: NumberFormat): string {
  return numberSql(of(column), numbers);
}

/** Finite single precision, as the classifier's input is; null otherwise. */
function asFloat(expression: string): string {
  return `CASE WHEN isfinite(TRY_CAST(${expression} AS FLOAT)) THEN TRY_CAST(${expression} AS FLOAT) END`;
}

function armExpression(mapping: Mapping): string {
  const cases = mapping.arm.arms.map((arm, index) => `WHEN ${matches(mapping, arm)} THEN ${index}`);
  return `CAST(CASE ${cases.join(" ")} END AS UTINYINT)`;
}

function matches({ arm: { column }, numbers }: Mapping, { match }: MappedArm): string {
  if ("value" in match) {
    const { key } = of(column);
    return match.value === null ? `${key} IS NULL` : `${key} = ${literal(match.value)}`;
  }
  const value = number(column, numbers);
  const bounds = [
    Number.isFinite(match.from) ? `${value} >= ${match.from}` : `${value} IS NOT NULL`,
    Number.isFinite(match.below) ? `${value} < ${match.below}` : "true",
  ];
  return `(${bounds.join(" AND ")})`;
}

function isThreshold(reward: MappedReward): boolean {
  return reward.atMost !== null || reward.atLeast !== null;
}

function rewardExpression(reward: MappedReward, numbers: NumberFormat): string {
  return orZero(reward, readReward(reward, numbers));
}

function readReward(reward: MappedReward, numbers: NumberFormat): string {
  const value = number(reward.column, numbers);
  switch (reward.kind) {
    case "count":
      return asFloat(`CASE WHEN ${value} >= 0 AND ${value} = trunc(${value}) THEN ${value} END`);
    case "amount": {
      if (reward.part === "above") return asFloat(`CASE WHEN ${value} IS NOT NULL THEN greatest(${value}, 0) END`);
      if (reward.part === "below") return asFloat(`CASE WHEN ${value} IS NOT NULL THEN greatest(-${value}, 0) END`);
      return asFloat(`CASE WHEN ${value} >= 0 THEN ${value} END`);
    }
    case "binary": {
      if (!isThreshold(reward)) return truthSql(of(reward.column));
      const within = [
        reward.atMost === null ? "true" : `${value} <= ${reward.atMost}`,
        reward.atLeast === null ? "true" : `${value} >= ${reward.atLeast}`,
      ].join(" AND ");
      return `CAST(CASE WHEN ${value} IS NULL THEN NULL WHEN ${within} THEN 1 ELSE 0 END AS FLOAT)`;
    }
  }
}

function orZero(
  { column, missingIsZero }: { readonly column: string; readonly missingIsZero: boolean },
  expression: string,
): string {
  if (!missingIsZero) return expression;
  return `CASE WHEN ${isMissingSql(of(column))} THEN CAST(0 AS FLOAT) ELSE ${expression} END`;
}

function redeemedExpression(mapping: Mapping, redeemed: MappedRedeemed): string {
  const reward = mapping.rewards.find((candidate) => candidate.name === redeemed.reward);
  return reward ? rewardExpression(reward, mapping.numbers) : orZero(redeemed, truthSql(of(redeemed.column)));
}

function costExpression(cost: NonNullable<Mapping["cost"]>, numbers: NumberFormat): string {
  const amount = orZero(cost, asFloat(`${number(cost.column, numbers)} * ${cost.toMinor}`));
  if (cost.when === null) return amount;
  const when = whenExpression(cost, cost.when);
  return `CASE WHEN ${when} = 0 THEN CAST(0 AS FLOAT) WHEN ${when} = 1 THEN ${amount} END`;
}

/** With `missing: zero` no value is that it did not happen. */
function whenExpression({ missingIsZero }: NonNullable<Mapping["cost"]>, column: string): string {
  return orZero({ column, missingIsZero }, truthSql(of(column)));
}

function featureExpression({ kind, column }: MappedFeature, numbers: NumberFormat): string {
  switch (kind) {
    case "numeric":
      return asFloat(number(column, numbers));
    case "boolean":
      return truthSql(of(column));
    case "categorical":
      return of(column).key;
  }
}

function unreadExpression(feature: MappedFeature, numbers: NumberFormat): string {
  if (feature.kind === "categorical") return "false";
  return `(${featureExpression(feature, numbers)} IS NULL AND NOT ${isMissingSql(of(feature.column))})`;
}

function facedArms(arms: readonly MappedArm[]): string {
  const indices = arms.flatMap((arm, index) => (arm.faceMinor > 0 ? [index] : []));
  return indices.length > 0 ? `${staged.arm} IN (${indices.join(", ")})` : "false";
}
