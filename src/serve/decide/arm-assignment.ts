// Arm assignment: the arm that a session gets, why, and how it came by it.

import type { Account, Reason } from "../../domain/decision/decision.ts";
import type { Reservation } from "../ledger/reservation.ts";
import type { OpenDecision } from "../state/user/open-decision.ts";
import type { LoggingPolicy } from "./logging-policy.ts";

export interface ArmAssignment {
  readonly reason: Reason;
  readonly arm: number;
  readonly account: Account | null;
  /** Newly held. */
  readonly reservation: Reservation | null;
  /** Null when nothing was drawn. */
  readonly policy: LoggingPolicy | null;
  /** The draw decided, so that the propensities say how. */
  readonly drawn: boolean;
  readonly explored: boolean;
  readonly holdout: boolean;
  /** The user's open decision whose incentive this is again; null when it is none. */
  readonly again: OpenDecision | null;
}

/** No incentive, and no draw. */
export function controlArm(reason: Reason): ArmAssignment {
  return {
    reason,
    arm: 0,
    account: null,
    reservation: null,
    policy: null,
    drawn: false,
    explored: false,
    holdout: false,
    again: null,
  };
}
