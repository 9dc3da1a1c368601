// Session, outcome, profile: what event producers publish. Keyed by user; parsed at the door.

import type { Attributes } from "./features.ts";
import type { Minor } from "../money/money.ts";

/** A user has arrived: the event that asks for a decision. */
export interface Session {
  readonly sessionId: string;
  readonly userId: string;
  /** When it happened, by the producer's clock, ms since the epoch. */
  readonly atMs: number;
  /** Where in the app; selects among campaigns when none is named. */
  readonly surface: string | null;
  readonly campaign: string | null;
  readonly attributes: Attributes;
}

/**
 * What happened later to a decision.
 * `redeemed` posts money (amountMinor of it, the whole face value when null), `declined` and `refunded` void what is
 * still held, `converted` carries rewards only. Any kind may carry rewards (negative on a refund).
 */
export interface Outcome {
  readonly outcomeId: string;
  readonly decisionId: string;
  readonly userId: string;
  readonly atMs: number;
  readonly kind: "redeemed" | "converted" | "declined" | "refunded";
  /** Null of every other kind than redeemed. */
  readonly amountMinor: Minor | null;
  readonly rewards: Readonly<Record<string, number>>;
}

/** Slow attributes of a user; the latest one counts. */
export interface Profile {
  readonly userId: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

/** Largest session, outcome or profile, encoded: what a user's record keeps of them must fit into it many times. */
export const MAX_EVENT_BYTES = 16 * 1024;

/** Largest reward of an outcome, on either side of zero: sums of them stay exact enough to be averaged. */
export const MAX_REWARD = 1e12;

/**
 * How long before the cycle's clock a session may have been: for so long a user is remembered after each session, so that one
 * that comes again is known (law C7). An older one may have been decided by a user record that is gone.
 */
export const MAX_SESSION_AGE_MS = 30 * 86_400_000;

/** How far ahead of the cycle's clock an event's time may be before it is refused. */
export const MAX_FUTURE_MS = 5 * 60_000;
