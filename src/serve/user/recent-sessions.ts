// Recent sessions: which session ids of a user were decided, with the fingerprints of their bodies, so that a repeated
// one is known (law C7). Rows of (id, body, the session's own time), by rising time. Bounded: the last 64, of the last 48
// hours.
//
// What was forgotten leaves a mark, a first row without an id: a session that is no newer than the newest forgotten one
// might have been decided before, so it is not decided. So the bound cannot make a second decision of one session.

import type { Session } from "../../domain/session.ts";
import { idPrint, sessionPrint } from "./fingerprint.ts";
import { asBuffer, DOUBLE_BYTES, doubleAt, findRow, packDoubles } from "./packed.ts";

export const RECENT_SESSIONS_MAX = 64;
export const RECENT_SESSIONS_MS = 48 * 3_600_000;

const COLUMNS = 3;
const ROW_BYTES = COLUMNS * DOUBLE_BYTES;
/** No id's fingerprint is negative. */
const FORGOTTEN = -1;

/** new: never seen. repeated: the same id and body. conflict: the same id, another body. forgotten: nobody can say. */
export type Seen = "new" | "repeated" | "conflict" | "forgotten";

export interface Recognised {
  readonly seen: Seen;
  readonly recent: Uint8Array;
}

export function recognise(recent: Uint8Array, session: Session, nowMs: number): Recognised {
  const id = idPrint(session.sessionId);
  const body = sessionPrint(session);
  const at = findRow(recent, COLUMNS, id);
  if (at >= 0) return { seen: doubleAt(recent, at + DOUBLE_BYTES) === body ? "repeated" : "conflict", recent };
  if (session.atMs <= forgottenMs(recent)) return { seen: "forgotten", recent };
  return { seen: "new", recent: bounded(inserted(recent, [id, body, session.atMs]), nowMs) };
}

/** Up to when sessions of the user are forgotten. */
export function forgottenMs(recent: Uint8Array): number {
  return recent.length > 0 && doubleAt(recent, 0) === FORGOTTEN ? timeAt(recent, 0) : -Infinity;
}

function timeAt(rows: Uint8Array, row: number): number {
  return doubleAt(rows, row + 2 * DOUBLE_BYTES);
}

function inserted(rows: Uint8Array, row: readonly [number, number, number]): Buffer {
  let at = rows.length;
  while (at > 0 && timeAt(rows, at - ROW_BYTES) > row[2]) at -= ROW_BYTES;
  const out = Buffer.allocUnsafe(rows.length + ROW_BYTES);
  out.set(rows.subarray(0, at));
  row.forEach((value, column) => out.writeDoubleLE(value, at + column * DOUBLE_BYTES));
  out.set(rows.subarray(at), at + ROW_BYTES);
  return out;
}

/** Without what is too old or too many; then the newest of these leaves its time in the mark. The last row always stays. */
function bounded(rows: Buffer, nowMs: number): Buffer {
  const marked = doubleAt(rows, 0) === FORGOTTEN;
  let from = marked ? ROW_BYTES : 0;
  const first = from;
  const tooMany = rows.length - RECENT_SESSIONS_MAX * ROW_BYTES;
  while (from < rows.length - ROW_BYTES && (from < tooMany || timeAt(rows, from) <= nowMs - RECENT_SESSIONS_MS))
    from += ROW_BYTES;
  if (from === first) return rows;
  const mark = packDoubles([FORGOTTEN, 0, timeAt(rows, from - ROW_BYTES)]);
  return Buffer.concat([mark, asBuffer(rows.subarray(from))]);
}
