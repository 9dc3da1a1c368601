// Risk
// What the reservation policy `expected` lets be held beyond the budget. `strict` counts every hold in full; `expected` counts
// what a hold is expected to spend, and keeps a risk reserve in case more is redeemed. So the budget is passed with at most the
// stated probability, at all looks of the period together.
//
// Invariants:
//   1. Nothing is lent before a hold's life is over: what has not ended yet says nothing.
//   2. What is released goes back to the treasurer at once (the shard's part). So without a new grant no more can be spent than
//      what is posted, held and free now: the bound does not depend on the treasurer being alive.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import { minorOfMean, type Minor } from "../../domain/money/money.ts";
import { lifeBetween, markEveryMs, type Cohorts, type Mark } from "../forecast/cohorts.ts";

export interface Risk {
  /** What may be out beyond the budget. */
  readonly overbookedMinor: Minor;
  /** Kept back; counts with what is expected of the holds. */
  readonly reserveMinor: Minor;
}

export const NO_RISK: Risk = { overbookedMinor: 0n, reserveMinor: 0n };

export const DEFAULT_RISK = 0.01;

/**
 * Bounds that must hold between two marks, each with the same probability (letters as in `riskOf`): on what D comes to, twice
 * as its size changes meanwhile, on q where it widens t, and on what is released early.
 */
const BOUNDS = 4;

/**
 * Holds are told apart by a mark that is older than a hold's life (cohorts.ts). Before it A was held, and all of it has ended;
 * since then D, of which H is still open. What A and D come to are sums of independent amounts in [0, F], F the largest face
 * value; each is spread at most as binomially many faces F. So with q the share redeemed
 *   Z(D) − (D / A) · Z(A)   has mean 0 and is above t with probability exp(−L) at most, where
 *   t = min over u > 0 of F / u · (L + D / F · k(u) + A / F · k(−u D / A)),   k(u) = ln(1 + q (eᵘ − 1)) − q u  (Chernoff).
 * Z(A) is known, and so is what of D has been redeemed already. What is left is what H may come to, no matter how old the
 * open holds are, or whether who redeems does so early.
 */
export function riskOf(
  campaign: Pick<Campaign, "arms" | "reservation" | "startMs" | "endMs">,
  cohorts: Cohorts | null,
): Risk {
  const life = cohorts === null ? null : lifeBetween(cohorts, campaign);
  if (campaign.reservation.policy === "strict" || cohorts === null || life === null) return NO_RISK;
  const face = campaign.arms.reduce((most, arm) => Math.max(most, Number(arm.faceMinor)), 0);
  const [first, last] = life;
  const held = heldAt(cohorts.now);
  const old = Number(first.reservedMinor);
  const young = Number(cohorts.now.reservedMinor) - old;
  const youngEnded = Number(last.reservedMinor) - old - heldAt(last);
  if (face === 0 || held === 0 || old === 0 || youngEnded < 0) return NO_RISK;
  const looks = Math.max(1, (campaign.endMs - campaign.startMs) / markEveryMs(campaign));
  const log = Math.log((BOUNDS * looks) / (campaign.reservation.risk ?? DEFAULT_RISK));
  const youngSpent = youngEnded * (1 - earlyReleased(cohorts.early, face, log));
  const share = Math.min(1, Math.max(0, Number(last.settledMinor) - youngSpent) / old);
  const dearer = Math.max(1, foreseenOf(first, cohorts.now));
  const most = Math.min(1, dearer * upperShare(share, old / face, log));
  const margin = marginOf({ young: young / face, old: old / face, dearer, share, most, log }) * face;
  const spentSince = Number(cohorts.now.settledMinor - last.settledMinor);
  const expected = Math.min(1, dearer * share) * young - youngSpent - spentSince;
  const overbooked = held - Math.max(0, expected + margin);
  if (overbooked <= 0) return NO_RISK;
  const reserve = Math.max(0, held - overbooked - Math.max(0, expected));
  return { overbookedMinor: minorOfMean(Math.floor(overbooked)), reserveMinor: minorOfMean(Math.ceil(reserve)) };
}

function heldAt({ reservedMinor, settledMinor, releasedMinor }: Mark): number {
  return Number(reservedMinor - settledMinor - releasedMinor);
}

/** Of what ends before its time, the share that is released at most: declined, or the rest of what was redeemed in part. */
function earlyReleased(early: Mark | null, face: number, log: number): number {
  if (early === null) return 1;
  const ended = Number(early.settledMinor + early.releasedMinor);
  return ended === 0 ? 1 : upperShare(Number(early.releasedMinor) / ended, ended / face, log);
}

/** How many times as likely the plans expected what is held since the mark to be redeemed as what was held before it. */
function foreseenOf(first: Mark, now: Mark): number {
  const young = Number(now.reservedMinor - first.reservedMinor);
  if (young === 0 || first.foreseenMinor === 0) return 1;
  return (now.foreseenMinor - first.foreseenMinor) / young / (first.foreseenMinor / Number(first.reservedMinor));
}

/** Above a share seen among so many holds, at most; by Chernoff's bound on a binomial, which has no nearer one of its form. */
function upperShare(seen: number, holds: number, log: number): number {
  let [low, high] = [seen, 1];
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (holds * divergence(seen, middle) < log) low = middle;
    else high = middle;
  }
  return high;
}

/** Of Bernoulli variables, Kullback and Leibler's. */
function divergence(seen: number, share: number): number {
  const term = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log(p / q));
  return term(seen, share) + term(1 - seen, 1 - share);
}

interface Spread {
  /** In largest faces. */
  readonly young: number;
  readonly old: number;
  readonly dearer: number;
  readonly share: number;
  readonly most: number;
  readonly log: number;
}

/** `riskOf`'s t, in largest faces, for the q between share and most that makes it widest. */
function marginOf({ young, old, dearer, share, most, log }: Spread): number {
  const wide = Math.min(Math.max(0.5, share), most);
  const weight = (dearer * young) / old;
  const at = (u: number, q: number): number =>
    (log + young * cumulant(u, q) + old * cumulant(-weight * u, q / dearer)) / u;
  return Math.max(...[share, wide, most].map((q) => least((u) => at(u, q))));
}

/** Of a Bernoulli variable less its mean, the logarithm of the moment generating function. */
function cumulant(u: number, q: number): number {
  return q > 0 && q < 1 ? Math.log1p(q * Math.expm1(u)) - q * u : 0;
}

/** The least value for u > 0 of a function that falls and then rises, by golden section over its logarithm. */
function least(of: (u: number) => number): number {
  let [low, high] = [Math.log(1e-4), Math.log(30)];
  for (let step = 0; step < 40; step += 1) {
    const [a, b] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (of(Math.exp(a)) < of(Math.exp(b))) high = b;
    else low = a;
  }
  return of(Math.exp((low + high) / 2));
}

const GOLDEN = 0.618;
