// Outcome: what one that was judged leaves in the user's record. The money that goes with it is settled in settle.ts.

import type { Outcome } from "../../domain/session/session.ts";
import type { OpenDecision } from "../state/user/open-decision.ts";
import { appendRow } from "../state/user/packed.ts";
import { OUTCOMES_MAX, type EndedDecision, type UserRecord } from "../state/user/record.ts";
import { outcomeRow } from "./judge.ts";
import { addRewards } from "./reward.ts";

/** In the window. */
export function withCounted(open: OpenDecision, outcome: Outcome): OpenDecision {
  return {
    ...(open.reservation === "held" ? withoutHold(open, outcome) : open),
    outcomes: appendRow(open.outcomes, outcomeRow(outcome), OUTCOMES_MAX),
    // They are for the row of the training log.
    rewards: open.drawn ? addRewards(open.rewards, outcome.rewards) : open.rewards,
  };
}

function withoutHold(open: OpenDecision, { kind, outcomeId, amountMinor }: Outcome): OpenDecision {
  switch (kind) {
    case "redeemed": {
      const settledMinor = amountMinor ?? open.faceMinor;
      return { ...open, reservation: "posted", settledMinor, endedBy: outcomeId, redeemed: true };
    }
    case "declined":
    case "refunded":
      return { ...open, reservation: "voided", endedBy: outcomeId };
    case "converted":
      return open;
  }
}

/** After it. All that got the same incentive have one list of outcomes. */
export function withLate(
  record: UserRecord,
  { decisionId, outcomes: before }: EndedDecision,
  outcome: Outcome,
): UserRecord {
  const outcomes = appendRow(before, outcomeRow(outcome), OUTCOMES_MAX);
  const ended = record.ended.map((entry) => (entry.decisionId === decisionId ? { ...entry, outcomes } : entry));
  return { ...record, ended };
}
