// Door: which inputs can be used, by docs/ARCHITECTURE.md (law C6) and the contract of src/domain/session.ts. What cannot
// must become a dead letter with this reason.

import type { DeadLetterReason } from "../../../src/domain/dead-letter.ts";
import { MAX_ID_BYTES } from "../../../src/domain/ids.ts";
import { MAX_FUTURE_MS, type Outcome, type Session } from "../../../src/domain/session.ts";
import { Undecodable } from "../../../src/log/codec/codec.ts";
import type { LogRecord } from "../../../src/log/event-log.ts";
import { valueOf } from "../history.ts";

export type Entered<T> = { readonly value: T } | { readonly refused: DeadLetterReason };

export function sessionOf(record: LogRecord, nowMs: number): Entered<Session> {
  return entered(record, () => {
    const session = valueOf("sessions", record);
    if (!isOwn(record, session.userId) || !isId(session.sessionId)) return { refused: "contract" };
    return inTime(session, nowMs);
  });
}

export function outcomeOf(record: LogRecord, nowMs: number): Entered<Outcome> {
  return entered(record, () => {
    const outcome = valueOf("outcomes", record);
    const { userId, outcomeId, decisionId, amountMinor, rewards } = outcome;
    const amounts = amountMinor === null || amountMinor >= 0n;
    const finite = Object.values(rewards).every((reward) => Number.isFinite(reward));
    if (!isOwn(record, userId) || !isId(outcomeId) || !isId(decisionId) || !amounts || !finite)
      return { refused: "contract" };
    return inTime(outcome, nowMs);
  });
}

/** Null when it can be used; without a value it is one that its producer has deleted. */
export function profileRefusal(record: LogRecord, nowMs: number): DeadLetterReason | null {
  if (record.value === null) return record.key !== null && record.key.length > 0 ? null : "contract";
  const read = entered(record, () => {
    const profile = valueOf("profiles", record);
    return isOwn(record, profile.userId) ? inTime(profile, nowMs) : { refused: "contract" };
  });
  return "refused" in read ? read.refused : null;
}

function entered<T>(record: LogRecord, read: () => Entered<T>): Entered<T> {
  if (record.value === null) return { refused: "contract" };
  try {
    return read();
  } catch (error) {
    if (error instanceof Undecodable) return { refused: "undecodable" };
    throw error;
  }
}

function inTime<T extends { readonly atMs: number }>(value: T, nowMs: number): Entered<T> {
  if (value.atMs < 0) return { refused: "contract" };
  return value.atMs > nowMs + MAX_FUTURE_MS ? { refused: "future" } : { value };
}

function isOwn(record: LogRecord, userId: string): boolean {
  return isId(userId) && record.key !== null && Buffer.from(record.key).equals(Buffer.from(userId));
}

function isId(id: string): boolean {
  return id.length > 0 && Buffer.byteLength(id) <= MAX_ID_BYTES;
}
