// Odd figures
// What can be read and may yet be meant otherwise: a reward that everybody has, an amount that dwarfs all others, and costs
// that do not go with the prices that the mapping gives the arms.

import { itemAt } from "../../../domain/assert.ts";
import { formatMean } from "../../../domain/money/money.ts";
import type { Database } from "../duckdb.ts";
import { firstValues } from "../faults.ts";
import { TABLE, type StagedLog } from "../log/staged-log.ts";
import type { Mapping } from "../mapping/mapping.ts";
import { staged } from "../staging.ts";

/** Times the median of those above nothing: no basket is so much larger than the usual one. */
const DWARFS = 1_000;
/** Times the price, or the part of it: a measured cost that far off is in another unit. */
const OTHER_UNIT = 10;

/** Sentences for a person; nothing is left out for them. */
export async function oddFigures(db: Database, log: StagedLog, mapping: Mapping, rows: number): Promise<string[]> {
  const told: string[] = [];
  for (const [index, { name, column, kind }] of mapping.rewards.entries()) {
    const reward = staged.reward(index);
    const [figures] = await db.rows(
      `SELECT count(*), quantile_disc(${reward}, 0.5) FROM ${TABLE} WHERE bad = 0 AND ${reward} > 0`,
    );
    const [happens, median] = (figures ?? []).map(Number);
    if (happens === rows && kind === "binary")
      told.push(`column ${column}: the reward ${name} happens in every row: no arm can add to it`);
    if (kind === "binary" || happens === 0 || median === undefined) continue;
    const dwarfs = `bad = 0 AND ${reward} > ${DWARFS * median}`;
    const count = Number((await db.rows(`SELECT count(*) FROM ${TABLE} WHERE ${dwarfs}`))[0]?.[0]);
    if (count === 0) continue;
    const found = firstValues(await log.find(dwarfs, column, 3), count);
    told.push(
      `column ${column}: ${count} of ${rows} values are more than ${DWARFS} times the median of those above 0 (${median}): ` +
        `${found}; figures rest on them: are they meant, or do they stand for something else?`,
    );
  }
  return [...told, ...(await oddCosts(db, mapping))];
}

async function oddCosts(db: Database, { arm, cost, currency }: Mapping): Promise<string[]> {
  if (cost === null) return [];
  const costs = await db.rows(
    `SELECT ${staged.arm}, count(*), avg(${staged.cost}) FROM ${TABLE} WHERE bad = 0 AND ${staged.cost} > 0 GROUP BY 1 ORDER BY 1`,
  );
  return costs.flatMap(([index, count, mean]) => {
    const { id, faceMinor, sendMinor } = itemAt(arm.arms, Number(index));
    const price = faceMinor + sendMinor;
    const which = `column ${cost.column}: the ${String(count)} rows of ${id} that cost something cost`;
    const measured = formatMean(Number(mean), currency);
    if (Number(index) === 0)
      return [`${which} ${measured} on average, and it is the control: is it what the arms cost?`];
    const times = price === 0 ? 1 : Number(mean) / price;
    if (times < OTHER_UNIT && times > 1 / OTHER_UNIT) return [];
    return [
      `${which} ${measured} on average, and its face value and sending ${formatMean(price, currency)}: ` +
        "say at cost.amounts whether the column is in major or minor units",
    ];
  });
}
