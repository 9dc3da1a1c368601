// Faults
// Rows that cannot be used. What is left out of a log because of what happened in it makes every figure of it wrong, so a log
// with such rows is refused, with the column, the count, the first values and what in the mapping would read them. Whoever
// allows some has them counted and, in left-out.ts, held against the rest.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import type { Database } from "./duckdb.ts";
import { TABLE, type FoundRows, type StagedLog } from "./log/staged-log.ts";
import type { Mapping } from "./mapping/mapping.ts";
import { faultsOf, staged, type RowFault } from "./staging.ts";

/** Values that are shown, and values that advice is drawn from. */
const SHOWN = 3;
const LOOKED_AT = 200;

export interface Readable {
  readonly rows: number;
  /** Rows and lines that are left out because they were allowed to be. */
  readonly badRows: number;
  readonly warnings: readonly string[];
}

/** Throws InvalidInput where more than `allowed` rows cannot be used. */
export async function checkFaults(db: Database, log: StagedLog, mapping: Mapping, allowed: number): Promise<Readable> {
  const faults = faultsOf(mapping);
  const counts = await db.rows(
    `SELECT ${staged.bad}, count(*) FROM ${TABLE} WHERE ${staged.bad} IS NOT NULL GROUP BY 1 ORDER BY 1`,
  );
  const told: string[] = [];
  const warnings: string[] = [];
  let rows = 0;
  let badRows = log.malformed.count;
  if (badRows > 0) {
    const examples = `${log.malformed.examples.join(", ")}${badRows > SHOWN ? " …" : ""}`;
    told.push(`${badRows} ${badRows === 1 ? "line is no row" : "lines are no rows"} of the table: ${examples}`);
  }
  for (const [code, counted] of counts) {
    const fault = faults[Number(code) - 1];
    const count = Number(counted);
    const have = count === 1 ? "row has" : "rows have";
    if (fault === undefined) rows = count;
    else {
      const found = await log.find(`${staged.bad} = ${String(code)}`, fault.column, LOOKED_AT);
      const text = `column ${fault.column}: ${count} ${have} ${fault.what}: ${firstValues(found, count)}`;
      if (fault.role === "arm" && mapping.arm.others === "leave-out")
        warnings.push(`${text}; left out, as arm.others says`);
      else {
        badRows += count;
        told.push([text, ...adviceFor(fault, found, mapping)].join("; "));
      }
    }
  }
  if (rows <= badRows)
    throw new InvalidInput(
      `data: ${rows} good rows and ${badRows} bad ones: the mapping does not fit the data:\n${told.join("\n")}`,
    );
  if (badRows > allowed) throw new InvalidInput(refusal(told, badRows, allowed));
  return { rows, badRows, warnings: [...warnings, ...told.map((text) => `${text}; left out`)] };
}

/** The first values with their places. */
export function firstValues(found: readonly FoundRows[], count: number): string {
  const list = found.slice(0, SHOWN).map(({ place, text }) => `${valueText(text)} in ${place}`);
  return `${list.join(", ")}${count > SHOWN ? " …" : ""}`;
}

function valueText(text: string | null): string {
  if (text === null || text === "") return "nothing";
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function refusal(told: readonly string[], badRows: number, allowed: number): string {
  const [first = "", ...others] = told;
  const what = badRows === 1 ? "This row is" : `These ${badRows} rows are`;
  const more = allowed > 0 ? `more than --allow-bad-rows ${allowed}` : "not left out unasked";
  return [
    `data: ${first}`,
    ...others,
    `${what} ${more}: what cannot be read often depends on what happened, and then figures without it are wrong. ` +
      `To leave them out all the same, and be told how they differ from the rest: --allow-bad-rows ${badRows}`,
  ].join("\n");
}

const FLAGS = "it must say 1 or 0, true or false, yes or no";
const MISSING = /^\s*(|na|n\/a|nan|null|none|\\n)\s*$/i;

/** What in the mapping would read such values; each advice once. */
function adviceFor(fault: RowFault, found: readonly FoundRows[], { arm: { arms } }: Mapping): string[] {
  const numbers = arms.flatMap(({ match }) => ("value" in match && match.value !== null ? [Number(match.value)] : []));
  const advice = found.map(({ text }) => adviceForValue(fault, text ?? "", numbers));
  return [...new Set(advice.filter((each) => each !== ""))];
}

/** `numbers`: values of arms. */
function adviceForValue({ role, at }: RowFault, text: string, numbers: readonly number[]): string {
  if (role === "arm") return adviceForArm(text, numbers);
  if (MISSING.test(text)) {
    if (role === "propensity") return "each row needs the probability of the arm that it got";
    const where = at === "cost.when" ? "cost" : at;
    return `if no value means that nothing happened, as after a left join, say \`missing: zero\` at ${where}`;
  }
  const format = formatAdvice(text);
  if (format !== "") return format;
  const number = Number(text);
  if (Number.isNaN(number))
    return role === "binary" || role === "redeemed" ? FLAGS : "write numbers without words and units";
  if (role !== "binary" && Math.abs(number) > Number.MAX_SAFE_INTEGER)
    return "a figure like this is a fault of the file, or stands for one that is missing: correct it there";
  if (role === "binary" && Number.isInteger(number) && number > 1)
    return `if it is a count, say \`atLeast: 1\` at ${at} for whether it happened, or \`kind: count\``;
  if (role === "binary" || role === "count") return `if it is money or a measure, say \`kind: amount\` at ${at}`;
  if (role === "redeemed") return FLAGS;
  if (role === "amount" && number < 0)
    return `if it is net of returns, say \`negative: allowed\` at ${at}: none of the others may be left out for it`;
  if (role === "propensity") return "it must be the probability of the arm that the row got, between 0 and 1";
  return "";
}

function adviceForArm(text: string, numbers: readonly number[]): string {
  if (MISSING.test(text)) return "`value: null` at an arm, such as the control, says that no value stands for it";
  const quoted = `in quotes, as value: "${text.trim()}"`;
  if (/^\s*0\d/.test(text)) return `digits that begin with 0 are text: name them ${quoted}`;
  if (numbers.includes(Number(text))) return `a number that is written so is text: name it ${quoted}`;
  return "name it as an arm, or say `others: leave-out` at arm if its rows are of another experiment";
}

function formatAdvice(text: string): string {
  if (/^\s*[+-]?\d{1,3}(\.\d{3})+,\d+\s*$/.test(text)) return 'say `decimal: ","` and `thousands: "."` in the mapping';
  if (/^\s*[+-]?\d{1,3}(,\d{3})+\.\d+\s*$/.test(text)) return 'say `thousands: ","` in the mapping';
  if (/^\s*[+-]?\d*,\d+\s*$/.test(text)) return 'if the comma is a decimal comma, say `decimal: ","` in the mapping';
  if (/^\s*[+-]?\d{1,3}([\s'\u00a0]\d{3})+([.,]\d+)?\s*$/.test(text)) return "say `thousands` in the mapping";
  return "";
}
