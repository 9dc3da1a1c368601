// View: the figures of a campaign at one moment, from its book: worked out once a review and handed on to pacing, grants,
// status and forecast. Pure.

import type { AccountTotals } from "../../domain/campaign/control.ts";
import { liveMix } from "../../domain/release/frontier.ts";
import type { Minor } from "../../domain/money/money.ts";
import { trafficNow, type Traffic } from "../forecast/traffic.ts";
import { expectedSpend, sessionsByCluster } from "../slices/holdings.ts";
import { must } from "../../domain/assert.ts";
import { postedOf, type ByAccount } from "../../domain/money/totals.ts";
import { totalsOf, type CampaignBook } from "../state/state.ts";
import { curveShare } from "./curve.ts";
import { planLimit, spanOf, type Span } from "./periods.ts";
import { riskOf, type Risk } from "./risk.ts";
import type { PlanTable } from "./soft-pacing.ts";

export interface BudgetView {
  readonly nowMs: number;
  /** What the plan account is paced over. */
  readonly span: Span;
  readonly totals: ByAccount<AccountTotals>;
  /** In the span. */
  readonly traffic: Traffic;
  /** Of the span's budget, what the curve lets be spent by now. */
  readonly curveShare: number;
  /** Sessions by cluster, steadied by the mix of the training; none without a release. */
  readonly mix: readonly number[];
  readonly risk: Risk;
  /**
   * What may be out (L2): the budget, or what its days or weeks so far have of it; under `expected` also what is counted on
   * to come back.
   */
  readonly limitMinor: ByAccount<Minor>;
}

/** Of a book that has its arrivals, cohorts and period of `nowMs`. */
export function viewOf(book: CampaignBook, plans: PlanTable | null, nowMs: number): BudgetView {
  const { campaign, shards, cohorts } = book;
  const span = spanOf(book);
  const traffic = trafficIn(book, span, nowMs);
  const risk = riskOf(campaign, cohorts);
  return {
    nowMs,
    span,
    totals: { plan: totalsOf(shards, "plan"), exploration: totalsOf(shards, "exploration") },
    traffic,
    curveShare: curveShare(campaign, traffic, nowMs),
    mix: plans === null ? [] : liveMix(plans.values, sessionsByCluster(book)),
    risk,
    limitMinor: { plan: planLimit(book) + risk.overbookedMinor, exploration: campaign.explorationBudgetMinor },
  };
}

/** What is still to come in a span, by what has come. */
export function trafficIn(book: CampaignBook, span: Span, nowMs: number): Traffic {
  return trafficNow(book.campaign, span, must(book.arrivals, "arrivals"), leadMs(book, span), nowMs);
}

/** However long money is bound, it is spread over all but this much of the period. */
const MAX_LEAD_SHARE = 0.08;
const LEAST_REDEMPTION = 0.1;

/** As long as money is bound, on average, for what is spent of it: of two holds of which one is redeemed, two lives. */
function leadMs({ campaign, redemption }: CampaignBook, { startMs, endMs }: Span): number {
  const mostMs = MAX_LEAD_SHARE * (endMs - startMs);
  return Math.min(campaign.reservation.ttlMs / Math.max(redemption, LEAST_REDEMPTION), mostMs);
}

/** Posted in the span, and expected of what is held under that redemption; of the plan account. */
export function spentInSpan({ totals, span }: BudgetView, redemption: number): number {
  return Number(postedOf(totals.plan) - span.postedBeforeMinor) + expectedSpend(totals.plan, redemption);
}
