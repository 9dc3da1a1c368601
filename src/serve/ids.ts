// Ids of what belongs to a decision: functions of the decision's (domain/ids.ts), so that they are the same wherever it is made
// (C7).

import { ID_PREFIX_BYTES as PREFIX_BYTES } from "../domain/ids.ts";
import { idPrint } from "./state/user/fingerprint.ts";

export function reservationIdOf(decisionId: string): string {
  return `r-${decisionId.slice(PREFIX_BYTES)}`;
}

/** A reservation ends once, so its end needs no more than its name. */
export function settlementIdOf(decisionId: string): string {
  return `s-${decisionId.slice(PREFIX_BYTES)}`;
}

export function lateSettlementIdOf(decisionId: string, outcomeId: string): string {
  return `l-${decisionId.slice(PREFIX_BYTES)}-${idPrint(outcomeId).toString(36)}`;
}
