// Ids: functions of the session's id alone, so that the same session has the same decision wherever it is made (C7).

import { sha256Hex } from "../../domain/canonical.ts";
import { MAX_ID_BYTES } from "../../domain/ids.ts";
import { idPrint } from "../state/user/fingerprint.ts";

const PREFIX_BYTES = 2;

/** `d-<session id>`; a session id that leaves no room for the prefix goes in as its hash. */
export function decisionIdOf(sessionId: string): string {
  const fits = sessionId.length * 3 + PREFIX_BYTES <= MAX_ID_BYTES || bytesOf(sessionId) + PREFIX_BYTES <= MAX_ID_BYTES;
  return `d-${fits ? sessionId : sha256Hex(sessionId)}`;
}

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

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}
