// Check text: what `check` found, for the terminal. Of a thousand sessions and in units of the currency.

import { itemAt } from "../../domain/assert.ts";
import { minorPerMajor } from "../../domain/money/currency.ts";
import type { Interval } from "../../evaluate/policy/bootstrap.ts";
import { whole, percent, short } from "../../domain/figures.ts";
import { tableText } from "../../terminal/table.ts";
import type { LogCheck } from "./check-log.ts";

const SESSIONS = 1_000;

export function checkText(check: LogCheck): string {
  const { rows, badRows, arms, rowsOfArm, warnings } = check;
  const counted = arms.map((arm, at) => [arm, whole(itemAt(rowsOfArm, at)), percent(itemAt(rowsOfArm, at) / rows)]);
  return [
    `${whole(rows)} rows${badRows > 0 ? `, ${whole(badRows)} left out` : ""}`,
    tableText(["arm", "rows", "share"], counted),
    randomisedText(check),
    warnings.map((warning) => `warning: ${warning}`).join("\n"),
    powerText(check),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function randomisedText({ notRandomised, randomisation: { tested } }: LogCheck): string {
  if (notRandomised.length > 0)
    return [
      "Randomised: no. Chance did not give the arms as the mapping says, so that nothing can be learned of what they do:",
      ...notRandomised,
    ].join("\n");
  if (tested === null)
    return "Randomised: cannot be tested, since not everybody could have got every arm; the propensities are believed.";
  return `Randomised: nothing speaks against it on ${whole(tested.rows)} rows (shares of the arms, each feature, a classifier of the arm).`;
}

/** Whether so many rows show what offers bring, and whether they show what is a tenth of it. */
function enoughText({ rows, power }: LogCheck): string {
  const shown = power.filter(({ gain, leastGain }) => gain.value >= leastGain).length;
  const needed = power.flatMap(({ rowsForTenth }) => (rowsForTenth === null ? [] : [rowsForTenth]));
  const least = Math.min(...needed);
  const apart = needed.length === power.length && rows >= Math.max(...needed) ? "yes" : rows >= least ? "hardly" : "no";
  return [
    `Enough to tell offers from none: ${shown === power.length ? "yes" : shown > 0 ? "hardly" : "no"}. What one mix of offers ` +
      `for everybody gains is as large as so many rows show four times in five at ${shown} of ${power.length} budgets.`,
    `Enough to tell one way of choosing users from another, by a tenth of that gain: ${apart}. ` +
      (needed.length === 0
        ? "There is no gain."
        : `That takes ${whole(least)} rows or more; there are ${whole(rows)}.`),
  ].join("\n");
}

function powerText(check: LogCheck): string {
  const { power, currency, reward, notRandomised } = check;
  if (notRandomised.length > 0) return "";
  if (power.length === 0)
    return "Enough: cannot be said. No offer brings more than none for any money on this log, so that there is nothing to plan.";
  const unit = minorPerMajor(currency);
  const rows = power.map(({ budgetPerSession, gain, leastGain, rowsForTenth }) => [
    short((SESSIONS / unit) * budgetPerSession),
    around(gain),
    short(SESSIONS * leastGain),
    rowsForTenth === null ? "–" : whole(rowsForTenth),
  ]);
  return [
    enoughText(check),
    `Of ${whole(SESSIONS)} sessions; gain is ${reward} more than without, money is ${currency}; in brackets 95 % intervals. The least ` +
      "gain that shows does so in four logs of five. The mix is chosen on the same rows, which flatters its gain a little.",
    tableText([`budget, ${currency}`, "gain of one mix", "least gain that shows", "rows for a tenth of it"], rows),
  ].join("\n");
}

function around({ value, low, high }: Interval): string {
  return `${short(SESSIONS * value)} (${short(SESSIONS * low)} to ${short(SESSIONS * high)})`;
}
