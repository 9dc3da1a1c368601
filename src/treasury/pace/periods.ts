// Periods
// A campaign may have a budget for each day or week, inside the budget of the whole. This file says in which period a book
// is, and what may be spent in it; a campaign without periods is one period. Pure.
//
// Invariants:
//   P1. What is posted in a period is at most its budget and what was carried into it. What may be out until it ends is
//       that, and what was posted before it began.
//   P2. What an incentive of an earlier period costs when it is redeemed is money of the period in which that happens.
//   P3. A treasurer that comes late to a period's beginning counts what was posted meanwhile to the new one.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import { periodAt } from "../../domain/calendar.ts";
import { MAX_MINOR, maxMinor, minMinor, type Minor } from "../../domain/money/money.ts";
import { postedOf } from "../../domain/money/totals.ts";
import { totalsOf, type CampaignBook, type PeriodBook } from "../state/state.ts";

/** What the plan account is paced over. */
export interface Span {
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  /** To be spent in it. */
  readonly budgetMinor: Minor;
  /** When it began. */
  readonly postedBeforeMinor: Minor;
  readonly sessionsBefore: number;
}

export function wholeSpan({ startMs, endMs, budgetMinor }: Campaign): Span {
  return { startMs, endMs, budgetMinor, postedBeforeMinor: 0n, sessionsBefore: 0 };
}

export function spanOf({ campaign, period }: CampaignBook): Span {
  if (period === null || isOne(campaign)) return wholeSpan(campaign);
  const { startMs, endMs, postedBeforeMinor, sessionsBefore } = period;
  const budgetMinor = spendableMinor(campaign, period);
  return { startMs, endMs, budgetMinor, postedBeforeMinor, sessionsBefore };
}

/** What may be posted and held on the plan account, without what `expected` lends. */
export function planLimit({ campaign, period }: CampaignBook): Minor {
  if (period === null || isOne(campaign)) return campaign.budgetMinor;
  return minMinor(campaign.budgetMinor, period.postedBeforeMinor + spendableMinor(campaign, period));
}

function spendableMinor(campaign: Campaign, { carriedMinor, postedBeforeMinor }: PeriodBook): Minor {
  const left = maxMinor(0n, campaign.budgetMinor - postedBeforeMinor);
  return minMinor(left, carriedMinor + (campaign.periods?.budgetMinor ?? 0n));
}

function isOne(campaign: Campaign): boolean {
  return (campaign.periods ?? null) === null;
}

/** The book in the period of `nowMs`. To be called before the book takes in anything that the review brings, and after. */
export function inPeriod(book: CampaignBook, nowMs: number): CampaignBook {
  const { campaign, period: before } = book;
  const { periods, startMs, endMs, timeZone = "UTC" } = campaign;
  if (periods === undefined || periods === null) return before === null ? book : { ...book, period: null };
  const postedMinor = postedOf(totalsOf(book.shards, "plan"));
  const atMs = Math.min(Math.max(nowMs, startMs), endMs - 1);
  if (before !== null && atMs < before.endMs) return { ...book, period: { ...before, postedMinor } };
  const now = periodAt(periods.every, timeZone, atMs);
  return {
    ...book,
    // What a controller remembers is of the period that has ended.
    control: null,
    plannedAtMs: 0,
    period: {
      number: now.number,
      startMs: Math.max(now.startMs, startMs),
      endMs: Math.min(now.endMs, endMs),
      carriedMinor: before === null ? 0n : carried(campaign, before, now.number - before.number),
      // P3: as they were at the last review.
      postedBeforeMinor: before?.postedMinor ?? postedMinor,
      sessionsBefore: book.arrivals?.sessions ?? 0,
      postedMinor,
    },
  };
}

/**
 * Of all periods that have ended since, those among them in which there was no review. With rollover `none` nothing is carried:
 * the whole budget still has it, for periods to come. The budgets are those in force at the last review before: no command that
 * comes with the new period's first review changes what is carried.
 */
function carried({ periods }: Campaign, before: PeriodBook, ended: number): Minor {
  if (periods?.rollover !== "carry") return 0n;
  const budgets = before.carriedMinor + periods.budgetMinor * BigInt(ended);
  return minMinor(MAX_MINOR, maxMinor(0n, budgets - (before.postedMinor - before.postedBeforeMinor)));
}
