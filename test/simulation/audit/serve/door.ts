// Door: which inputs can be used, by docs/ARCHITECTURE.md (laws C6 and C9) and the contract of src/domain/session/session.ts. What
// cannot must become a dead letter with this reason. Where a key belongs, kafkajs says.

import { Partitioners } from "kafkajs";
import type { DeadLetterReason } from "../../../../src/domain/session/dead-letter.ts";
import { MAX_ID_BYTES } from "../../../../src/domain/ids.ts";
import {
  MAX_FUTURE_MS,
  MAX_SESSION_AGE_MS,
  type Outcome,
  type Session,
} from "../../../../src/domain/session/session.ts";
import { Undecodable } from "../../../../src/log/codec/codec.ts";
import type { LogRecord } from "../../../../src/log/event-log.ts";
import { valueOf } from "../../history.ts";

export type Entered<T> = { readonly value: T } | { readonly refused: DeadLetterReason };

/** A key's partition, by a client that is not ours. */
export function homeOf(key: Uint8Array, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    ...{ partitionErrorCode: 0, partitionId, leader: 0 },
    ...{ replicas: [], isr: [] },
  }));
  return place({ topic: "", partitionMetadata, message: { key: Buffer.from(key), value: null } });
}

const place = Partitioners.DefaultPartitioner();

export function sessionOf(record: LogRecord, partitions: number, nowMs: number): Entered<Session> {
  return entered(record, partitions, () => {
    const session = valueOf("sessions", record);
    if (!isOwn(record, session.userId) || !isId(session.sessionId)) return { refused: "contract" };
    if (session.atMs >= 0 && session.atMs < nowMs - MAX_SESSION_AGE_MS) return { refused: "too_old" };
    return inTime(session, nowMs);
  });
}

export function outcomeOf(record: LogRecord, partitions: number, nowMs: number): Entered<Outcome> {
  return entered(record, partitions, () => {
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
export function profileRefusal(record: LogRecord, partitions: number, nowMs: number): DeadLetterReason | null {
  if (record.value === null) return keyRefusal(record, partitions);
  const read = entered(record, partitions, () => {
    const profile = valueOf("profiles", record);
    return isOwn(record, profile.userId) ? inTime(profile, nowMs) : { refused: "contract" };
  });
  return "refused" in read ? read.refused : null;
}

/** C9 */
function keyRefusal({ key, partition }: LogRecord, partitions: number): DeadLetterReason | null {
  if (key === null || key.length === 0) return "contract";
  return homeOf(key, partitions) === partition ? null : "wrong_partition";
}

function entered<T>(record: LogRecord, partitions: number, read: () => Entered<T>): Entered<T> {
  const refused = keyRefusal(record, partitions);
  if (refused !== null) return { refused };
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
