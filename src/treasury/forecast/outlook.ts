// Outlook: what the plan account may be expected to do until the end of the period (the day or week, where each has a budget of
// its own), if nothing is changed: the plan in force on the clusters that come, for the sessions that are still expected.
// A forecast, not a promise: no money moves by it.

import type { Outlook } from "../../domain/campaign/control.ts";
import { expectedAt } from "../../domain/release/frontier.ts";
import { minorOfMean } from "../../domain/money/money.ts";
import type { PlanTable } from "../pace/soft-pacing.ts";
import { spentInSpan, type BudgetView } from "../pace/view.ts";
import { stateInForce, type CampaignBook } from "../state/state.ts";

/** Null without a release: nothing is given then. */
export function outlookOf(book: CampaignBook, plans: PlanTable | null, view: BudgetView): Outlook | null {
  if (plans === null) return null;
  const { campaign, planRow, shadowPrice, throttle } = book;
  const { traffic, span, mix } = view;
  const live = stateInForce(book) === "live";
  const sessionsToCome = live ? traffic.remainingSessions * (1 - campaign.explorationShare) : 0;
  const { frontier, values } = plans;
  const control = expectedAt(frontier, values, mix, 0).reward;
  const coming = expectedAt(frontier, values, mix, planRow);
  const trained = expectedAt(frontier, values, values.mix, planRow);
  const spent = spentInSpan(view, book.redemption);
  const left = Math.max(0, Number(span.budgetMinor) - spent);
  const wanted = sessionsToCome * throttle * coming.cost;
  const spendToCome = Math.min(left, wanted);
  // Where money ends before the sessions do, so does what it would have brought.
  const paidShare = wanted > 0 ? spendToCome / wanted : 1;
  return {
    planRow,
    shadowPrice,
    throttle,
    sessionsToCome,
    rewardToCome: sessionsToCome * (control + throttle * paidShare * (coming.reward - control)),
    spendToCome: minorOfMean(spendToCome),
    spendAtEnd: minorOfMean(spent + spendToCome),
    mixDrift: minorOfMean(sessionsToCome * throttle * (coming.cost - trained.cost)),
    refusedShare: 1 - paidShare,
  };
}
