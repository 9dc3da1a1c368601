// Risk: what the reservation policy `expected` lets be held beyond the budget. Under `strict` every hold counts in full.
// Under `expected` it counts with what it is expected to spend, and a risk reserve is kept back in case that more is
// redeemed, so that the budget is passed with at most the stated probability, at all looks of the period together.
//
//   What is held is a sum of independent amounts in [0, largest face]. For such a sum S (Bernstein; Boucheron, Lugosi and
//   Massart 2013, theorem 2.10):   P(S − E S > t) ≤ exp(−t² / (2 (V + F t / 3))),   V ≤ F · held · q (1 − q)
//   so that t = F L / 3 + √((F L / 3)² + 2 V L) is passed with probability exp(−L) at most.
//   q, the share redeemed, is not known: the release's is not trusted below what was seen, and what was seen is taken with
//   the upper bound of Maurer and Pontil 2009, over at least ended / F holds. Both bounds get half of the stated
//   probability, shared by all looks.
//
//   1. Nothing is lent before holds have ended: a campaign begins strict, and falls back to it when the reserve that its
//      holds need is more than what is expected to come back.
//   2. What is released goes back to the treasurer at once (the shard's part), so that without a new grant no more can
//      be spent than what is posted, held and free now: the bound does not depend on the treasurer being alive.

import type { Campaign } from "../domain/campaign.ts";
import type { AccountTotals } from "../domain/control.ts";
import type { Minor } from "../domain/money.ts";

export interface Risk {
  /** What may be out beyond the budget. */
  readonly overbookedMinor: Minor;
  /** Kept back; counts with what is expected of the holds. */
  readonly reserveMinor: Minor;
}

export const NO_RISK: Risk = { overbookedMinor: 0n, reserveMinor: 0n };

export const DEFAULT_RISK = 0.01;

/** `redemption`: the release's, for the plan in force. */
export function riskOf(
  campaign: Pick<Campaign, "arms" | "reservation" | "startMs" | "endMs">,
  totals: AccountTotals,
  redemption: number,
  lookEveryMs: number,
): Risk {
  if (campaign.reservation.policy === "strict") return NO_RISK;
  const face = campaign.arms.reduce((most, arm) => Math.max(most, Number(arm.faceMinor)), 0);
  const held = Number(totals.reserved - totals.settled - totals.released);
  const ended = Number(totals.settled + totals.released);
  if (face === 0 || held === 0 || ended === 0) return NO_RISK;
  const looks = Math.max(1, (campaign.endMs - campaign.startMs) / lookEveryMs);
  const log = Math.log((2 * looks) / (campaign.reservation.risk ?? DEFAULT_RISK));
  const seen = Number(totals.settled) / ended;
  const share = Math.max(redemption, upperShare(seen, ended / face, log));
  if (share >= 1) return NO_RISK;
  const variance = face * held * largestVariance(seen, share);
  const third = (face * log) / 3;
  const reserve = third + Math.sqrt(third * third + 2 * variance * log);
  const overbooked = held * (1 - share) - reserve;
  if (overbooked <= 0) return NO_RISK;
  return { overbookedMinor: BigInt(Math.floor(overbooked)), reserveMinor: BigInt(Math.ceil(reserve)) };
}

function upperShare(seen: number, holds: number, log: number): number {
  if (holds <= 1) return 1;
  return Math.min(1, seen + Math.sqrt((2 * seen * (1 - seen) * log) / holds) + (7 * log) / (3 * (holds - 1)));
}

/** Of q (1 − q) for a q between the two. */
function largestVariance(low: number, high: number): number {
  const nearest = Math.min(Math.max(0.5, low), high);
  return nearest * (1 - nearest);
}
