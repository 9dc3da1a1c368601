// Preview text: what a dry run answers, for people: what the command changes, old → new, what is out already, what the plan is
// and would be, and from where on.

import type { BudgetStatus, CommandPreview, Outlook, PacingAction } from "../../../domain/control.ts";
import { formatMinor, type Minor } from "../../../domain/money.ts";
import { tableText, type Cell } from "../../../terminal/table.ts";
import { accountView, type AccountView } from "./status-view.ts";

/** `status`: as it is; null where there is no campaign yet. */
export function previewText(
  { before, after, revision, beyond }: CommandPreview,
  action: PacingAction,
  status: BudgetStatus | null,
): readonly string[] {
  const currency = status?.currency ?? "";
  const column = (outlook: Outlook | null): readonly Cell[] =>
    outlook === null
      ? ROWS.map(() => null)
      : [
          outlook.planRow.toFixed(2),
          outlook.shadowPrice.toPrecision(3),
          outlook.throttle.toFixed(3),
          Math.round(outlook.sessionsToCome),
          outlook.rewardToCome.toPrecision(4),
          formatMinor(outlook.spendToCome, currency),
          formatMinor(outlook.spendAtEnd, currency),
          percent(outlook.refusedShare ?? 0),
        ];
  const [is, would] = [column(before), column(after)];
  const places = beyond.map(({ shard, offset }) => (offset < 0 ? `${shard}: the first` : `${shard}: after ${offset}`));
  return [
    ...(status === null ? [] : changeTexts(action, status)),
    tableText(
      ["", "is", "would be"],
      ROWS.map((name, index) => [name, is[index] ?? null, would[index] ?? null]),
    ),
    ...(after === null ? ["without a release in force nothing is given, and nothing can be foreseen"] : []),
    `It would be revision ${revision}, with the next record of grants on each partition (${places.join("; ")}).`,
  ];
}

const ROWS = [
  "plan row",
  "shadow price",
  "let through",
  "sessions to come",
  "reward to come",
  "spend to come",
  "spend at the end",
  "refused for money",
] as const;

/** Old → new, of what a status tells; a budget also beside what is out of it. */
function changeTexts(action: PacingAction, status: BudgetStatus): string[] {
  const { currency, totals } = status;
  switch (action.kind) {
    case "set_budget":
      return [
        budgetText("plan", status.budgetMinor, action.budgetMinor, currency),
        ...outTexts(accountView(action.budgetMinor, totals.plan), currency),
        ...(action.periodBudgetMinor === null || action.periodBudgetMinor === undefined
          ? []
          : [`${status.period?.every ?? "period"}: ${formatMinor(action.periodBudgetMinor, currency)} each`]),
      ];
    case "set_exploration":
      return [
        budgetText("exploration", status.explorationBudgetMinor, action.budgetMinor, currency),
        ...outTexts(accountView(action.budgetMinor, totals.exploration), currency),
      ];
    case "promote_release":
      return [`release: ${nameOf(status.release)} → ${nameOf(action.release)}`];
    case "rollback_release":
      return [`release: ${nameOf(status.release)} → ${nameOf(status.previousRelease)}`];
    case "pause":
      return [`state: ${status.state} → paused`];
    case "resume":
      return [`state: ${status.state} → live`];
    case "end":
      return [`state: ${status.state} → ended, for good`];
    default:
      return [];
  }
}

function budgetText(name: string, before: Minor, after: Minor, currency: string): string {
  const change = before === 0n ? "" : ` (${signed(Number(after - before) / Number(before))})`;
  return `budget of ${name}: ${formatMinor(before, currency)} → ${formatMinor(after, currency)}${change}`;
}

function outTexts(
  { grantedMinor, returnedMinor, reservedMinor, postedMinor, overMinor }: AccountView,
  currency: string,
) {
  const money = (amount: Minor): string => formatMinor(amount, currency);
  const out = grantedMinor - returnedMinor;
  return [
    `already out: ${money(out)} (${money(postedMinor)} spent, ${money(reservedMinor)} held, the rest free in the partitions)`,
    ...(overMinor === 0n
      ? []
      : [
          `that is ${money(overMinor)} more than the new budget: it is asked back, and until it is back every incentive is ` +
            "refused (reservation policy strict)",
        ]),
  ];
}

function nameOf(release: string | null): string {
  return release === null ? "none" : release.slice(0, 12);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function signed(share: number): string {
  return `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)} %`;
}
