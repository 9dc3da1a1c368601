// Granted: one grant against the commands and the grants before it (T2, L4), and what is out against what may be (L2, T7).

import type { Grant } from "../../../../src/domain/campaign/control.ts";
import type { Account } from "../../../../src/domain/decision/decision.ts";
import type { Findings, Law } from "../findings.ts";
import { ACCOUNTS } from "../serve/money.ts";
import type { Treasured } from "./treasured.ts";

export function checkGrant(
  grant: Grant,
  partition: number,
  campaign: Treasured,
  place: string,
  findings: Findings,
): void {
  const { budgetMinor, explorationBudgetMinor, currency } = grant.campaign;
  const { steered } = campaign;
  const demand = (holds: boolean, law: Law, what: () => string): void => findings.demand(holds, law, place, what);
  const slice = campaign.slices[grant.shard];
  if (slice === undefined || grant.shard !== partition) return findings.add("T4", place, "is in another partition");
  const budgets =
    Number(budgetMinor) === steered.budget.plan && Number(explorationBudgetMinor) === steered.budget.exploration;
  const { periods = null } = grant.campaign;
  demand(
    (periods === null ? null : Number(periods.budgetMinor)) === steered.periodBudget,
    "T2",
    () => `its period's budget ${periods?.budgetMinor} is not what the commands say, ${steered.periodBudget}`,
  );
  demand(
    budgets && currency === steered.currency,
    "T2",
    () => `its budget ${budgetMinor} is not what the commands say, ${steered.budget.plan}`,
  );
  demand(
    grant.revision === steered.revision && grant.state === steered.state,
    "T2",
    () => `is ${grant.state} at ${grant.revision}, not ${steered.state} at ${steered.revision}`,
  );
  demand(grant.release === steered.release, "T2", () => `has release ${grant.release}, not ${steered.release}`);
  demand(grant.throttle >= 0 && grant.throttle <= 1, "T4", () => `throttle ${grant.throttle}`);
  for (const account of ACCOUNTS) {
    const [granted, target] = [Number(grant.grantedMinor[account]), Number(grant.returnTargetMinor[account])];
    demand(
      granted >= slice.granted[account],
      "L4",
      () => `${account}: granted fell from ${slice.granted[account]} to ${granted}`,
    );
    demand(
      target >= slice.target[account],
      "L4",
      () => `${account}: return target fell from ${slice.target[account]} to ${target}`,
    );
    demand(target <= granted, "L4", () => `${account}: asks ${target} back of ${granted}`);
    slice.granted[account] = granted;
    slice.target[account] = target;
  }
}

/** L2 and T7, at this offset. */
export function checkLimits(
  campaign: Treasured,
  account: Account,
  grantedBefore: number,
  place: string,
  findings: Findings,
): void {
  const { state } = campaign.steered;
  const most = campaign.most(account);
  const out = campaign.out(account);
  const grew = campaign.granted(account) > grantedBefore;
  findings.demand(
    out <= most || !grew,
    campaign.lawOfMost(account),
    place,
    () => `granted ${campaign.granted(account) - grantedBefore} more: ${out} out of ${most}`,
  );
  findings.demand(state === "live" || !grew, "L2", place, () => `granted while ${state}`);
  const notAsked = campaign.notAsked(account);
  // What is held comes back unasked under `expected`, and cannot come sooner.
  const bound = campaign.isExpected && account === "plan" ? campaign.held(account) : 0;
  const least = Math.max(most, campaign.posted(account) + bound);
  const law = campaign.lawOfMost(account);
  findings.demand(notAsked <= least, law, place, () => `${notAsked} out and not asked back, of ${least}`);
}
