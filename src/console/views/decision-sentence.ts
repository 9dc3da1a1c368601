// Decision sentence: why a decision was what it was, in one plain sentence.

import type { Decision } from "../../domain/decision/decision.ts";
import { formatMinor } from "../../domain/money/money.ts";
import { percent } from "../../domain/figures.ts";

export function decisionSentence(decision: Decision): string {
  const missing = decision.degraded ? " Some of what is known of the user was not there, and defaults were taken." : "";
  return `${reasonSentence(decision)}${missing}`;
}

function reasonSentence(decision: Decision): string {
  const { reason, armId, cluster } = decision;
  switch (reason) {
    case "invalid_campaign":
      return "No campaign serves the session: it names one that there is not, or none that serves where it came from.";
    case "campaign_not_live":
      return "The campaign was outside of its period, or had been ended.";
    case "campaign_paused":
      return "The campaign was paused.";
    case "no_release":
      return "No release that fits the campaign was in force.";
    case "holdout":
      return "The user is in the holdout: such users never get an offer, so that the campaign can be measured against them.";
    case "incentive_open":
      return `The user still had “${armId}” open, so it is shown again, and no new money is reserved.`;
    case "user_cap":
      return "The user has had as many offers as the campaign's caps allow.";
    case "classifier_unavailable":
      return "The release in force could not tell the user's segment.";
    case "explored":
      return decision.arm === 0
        ? `The session is one of those whose offer is drawn by chance to learn from; nothing was drawn, at ${chanceOf(decision)}.`
        : `The session is one of those whose offer is drawn by chance to learn from; “${armId}” was drawn, at ${chanceOf(decision)}.`;
    case "planned":
      return `In segment ${cluster} the plan gives “${armId}” at ${chanceOf(decision)}; it was drawn, and ${reservedOf(decision)} reserved.`;
    case "planned_control":
      return `In segment ${cluster} the plan gives nothing at ${chanceOf(decision)}, and that was drawn.`;
    case "pacing_throttled":
      return "An offer was drawn and held back, so that the spend follows its curve.";
    case "downgraded":
      return `A dearer offer was drawn than the money at hand could pay; “${armId}” was the best that it could, and ${reservedOf(decision)} reserved.`;
    case "budget_exhausted":
      return "An offer was drawn and refused: the budget was used up.";
    case "budget_not_yet_granted":
      return "An offer was drawn and refused: the campaign had money, but it had not come to this user's shard yet.";
    default:
      return reason satisfies never;
  }
}

function chanceOf({ propensities, arm }: Decision): string {
  const chance = propensities[arm];
  return chance === undefined ? "an unknown chance" : `a chance of ${percent(chance)}`;
}

function reservedOf({ faceMinor, currency }: Decision): string {
  return `${formatMinor(faceMinor, currency ?? "")} was`;
}
