// Reservation: money held for one decision, and how it ended. A value: the book answers with a new one, the caller keeps
// it (in the user's record) and brings it back with the next event.

import type { Account } from "../../domain/decision/decision.ts";
import type { Minor } from "../../domain/money/money.ts";
import type { ReservationState } from "./legality.ts";

export interface Reservation {
  readonly reservationId: string;
  readonly account: Account;
  /** Held until the end. */
  readonly faceMinor: Minor;
  /** Posted at once, with the reserve. */
  readonly sendMinor: Minor;
  /** From this time on it can only expire. */
  readonly untilMs: number;
  readonly state: Exclude<ReservationState, "absent">;
  /** Of the held money: what became spend. The rest of a partial post went back. */
  readonly settledMinor: Minor;
  /** The outcome that ended it; null while it is held, and for an expiry. */
  readonly endedBy: string | null;
}

/** What is asked for; the same id again must ask for the same. */
export interface ReserveRequest {
  readonly reservationId: string;
  readonly account: Account;
  readonly faceMinor: Minor;
  readonly sendMinor: Minor;
  readonly untilMs: number;
}

/** By precedence: the first that applies is the answer. */
export const RESERVE_STATUSES = [
  "exists_with_other_account",
  "exists_with_other_amount",
  "exists_with_other_time",
  "exists",
  "invalid_amount",
  "insufficient",
  "reserved",
] as const;
export type ReserveStatus = (typeof RESERVE_STATUSES)[number];

/** By precedence. */
export const POST_STATUSES = [
  "not_found",
  "exists_with_other_end",
  "exists_with_other_amount",
  "exists",
  "late",
  "invalid_amount",
  "exceeds_hold",
  "posted",
] as const;
export type PostStatus = (typeof POST_STATUSES)[number];

/** By precedence. */
export const VOID_STATUSES = ["not_found", "exists_with_other_end", "exists", "late", "voided"] as const;
export type VoidStatus = (typeof VOID_STATUSES)[number];

/** By precedence. `ended`: it has ended before, nothing to do. */
export const EXPIRE_STATUSES = ["not_found", "ended", "not_due", "expired"] as const;
export type ExpireStatus = (typeof EXPIRE_STATUSES)[number];

export interface ReserveResult {
  readonly status: ReserveStatus;
  /** The one held now or before; null when nothing is held under this id. */
  readonly reservation: Reservation | null;
}

export interface EndResult<Status> {
  readonly status: Status;
  readonly reservation: Reservation | null;
  /** Held money that this very event turned into spend, and gave back. */
  readonly settledMinor: Minor;
  readonly releasedMinor: Minor;
}
