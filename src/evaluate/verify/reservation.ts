// Reservation: what is known of one that is open, and what a settlement that ends it must agree with.

import type { Account, Settlement } from "../../domain/decision/decision.ts";

export interface OpenReservation {
  readonly decisionId: string;
  readonly campaign: string;
  readonly account: Account;
  readonly heldMinor: bigint;
  readonly arm: number;
}

/** An amount for people. */
export type Money = (amount: bigint) => string;

/** Null when they agree. */
export function mismatch(open: OpenReservation, settlement: Settlement, money: Money): string | null {
  const { amountMinor, releasedMinor } = settlement;
  if (open.decisionId !== settlement.decisionId) return `its reservation is decision ${open.decisionId}'s`;
  if (open.campaign !== settlement.campaign || open.account !== settlement.account)
    return `its decision is on ${open.campaign} ${open.account}`;
  if (open.arm !== settlement.arm) return `its decision has arm ${open.arm}`;
  if (amountMinor + releasedMinor !== open.heldMinor)
    return `${money(amountMinor)} posted and ${money(releasedMinor)} released of ${money(open.heldMinor)} held`;
  return null;
}
