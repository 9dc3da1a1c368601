// Recent sessions
// Which session ids of a user were decided, with the fingerprints of their bodies, so that a repeated one is known (law C7).
// Rows of (id, body, the session's own time, when it was decided), in the order of deciding.
//
// Invariants:
//   R1. The last 64 of the last 48 hours are kept.
//   R2. What was forgotten leaves a low-water mark, a first row without an id: a session that is no newer than the newest
//       forgotten one might have been decided before, so it is not decided.

import type { Session } from "../../../domain/session/session.ts";
import { idPrint, sessionPrint } from "./fingerprint.ts";
import { asBuffer, DOUBLE_BYTES, doubleAt, findRow, packDoubles } from "./packed.ts";

export const RECENT_SESSIONS_MAX = 64;
export const RECENT_SESSIONS_MS = 48 * 3_600_000;

const COLUMNS = 4;
const ROW_BYTES = COLUMNS * DOUBLE_BYTES;
const BODY = DOUBLE_BYTES;
const AT_MS = 2 * DOUBLE_BYTES;
const DECIDED_MS = 3 * DOUBLE_BYTES;
/** No id's fingerprint is negative. */
const FORGOTTEN = -1;

/** new: never seen. repeated: the same id and body. conflict: the same id, another body. forgotten: nobody can say. */
export type SessionMatch = "new" | "repeated" | "conflict" | "forgotten";

export interface Recognised {
  readonly seen: SessionMatch;
  readonly recent: Uint8Array;
}

export function recognise(recent: Uint8Array, session: Session, nowMs: number): Recognised {
  const id = idPrint(session.sessionId);
  const body = sessionPrint(session);
  const at = findRow(recent, COLUMNS, id);
  if (at >= 0) return { seen: doubleAt(recent, at + BODY) === body ? "repeated" : "conflict", recent };
  if (session.atMs <= forgottenMs(recent)) return { seen: "forgotten", recent };
  const row = packDoubles([id, body, session.atMs, nowMs]);
  return { seen: "new", recent: Buffer.concat([withRoom(recent, nowMs), row]) };
}

/** Up to when sessions of the user are forgotten. */
export function forgottenMs(recent: Uint8Array): number {
  return isMarked(recent) ? doubleAt(recent, AT_MS) : -Infinity;
}

/** Of the sessions of the user that are known or forgotten, the time of the newest. */
export function newestMs(recent: Uint8Array): number {
  let newest = -Infinity;
  for (let row = 0; row < recent.length; row += ROW_BYTES) newest = Math.max(newest, doubleAt(recent, row + AT_MS));
  return newest;
}

function isMarked(recent: Uint8Array): boolean {
  return recent.length > 0 && doubleAt(recent, 0) === FORGOTTEN;
}

/** Without what is too old or too many; the newest of these leaves its time in the mark. */
function withRoom(rows: Uint8Array, nowMs: number): Uint8Array {
  const first = isMarked(rows) ? ROW_BYTES : 0;
  const tooMany = rows.length - (RECENT_SESSIONS_MAX - 1) * ROW_BYTES;
  let newestMs = forgottenMs(rows);
  let from = first;
  while (from < rows.length && (from < tooMany || doubleAt(rows, from + DECIDED_MS) <= nowMs - RECENT_SESSIONS_MS)) {
    newestMs = Math.max(newestMs, doubleAt(rows, from + AT_MS));
    from += ROW_BYTES;
  }
  if (from === first) return rows;
  return Buffer.concat([packDoubles([FORGOTTEN, 0, newestMs, 0]), asBuffer(rows.subarray(from))]);
}
