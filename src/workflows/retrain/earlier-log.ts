// Earlier log
// The randomised log of a first release, put into the columns that the exported training log has, so that a retraining
// can learn from both: features by name, the arm by id, the propensity, the rewards, redemption and cost.

import { must } from "../../domain/assert.ts";
import { openDatabase } from "../../learn/data/duckdb.ts";
import { checkFaults } from "../../learn/data/faults.ts";
import { stageLog, TABLE } from "../../learn/data/log/staged-log.ts";
import type { Mapping } from "../../learn/data/mapping/mapping.ts";
import { identifier, literal, pathLiteral } from "../../learn/data/sql.ts";
import { staged } from "../../learn/data/staging.ts";
import { COLUMN } from "../../retrain/columns.ts";

/** Reads and checks the files as `train` does, and writes their rows as Parquet to `to`; answers the SELECT that reads it. */
export async function earlierRows(files: readonly string[], mapping: Mapping, to: string): Promise<string> {
  const db = await openDatabase({});
  try {
    await checkFaults(db, await stageLog(db, files, mapping), mapping, 0);
    const good = `SELECT ${columns(mapping).join(", ")} FROM ${TABLE} WHERE ${staged.bad} = 0`;
    await db.run(`COPY (${good}) TO ${literal(to)} (FORMAT parquet)`);
    return `SELECT * FROM read_parquet(${pathLiteral(to)}, hive_partitioning = false)`;
  } finally {
    await db.close();
  }
}

function columns(mapping: Mapping): string[] {
  const { arms } = mapping.arm;
  const perArm = (value: (index: number) => string): string =>
    `CASE ${staged.arm} ${arms.map((_, index) => `WHEN ${index} THEN ${value(index)}`).join(" ")} END`;
  const face = perArm((index) => String(must(arms[index], "arm").faceMinor));
  const send = perArm((index) => String(must(arms[index], "arm").sendMinor));
  const redeemed = mapping.redeemed ? `CASE WHEN ${face} > 0 THEN coalesce(${staged.redeemed}, 0) ELSE 0 END` : "0";
  const propensity =
    mapping.propensityColumn !== null
      ? staged.propensity
      : perArm((index) => String(must(must(arms[index], "arm").propensity, "the arm's propensity")));
  const named: (readonly [string, string])[] = [
    ...mapping.features.map(
      (feature, index) => [featureValue(feature.kind, index), COLUMN.feature(feature.name)] as const,
    ),
    [perArm((index) => literal(must(arms[index], "arm").id)), COLUMN.arm],
    [propensity, COLUMN.propensity],
    ...mapping.rewards.flatMap(({ name, part }, index) => {
      if (part === "below") return [];
      const value = part === "above" ? `${staged.reward(index)} - ${staged.reward(index + 1)}` : staged.reward(index);
      return [[value, COLUMN.reward(name)] as const];
    }),
    [redeemed, COLUMN.redeemed],
    [mapping.cost ? staged.cost : `${send} + ${redeemed} * ${face}`, COLUMN.cost],
  ];
  return named.map(([value, name]) => `${value} AS ${identifier(name)}`);
}

function featureValue(kind: "numeric" | "boolean" | "categorical", index: number): string {
  return kind === "categorical" ? staged.feature(index) : `CAST(${staged.feature(index)} AS DOUBLE)`;
}
