// Dead letter: a record that could not be used, kept whole with the reason (law C6); of one that is large its beginning,
// its length and its hash, so that no record is too large to be passed over.

import { hash } from "node:crypto";

/** Closed list; documented beside the decision reasons. */
export const DEAD_LETTER_REASONS = [
  "wrong_partition",
  "undecodable",
  "contract",
  "future",
  "too_old",
  "session_conflict",
  "outcome_conflict",
  "unknown_decision",
  "skipped",
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly atMs: number;
  readonly reason: DeadLetterReason;
  /** Names the field, what is wrong with it, and what to do. */
  readonly detail: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Of a key or a value that is not kept whole, but by its beginning: how long it is, and its SHA-256. Null: it is whole. */
  readonly keyBytes: number | null;
  readonly keyHash: Uint8Array | null;
  readonly valueBytes: number | null;
  readonly valueHash: Uint8Array | null;
}

export const LETTER_VALUE_BYTES = 64 * 1_024;
export const LETTER_KEY_BYTES = 1_024;
const DETAIL_CHARACTERS = 1_000;

/** Behind each detail: what whoever reads it can do. docs/REASONS.md says more. */
const ADVICE: Readonly<Record<DeadLetterReason, string>> = {
  wrong_partition: "set the producer's partitioner so, then redrive",
  undecodable:
    "put the producer's bytes or its schema right and send it again; after an upgrade that reads it, redrive",
  contract: "put the producer right and send it again: redriven, it would break the contract again",
  future: "set the producer's clock right, or redrive when that time has come",
  too_old: "set the producer's clock right; what is truly as old is not to be decided any more",
  session_conflict: "find the producer that gives an id twice: the first one was decided",
  outcome_conflict: "send a correction as an outcome with an id of its own: the first one counted",
  unknown_decision: "redrive it if it overtook its decision; otherwise put the producer right",
  skipped: "find out what made it stop the task; what it would have done was not done",
};

/** The record that a letter is about. */
export type LetterRecord = Pick<DeadLetter, "topic" | "partition" | "offset" | "key" | "value">;

export function deadLetterOf(record: LetterRecord, reason: DeadLetterReason, detail: string, atMs: number): DeadLetter {
  const { topic, partition, offset } = record;
  const key = kept(record.key, LETTER_KEY_BYTES);
  const value = kept(record.value, LETTER_VALUE_BYTES);
  return {
    topic,
    partition,
    offset,
    atMs,
    reason,
    detail: `${detail.length <= DETAIL_CHARACTERS ? detail : `${detail.slice(0, DETAIL_CHARACTERS)}…`}. To do: ${ADVICE[reason]}`,
    key: key.bytes,
    value: value.bytes,
    keyBytes: key.length,
    keyHash: key.hash,
    valueBytes: value.length,
    valueHash: value.hash,
  };
}

/** Whether the record can be sent again as it was. */
export function isWhole({ keyBytes, valueBytes }: DeadLetter): boolean {
  return keyBytes === null && valueBytes === null;
}

interface Kept {
  readonly bytes: Uint8Array | null;
  readonly length: number | null;
  readonly hash: Uint8Array | null;
}

function kept(bytes: Uint8Array | null, most: number): Kept {
  if (bytes === null || bytes.length <= most) return { bytes, length: null, hash: null };
  return { bytes: bytes.subarray(0, most), length: bytes.length, hash: hash("sha256", bytes, "buffer") };
}
