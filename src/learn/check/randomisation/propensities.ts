// Propensities
// Whether a propensity column holds what it must: the probability of the arm that the row got. Over an arm's rows the sum of
// one over it is then about the number of all rows. A row's weight is one over it, so that a small one speaks for many.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import type { Database } from "../../data/duckdb.ts";
import { TABLE, type StagedLog } from "../../data/log/staged-log.ts";
import type { Mapping } from "../../data/mapping/mapping.ts";
import { staged } from "../../data/staging.ts";

/** Off by more than this share and by more than so many standard errors is no chance. */
const OFF = 0.1;
const ERRORS = 5;
/** Whatever chance made of it: rows of one arm that speak for so many times the log say nothing. */
const FAR_OFF = 3;
/** Of an arm's weight, the share of one row from which it is told. */
const HEAVY = 0.05;
const FEW = 100;

/** Returns warnings; throws InvalidInput for a column that cannot be the propensity of the arm given. */
export async function checkPropensities(
  db: Database,
  log: StagedLog,
  mapping: Mapping,
  rows: number,
): Promise<string[]> {
  const column = mapping.propensityColumn;
  if (column === null) return [];
  const p = `CAST(${staged.propensity} AS DOUBLE)`;
  const sums = await db.rows(
    `SELECT ${staged.arm}, count(*), sum(1 / ${p}), sqrt(sum((1 - ${p}) / (${p} * ${p}))), min(${p}), sum(1 / (1 - ${p})) ` +
      `FROM ${TABLE} WHERE ${staged.bad} = 0 GROUP BY 1 ORDER BY 1`,
  );
  const warnings: string[] = [];
  const told: string[] = [];
  for (const [arm, ...figures] of sums) {
    const [count = 0, sum = 0, error = 0, least = 0, other = 0] = figures.map(Number);
    const id = mapping.arm.arms[Number(arm)]?.id ?? "";
    const smallest = `${staged.bad} = 0 AND ${staged.arm} = ${Number(arm)} AND ${p} <= ${least}`;
    const place = async (): Promise<string> => (await log.find(smallest, column, 1))[0]?.place ?? "";
    const isOff = Math.abs(sum - rows) > Math.max(ERRORS * error, OFF * rows) || sum > FAR_OFF * rows;
    if (mapping.overlap === "full" && isOff)
      told.push(
        `column ${column}: over the ${count} rows of ${id} the sum of 1/p is ${Math.round(sum)}, ` +
          `${(sum / rows).toFixed(2)} times the ${rows} rows, where it should be about 1 (the smallest p is ${short(least)} in ${await place()})` +
          (Math.abs(other - rows) < OFF * rows ? "; 1 − p would fit" : ""),
      );
    else if (count >= FEW && 1 / least > HEAVY * sum)
      warnings.push(
        `column ${column}: a propensity of ${short(least)} in ${await place()} is ${Math.round(100 / least / sum)} % of the ` +
          `weight of the arm ${id}: one row speaks for so many`,
      );
  }
  if (told.length === 0) return warnings;
  throw new InvalidInput(
    [
      ...told.map((text, index) => (index === 0 ? `data: ${text}` : text)),
      "It must be the probability of the arm that the row got. Where 1 − p fits the control it is the probability of being " +
        "treated: the control's rows need 1 minus it, and with several arms each row its own arm's. If some users could " +
        "not have got some arms, say `overlap: partial` at propensity.",
    ].join("\n"),
  );
}

function short(p: number): string {
  return String(Number(p.toPrecision(3)));
}
