// Command preview: what a command would do, as the page shows it before it is sent, and whether the campaign's name has to be typed.

import type { BudgetStatus, CommandPreview, Outlook, PacingAction } from "../../domain/campaign/control.ts";
import { accountView } from "../../observe/campaign-view.ts";
import { formatMinor, type Minor } from "../../domain/money/money.ts";
import { percent } from "../../domain/figures.ts";
import type { Change } from "../../workflows/control/pacing/changes.ts";

export interface Preview {
  readonly changes: readonly Change[];
  /** What is out of the money that is changed; null where no money is. */
  readonly out: string | null;
  /** What the change is expected to come to; rows that stay as they are left out. */
  readonly expected: readonly { readonly what: string; readonly before: string; readonly after: string }[];
  /** Why the campaign's name has to be typed; none: it need not. */
  readonly confirm: readonly string[];
  /** That it would make. */
  readonly revision: number | null;
}

/** Of a budget, up or down. */
const LARGE_CHANGE = 0.5;

export function previewOf(
  action: PacingAction,
  status: BudgetStatus,
  changes: readonly Change[],
  preview: CommandPreview | null,
): Preview {
  return {
    changes,
    out: outText(action, status),
    expected: preview === null ? [] : expectedRows(preview, status.currency),
    confirm: confirmReasons(action, status),
    revision: preview?.revision ?? null,
  };
}

/** By what is known now, so that whoever sends is held to the same as whoever looks. */
export function confirmReasons(action: PacingAction, status: BudgetStatus): readonly string[] {
  if (action.kind === "end") return ["it ends the campaign for good"];
  const budget = budgetChange(action, status);
  if (budget === null) return [];
  const { before, after, outMinor } = budget;
  const isLarge = before > 0n && Math.abs(Number(after - before) / Number(before)) > LARGE_CHANGE;
  return [
    ...(after < outMinor ? ["it cuts the budget below what is already out"] : []),
    ...(isLarge ? ["it changes the budget by more than half"] : []),
  ];
}

function budgetChange(action: PacingAction, { budgetMinor, explorationBudgetMinor, totals }: BudgetStatus) {
  if (action.kind !== "set_budget" && action.kind !== "set_exploration") return null;
  const [before, account] =
    action.kind === "set_budget"
      ? ([budgetMinor, accountView(action.budgetMinor, totals.plan)] as const)
      : ([explorationBudgetMinor, accountView(action.budgetMinor, totals.exploration)] as const);
  return { before, after: action.budgetMinor, outMinor: account.grantedMinor - account.returnedMinor, account };
}

function outText(action: PacingAction, status: BudgetStatus): string | null {
  const budget = budgetChange(action, status);
  if (budget === null) return null;
  const money = (amount: Minor): string => formatMinor(amount, status.currency);
  const { postedMinor, reservedMinor, overMinor } = budget.account;
  const over =
    overMinor === 0n
      ? ""
      : ` That is ${money(overMinor)} more than the new budget: it is asked back, and until it is back nothing is given.`;
  return `${money(budget.outMinor)} already out: ${money(postedMinor)} spent, ${money(reservedMinor)} reserved.${over}`;
}

function expectedRows({ before, after }: CommandPreview, currency: string): Preview["expected"] {
  if (after === null) return [];
  const rows: [string, (outlook: Outlook) => string][] = [
    ["spent at the end", ({ spendAtEnd }) => formatMinor(spendAtEnd, currency)],
    ["refused for money, of what is to come", ({ refusedShare = 0 }) => percent(refusedShare)],
    ["reward to come", ({ rewardToCome }) => Math.round(rewardToCome).toLocaleString("en")],
    ["budget level", ({ planRow }) => planRow.toFixed(2)],
    ["offers let through", ({ throttle }) => percent(throttle)],
  ];
  return rows
    .map(([what, text]) => ({ what, before: before === null ? "–" : text(before), after: text(after) }))
    .filter((row) => row.before !== row.after);
}
