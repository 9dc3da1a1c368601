// Judge: what an outcome is to the user's record, whose windows that are over have been closed: it counts, it was counted
// before, it comes late, or it cannot be used. Pure, and asked once for each outcome.

import type { Outcome } from "../../domain/session/session.ts";
import { idPrint, outcomePrint } from "../state/user/fingerprint.ts";
import type { OpenDecision } from "../state/user/open-decision.ts";
import { DOUBLE_BYTES, doubleAt, findRow } from "../state/user/packed.ts";
import { findEnded, findOpen, OUTCOMES_MAX, type UserRecord } from "../state/user/record.ts";

const OUTCOME_ROW_BYTES = 2 * DOUBLE_BYTES;

export type Judgement =
  /** In the window, not seen before; `at` is the index of the open decision. */
  | { readonly verdict: "counts"; readonly at: number }
  /** After the window, not seen before; `at` is the index of the ended decision. */
  | { readonly verdict: "late"; readonly at: number }
  | { readonly verdict: "repeated" }
  /** A dead letter for this reason. */
  | { readonly verdict: "outcome_conflict" | "unknown_decision" | "contract"; readonly detail: string };

export function judgeOutcome(record: UserRecord, outcome: Outcome, nowMs: number): Judgement {
  const at = findOpen(record, outcome.decisionId);
  const open = record.open[at];
  if (open !== undefined)
    return (
      compare(open.outcomes, outcome) ??
      amountBreach(open, outcome) ??
      countBreach(open.outcomes) ?? { verdict: "counts", at }
    );
  const endedAt = findEnded(record, outcome.decisionId, nowMs);
  const ended = record.ended[endedAt];
  if (ended !== undefined)
    return compare(ended.outcomes, outcome) ?? countBreach(ended.outcomes) ?? { verdict: "late", at: endedAt };
  const detail = `decisionId: no decision ${outcome.decisionId} of this user is remembered`;
  return { verdict: "unknown_decision", detail };
}

/** The fingerprints under which a counted outcome is remembered. */
export function outcomeRow(outcome: Outcome): [number, number] {
  return [idPrint(outcome.outcomeId), outcomePrint(outcome)];
}

function compare(outcomes: Uint8Array, outcome: Outcome): Judgement | null {
  const [id, body] = outcomeRow(outcome);
  const row = findRow(outcomes, 2, id);
  if (row < 0) return null;
  return doubleAt(outcomes, row + DOUBLE_BYTES) === body
    ? { verdict: "repeated" }
    : { verdict: "outcome_conflict", detail: `outcomeId: ${outcome.outcomeId} came before with another body` };
}

/** Each that counted must be known when it comes again: there is no room for more, so there are no more. */
function countBreach(outcomes: Uint8Array): Judgement | null {
  if (outcomes.length < OUTCOMES_MAX * OUTCOME_ROW_BYTES) return null;
  return breach(`outcomeId: the decision has had ${OUTCOMES_MAX} outcomes, and takes no more`);
}

/**
 * Money that cannot be: a redemption where there was no incentive, or of more than its face value. Once the hold has ended, by an
 * outcome or by the arm's own validity, the amount is no money any more and is not compared.
 */
function amountBreach(open: OpenDecision, { kind, amountMinor }: Outcome): Judgement | null {
  if (kind !== "redeemed") return null;
  if (open.reservation === "absent") return breach(`kind: redeemed, but ${open.decisionId} gave no incentive`);
  if (open.reservation === "held" && amountMinor !== null && amountMinor > open.faceMinor)
    return breach(`amountMinor: ${amountMinor} is more than the face value, ${open.faceMinor}`);
  return null;
}

function breach(detail: string): Judgement {
  return { verdict: "contract", detail };
}
