// Decision and settlement: what Stipend answers, and what became of the money.

import type { Minor } from "../money/money.ts";

/** Sessions that could be given nothing, whatever money there was. */
export const NOT_DRAWN_REASONS = [
  "invalid_campaign",
  "campaign_not_live",
  "campaign_paused",
  "no_release",
  "holdout",
  "incentive_open",
  "user_cap",
  "classifier_unavailable",
] as const;

/** Sessions that the plan decided, whatever the budget then allowed. */
export const PLANNED_REASONS = [
  "planned",
  "planned_control",
  "pacing_throttled",
  "downgraded",
  "budget_exhausted",
  "budget_not_yet_granted",
] as const;

/**
 * Why a session got what it got; a closed list, documented in docs/REASONS.md (a test holds the two together).
 * The first that applies, in this order.
 */
export const REASONS = [...NOT_DRAWN_REASONS, "explored", ...PLANNED_REASONS] as const;
export type Reason = (typeof REASONS)[number];

/** Sessions that were to be given something, and got nothing for want of money. */
export const REFUSED_FOR_MONEY = ["budget_exhausted", "budget_not_yet_granted"] as const satisfies readonly Reason[];

export type Account = "plan" | "exploration";

export interface Decision {
  /** A function of the session id alone. */
  readonly decisionId: string;
  readonly sessionId: string;
  readonly userId: string;
  /** Null when no campaign could be found. */
  readonly campaign: string | null;
  /** When the session happened, and the cycle's time at which it was decided. */
  readonly sessionAtMs: number;
  readonly decidedAtMs: number;
  readonly cycle: number;
  readonly reason: Reason;
  /** Index into the campaign's arms; 0 is the control. */
  readonly arm: number;
  readonly armId: string;
  readonly faceMinor: Minor;
  readonly sendMinor: Minor;
  readonly currency: string | null;
  readonly account: Account | null;
  /** Set when money is held for it: a function of the decision id. The held amount is face + send; send is posted at once. */
  readonly reservationId: string | null;
  readonly reservedMinor: Minor;
  /** Until when the incentive counts; null without one. */
  readonly validUntilMs: number | null;
  /** −1 when the session was not classified. */
  readonly cluster: number;
  readonly clusterProbability: number;
  readonly release: string | null;
  /** Position on the frontier: row index plus the fraction of the way to the next row. −1 without a plan. */
  readonly planRow: number;
  /** Control revision of the campaign in force. */
  readonly revision: number;
  /** Probability of each arm under the policy in force, before caps and budget; sums to 1; empty when no arm was drawn. */
  readonly propensities: readonly number[];
  readonly holdout: boolean;
  readonly exploration: boolean;
  /** A feature took its default because a source was down or silent. */
  readonly degraded: boolean;
  /** First 8 bytes of SHA-256 of the feature row. */
  readonly featuresHash: Uint8Array;
  /** SHA-256 of the encoded row before it in its partition (32 zero bytes for the first). */
  readonly previousHash: Uint8Array;
}

/**
 * How a reservation ended (or that an outcome came after the end). New rows always, never edits.
 * posted: amountMinor became spend, releasedMinor went back. voided/expired: all of it went back.
 * late: an outcome after the end; never money.
 */
export type SettlementStatus = "posted" | "voided" | "expired" | "late";

export interface Settlement {
  readonly settlementId: string;
  readonly decisionId: string;
  readonly reservationId: string;
  readonly userId: string;
  readonly campaign: string;
  readonly account: Account;
  readonly status: SettlementStatus;
  readonly amountMinor: Minor;
  readonly releasedMinor: Minor;
  readonly atMs: number;
  readonly cycle: number;
  /** The outcome that ended it; null for an expiry. */
  readonly outcomeId: string | null;
  readonly arm: number;
  readonly cluster: number;
  readonly previousHash: Uint8Array;
}
