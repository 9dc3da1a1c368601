// Dead letter: a record that could not be used, kept whole with the reason (law C6).

/** Closed list; documented beside the decision reasons. */
export const DEAD_LETTER_REASONS = [
  "undecodable",
  "contract",
  "future",
  "session_conflict",
  "outcome_conflict",
  "unknown_decision",
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly atMs: number;
  readonly reason: DeadLetterReason;
  /** Names the field and what is wrong with it. */
  readonly detail: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}
