// stipend pacing exploration: how much is drawn at random to learn from, and its own budget.

import { latestStatus } from "../../../workflows/control/control.ts";
import { required } from "../../options.ts";
import { asAmount, asNumber, minorInCurrency } from "../../../settings/parse.ts";
import { steeringCommand } from "../../steering.ts";

export const command = steeringCommand({
  summary: "set a campaign's exploration share and its budget",
  description:
    "A share of the sessions gets an arm drawn alike from all, so that the log can be learned from. It has an account of " +
    "its own, beside the plan's budget, and stops while that cannot pay for every arm.",
  examples: ["stipend pacing exploration --share 0.05 --budget 20000 --wait"],
  options: {
    share: required("share", "of the sessions, from 0 to less than 1", asNumber({ min: 0, max: 1 })),
    budget: required("amount", "of the exploration account: minor units, or with its currency (200.00EUR)", asAmount),
  },
  async action({ share, budget }, log, campaign) {
    const currency = (await latestStatus(log, campaign))?.currency ?? budget.currency ?? "";
    return { kind: "set_exploration", share, budgetMinor: minorInCurrency(budget, currency, "--budget") };
  },
});
