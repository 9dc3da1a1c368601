// Left out
// Rows that were left out because whoever asked allowed it, held against those that stayed: where the arms' shares or the
// features differ, what was left out depends on what happened, and the figures are of the others only.

import { itemAt } from "../../domain/assert.ts";
import { sampleRatio, SAMPLE_RATIO_ALPHA } from "../../domain/sample-ratio.ts";
import { percent } from "../../domain/figures.ts";
import type { Database } from "./duckdb.ts";
import { TABLE } from "./log/staged-log.ts";
import type { Mapping } from "./mapping/mapping.ts";
import { literal } from "./sql.ts";
import { staged } from "./staging.ts";

/** In standard deviations, and in standard errors: what is less is not worth a word. */
const DIFFERS = 0.1;
const ERRORS = 3.3;

/** One sentence that says whether they differ, and in what. Lines that were no rows are in no figure of it. */
export async function compareLeftOut(db: Database, mapping: Mapping, badRows: number): Promise<string> {
  const differences = [...(await armsDiffer(db, mapping)), ...(await featuresDiffer(db, mapping))];
  if (differences.length === 0)
    return `the ${badRows} rows left out are like the others in their arms and features, as far as they can be read`;
  return `the ${badRows} rows left out are unlike the others (${differences.join("; ")}): figures without them may be wrong`;
}

async function armsDiffer(db: Database, { arm: { arms } }: Mapping): Promise<string[]> {
  const counted = await db.rows(
    `SELECT ${staged.arm}, count(*) FILTER (bad = 0), count(*) FILTER (bad > 0) FROM ${TABLE} WHERE ${staged.arm} IS NOT NULL GROUP BY 1`,
  );
  const stayed = arms.map(() => 0);
  const left = arms.map(() => 0);
  for (const [arm, good, bad] of counted) {
    stayed[Number(arm)] = Number(good);
    left[Number(arm)] = Number(bad);
  }
  const share = (of: readonly number[], arm: number): number => itemAt(of, arm) / of.reduce((sum, n) => sum + n, 0);
  const { p } = sampleRatio(
    left,
    arms.map((_, arm) => share(stayed, arm)),
  );
  if (!(p < SAMPLE_RATIO_ALPHA)) return [];
  const list = arms.map(({ id }, arm) => `${id} ${percent(share(left, arm))} for ${percent(share(stayed, arm))}`);
  return [`arms: ${list.join(", ")}`];
}

async function featuresDiffer(db: Database, mapping: Mapping): Promise<string[]> {
  const differences: string[] = [];
  for (const [index, { name, kind }] of mapping.features.entries()) {
    const column = staged.feature(index);
    const usual = kind === "categorical" ? await mostFrequent(db, column) : null;
    const value = usual === null ? `CAST(${column} AS DOUBLE)` : `CAST(${column} = ${literal(usual)} AS DOUBLE)`;
    const sides = await db.rows(
      `SELECT bad = 0 AS good, avg(${value}), stddev_samp(${value}), count(${value}) FROM ${TABLE} WHERE bad IS NOT NULL GROUP BY 1 ORDER BY 1`,
    );
    const [left, stayed] = sides.map((side) => side.slice(1).map(Number));
    if (left === undefined || stayed === undefined) continue;
    const [meanLeft = 0, , countLeft = 0] = left;
    const [mean = 0, spread = 0, count = 0] = stayed;
    const smd = spread > 0 ? (meanLeft - mean) / spread : 0;
    if (Math.abs(smd) < DIFFERS || Math.abs(smd) < ERRORS * Math.sqrt(1 / countLeft + 1 / count)) continue;
    const of = usual === null ? name : `${name}=${usual}`;
    differences.push(`${of}: mean ${Number(meanLeft.toPrecision(3))} for ${Number(mean.toPrecision(3))}`);
  }
  return differences;
}

async function mostFrequent(db: Database, column: string): Promise<string | null> {
  const [first] = await db.rows(
    `SELECT ${column} FROM ${TABLE} WHERE bad = 0 AND ${column} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`,
  );
  return first?.[0] === undefined ? null : String(first[0]);
}
