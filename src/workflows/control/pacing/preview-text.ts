// Preview text: what a dry run answers, for people: what the command changes, old → new, what is out already, what the plan is
// and would be, and from where on.

import type { BudgetStatus, CommandPreview, Outlook, PacingAction } from "../../../domain/campaign/control.ts";
import { minorPerMajor } from "../../../domain/money/currency.ts";
import { formatMinor, type Minor } from "../../../domain/money/money.ts";
import { percent, signedPercent } from "../../../domain/figures.ts";
import type { Change } from "./changes.ts";
import { accountView, type AccountView } from "../../../observe/campaign-view.ts";
import { tableText, type Cell } from "../../../terminal/table.ts";

/** `status`: as it is; null where there is no campaign yet. */
export function previewText(
  { before, after, revision, beyond }: CommandPreview,
  action: PacingAction,
  changes: readonly Change[],
  status: BudgetStatus | null,
): readonly string[] {
  const places = beyond.map(({ shard, offset }) => (offset < 0 ? `${shard}: the first` : `${shard}: after ${offset}`));
  return [
    ...changes.map(changeText),
    ...(status === null ? [] : moneyOutTexts(action, status)),
    ...outlookTexts(before, after, status?.currency ?? (action.kind === "create" ? action.campaign.currency : "")),
    `It would be revision ${revision}, with the next record of grants on each partition (${places.join("; ")}).`,
  ];
}

function changeText({ what, before, after, share }: Change): string {
  if (before === after) return `${what}: ${before}, as it is`;
  return `${what}: ${before} → ${after}${share === null ? "" : ` (${signedPercent(share)})`}`;
}

/** What the plan is and would be; where it is the same, once. */
function outlookTexts(before: Outlook | null, after: Outlook | null, currency: string): string[] {
  if (after === null) return ["without a release in force nothing is given, and nothing can be foreseen"];
  const would = cellsOf(after, currency);
  const is = before === null ? would.map(() => null) : cellsOf(before, currency);
  const rowsOf = (...columns: readonly (readonly Cell[])[]): Cell[][] =>
    rowNames(currency).map((name, index) => [name, ...columns.map((column) => column[index] ?? null)]);
  if (is.every((cell, index) => cell === would[index]))
    return ["the plan, and what is foreseen of it, would stay as they are:", tableText(["", "is"], rowsOf(is))];
  return [tableText(["", "is", "would be"], rowsOf(is, would))];
}

function cellsOf(outlook: Outlook, currency: string): readonly Cell[] {
  return [
    outlook.planRow.toFixed(2),
    (outlook.shadowPrice * minorPerMajor(currency)).toPrecision(3),
    outlook.throttle.toFixed(3),
    Math.round(outlook.sessionsToCome),
    outlook.rewardToCome.toPrecision(4),
    formatMinor(outlook.spendToCome, currency),
    formatMinor(outlook.spendAtEnd, currency),
    percent(outlook.refusedShare ?? 0),
  ];
}

function rowNames(currency: string): string[] {
  return [
    "budget level",
    `extra reward per extra ${currency}`,
    "let through",
    "sessions to come",
    "reward to come",
    "spend to come",
    "spend at the end",
    "refused for money",
  ];
}

/** A new budget beside what is out of it. */
function moneyOutTexts(action: PacingAction, { currency, totals }: BudgetStatus): string[] {
  if (action.kind === "set_budget") return outTexts(accountView(action.budgetMinor, totals.plan), currency);
  if (action.kind === "set_exploration") return outTexts(accountView(action.budgetMinor, totals.exploration), currency);
  return [];
}

function outTexts(
  { grantedMinor, returnedMinor, reservedMinor, postedMinor, overMinor }: AccountView,
  currency: string,
) {
  const money = (amount: Minor): string => formatMinor(amount, currency);
  const out = grantedMinor - returnedMinor;
  return [
    `already out: ${money(out)} (${money(postedMinor)} spent, ${money(reservedMinor)} reserved, the rest free in the partitions)`,
    ...(overMinor === 0n
      ? []
      : [
          `that is ${money(overMinor)} more than the new budget: it is asked back, and until it is back every incentive is ` +
            "refused (reservation policy strict)",
        ]),
  ];
}
