// stipend pacing set-budget: the plan account's budget from now on.

import { latestStatus } from "../../../workflows/control/control.ts";
import { option, required } from "../../options.ts";
import { asAmount, asCurrency, minorInCurrency } from "../../../settings/parse.ts";
import { steeringCommand } from "../../steering.ts";

export const command = steeringCommand({
  summary: "set the budget of a campaign's plan",
  description:
    "A budget below what is already out is asked back at once: what lies free first, then what is reserved, as it is " +
    "released; until then nothing new is given (reservation policy strict). What has been spent cannot come back; " +
    "`stipend pacing status` shows how far it is. A campaign whose days or weeks have budgets keeps to both: --budget is " +
    "for the whole.",
  examples: [
    "stipend pacing set-budget --budget 750000 --wait",
    "stipend pacing set-budget --campaign spring --budget 7500.00EUR --dry-run",
    "stipend pacing set-budget --budget 750000 --period-budget 50000 --wait",
  ],
  options: {
    budget: required("amount", "in minor units (75000), or with its currency (750.00EUR)", asAmount),
    periodBudget: option("amount", "of each day or week (default: as it is)", asAmount),
    currency: option("code", "refuse unless the campaign is in this currency (default: the campaign's)", asCurrency),
  },
  async action({ budget, periodBudget, currency }, log, campaign) {
    const meant = currency ?? (await latestStatus(log, campaign))?.currency ?? budget.currency ?? "";
    return {
      kind: "set_budget",
      budgetMinor: minorInCurrency(budget, meant, "--budget"),
      currency: meant,
      periodBudgetMinor: periodBudget === undefined ? null : minorInCurrency(periodBudget, meant, "--period-budget"),
    };
  },
});
