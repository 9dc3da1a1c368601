// Open decision: what a user's record keeps of a decision for as long as its outcomes count.

import type { Account } from "../../../domain/decision/decision.ts";
import type { Minor } from "../../../domain/money/money.ts";
import type { ReservationState } from "../../ledger/legality.ts";

/** A decision whose outcomes still count. */
export interface OpenDecision {
  readonly decisionId: string;
  readonly campaign: string;
  readonly decidedAtMs: number;
  /** End of the window in which outcomes count; an incentive's hold ends with it, or before (settle/windows.ts). */
  readonly untilMs: number;
  readonly arm: number;
  readonly armId: string;
  readonly cluster: number;
  readonly release: string | null;
  /** Whether the draw decided: only then it is a row of the training log. */
  readonly drawn: boolean;
  readonly exploration: boolean;
  readonly holdout: boolean;
  readonly account: Account | null;
  readonly faceMinor: Minor;
  readonly sendMinor: Minor;
  /** `absent` without an incentive. */
  readonly reservation: ReservationState;
  readonly settledMinor: Minor;
  /** The outcome that ended the reservation. */
  readonly endedBy: string | null;
  /** Doubles. */
  readonly propensities: Uint8Array;
  /** The attributes as they were enriched, in few bytes (attribute-bytes.ts); empty when not drawn. */
  readonly attributes: Uint8Array;
  /** Rows of (outcome id, body): what was counted. */
  readonly outcomes: Uint8Array;
  readonly rewards: Readonly<Record<string, number>>;
  readonly redeemed: boolean;
  /** Decision ids that got this same incentive again, as fingerprints. */
  readonly again: Uint8Array;
}
