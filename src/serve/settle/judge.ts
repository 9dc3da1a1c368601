// Judge: what an outcome is to the user's record: it counts, it was counted before, it comes late, or it cannot be used.
// Pure, and asked twice a cycle: in `prepare` for the user's aggregates, in `process` for the money.

import type { Outcome } from "../../domain/session.ts";
import { idPrint, outcomePrint } from "../state/user/fingerprint.ts";
import { DOUBLE_BYTES, doubleAt, findRow } from "../state/user/packed.ts";
import { findEnded, findOpen, OUTCOMES_MAX, type OpenDecision, type UserRecord } from "../state/user/record.ts";

const OUTCOME_ROW_BYTES = 2 * DOUBLE_BYTES;

export type Judgement =
  /** In the window, not seen before; `at` is the index of the open decision. */
  | { readonly verdict: "counts"; readonly at: number }
  /** After the window, not seen before; `at` is the index of the ended decision. */
  | { readonly verdict: "late"; readonly at: number }
  | { readonly verdict: "repeated" }
  | { readonly verdict: "conflict" | "unknown" | "breach"; readonly detail: string };

export function judge(record: UserRecord, outcome: Outcome, nowMs: number): Judgement {
  const at = findOpen(record, outcome.decisionId);
  const open = record.open[at];
  if (open !== undefined) {
    const known = compare(open.outcomes, outcome);
    if (known !== null) return known;
    if (open.untilMs <= nowMs) return { verdict: "late", at };
    const breach = amountBreach(open, outcome) ?? countBreach(open.outcomes);
    return breach === null ? { verdict: "counts", at } : { verdict: "breach", detail: breach };
  }
  const endedAt = findEnded(record, outcome.decisionId, nowMs);
  const ended = record.ended[endedAt];
  if (ended === undefined)
    return { verdict: "unknown", detail: `decisionId: no decision ${outcome.decisionId} of this user is remembered` };
  const known = compare(ended.outcomes, outcome);
  if (known !== null) return known;
  const breach = countBreach(ended.outcomes);
  return breach === null ? { verdict: "late", at: endedAt } : { verdict: "breach", detail: breach };
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
    : { verdict: "conflict", detail: `outcomeId: ${outcome.outcomeId} came before with another body` };
}

/** Each that counted must be known when it comes again: there is no room for more, so there are no more. */
function countBreach(outcomes: Uint8Array): string | null {
  if (outcomes.length < OUTCOMES_MAX * OUTCOME_ROW_BYTES) return null;
  return `outcomeId: the decision has had ${OUTCOMES_MAX} outcomes, and takes no more`;
}

/** Money that cannot be: a redemption where there was no incentive, or of more than its face value. */
function amountBreach(open: OpenDecision, { kind, amountMinor }: Outcome): string | null {
  if (kind !== "redeemed") return null;
  if (open.reservation === "absent") return `kind: redeemed, but ${open.decisionId} gave no incentive`;
  if (open.reservation === "held" && amountMinor !== null && amountMinor > open.faceMinor)
    return `amountMinor: ${amountMinor} is more than the face value, ${open.faceMinor}`;
  return null;
}
