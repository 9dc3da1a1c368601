// Recent sessions: which session ids of a user were decided, with the fingerprints of their bodies, so that a repeated
// one is known (law C7). Rows of (id, body, time). Bounded: the last 64 of the last 48 hours.

import type { Session } from "../../domain/session.ts";
import { idPrint, sessionPrint } from "./fingerprint.ts";
import { appendRow, DOUBLE_BYTES, doubleAt, findRow, NOTHING } from "./packed.ts";

export const RECENT_SESSIONS_MAX = 64;
export const RECENT_SESSIONS_MS = 48 * 3_600_000;

const COLUMNS = 3;
const ROW_BYTES = COLUMNS * DOUBLE_BYTES;

/** new: never seen. repeated: the same id and body. conflict: the same id, another body. */
export type Seen = "new" | "repeated" | "conflict";

export interface Recognised {
  readonly seen: Seen;
  readonly recent: Uint8Array;
}

export function recognise(recent: Uint8Array, session: Session, nowMs: number): Recognised {
  const id = idPrint(session.sessionId);
  const body = sessionPrint(session);
  const fresh = withoutOld(recent, nowMs);
  const at = findRow(fresh, COLUMNS, id);
  if (at >= 0) return { seen: doubleAt(fresh, at + DOUBLE_BYTES) === body ? "repeated" : "conflict", recent: fresh };
  return { seen: "new", recent: appendRow(fresh, [id, body, nowMs], RECENT_SESSIONS_MAX) };
}

/** Rows are by rising time: the old ones are in front. */
function withoutOld(recent: Uint8Array, nowMs: number): Uint8Array {
  let from = 0;
  while (from < recent.length && doubleAt(recent, from + 2 * DOUBLE_BYTES) <= nowMs - RECENT_SESSIONS_MS)
    from += ROW_BYTES;
  return from === 0 ? recent : from === recent.length ? NOTHING : recent.subarray(from);
}
