// Statuses: what the treasurer says of a campaign, against the commands, grants and reports (T1 to T3, T7, totals).

import type { BudgetStatus } from "../../../../src/domain/campaign/control.ts";
import type { Findings, Law } from "../findings.ts";
import { ACCOUNTS } from "../serve/money.ts";
import type { Treasured } from "./treasured.ts";

export function checkStatus(status: BudgetStatus, campaign: Treasured, place: string, findings: Findings): void {
  const { steered } = campaign;
  const demand = (holds: boolean, law: Law, what: () => string): void => findings.demand(holds, law, place, what);
  checkAnswers(status, campaign, place, findings);
  if (!steered.exists) return demand(status.revision === 0, "T2", () => `revision ${status.revision} of no campaign`);
  const same =
    status.revision === steered.revision && status.state === steered.state && status.release === steered.release;
  demand(
    same,
    "T2",
    () => `${status.state} at ${status.revision}, the commands come to ${steered.state} at ${steered.revision}`,
  );
  demand(
    Number(status.budgetMinor) === steered.budget.plan,
    "T2",
    () => `budget ${status.budgetMinor}, not ${steered.budget.plan}`,
  );
  demand(
    Number(status.targetMinor) <= campaign.most("plan"),
    campaign.lawOfMost("plan"),
    () => `target ${status.targetMinor} above the budget`,
  );
  checkPeriod(status, campaign, place, findings);
  for (const account of ACCOUNTS) {
    const { granted, returned } = status.totals[account];
    demand(
      Number(granted - returned) === campaign.out(account),
      "totals",
      () => `${account}: ${granted} − ${returned}, ${campaign.out(account)} is out`,
    );
  }
}

/** T7: the days and weeks are those of the zone's calendars, and what each has is its budget and what was carried. */
function checkPeriod(
  { period }: BudgetStatus,
  { steered, periods }: Treasured,
  place: string,
  findings: Findings,
): void {
  if (steered.campaign === null) return;
  const budgets = { whole: steered.budget.plan, period: steered.periodBudget ?? 0 };
  const fault = periods.faultOf(period, steered.campaign, budgets);
  findings.demand(fault === null, "T7", place, () => `period: ${fault}`);
}

function checkAnswers({ answers }: BudgetStatus, campaign: Treasured, place: string, findings: Findings): void {
  for (const answer of answers) {
    const wanted = campaign.steered.answers.get(answer.commandId);
    const applied = wanted?.outcome === "accepted" && wanted.revision <= campaign.everywhere;
    const outcome = applied ? "applied" : wanted?.outcome;
    const right = answer.revision === wanted?.revision && (answer.refusal?.split(":")[0] ?? null) === wanted.reason;
    const law = answer.outcome === "applied" || applied ? "T3" : "T1";
    findings.demand(
      answer.outcome === outcome && right,
      law,
      `${place} ${answer.commandId}`,
      () =>
        `${answer.outcome} ${answer.revision} ${answer.refusal}, must be ${outcome} ${wanted?.revision} ${wanted?.reason}`,
    );
  }
  const last = [...campaign.steered.answers.keys()].at(-1);
  const has = last === undefined || answers.some((answer) => answer.commandId === last);
  findings.demand(has, "T1", place, () => `${last} is not answered`);
}
