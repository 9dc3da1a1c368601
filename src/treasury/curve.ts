// Curve: how far through its traffic a campaign is, and how much of a budget may be out by now.
// The traffic's shape is taken as even over the period, and its size as what was expected, corrected by the sessions that
// came: the more of the period has passed, the more the correction counts. Learned shapes take the place of `elapsed`.
// The money is meant to be out one life of a hold before the end: what then comes back unredeemed can still be drawn.

import type { Campaign } from "../domain/campaign.ts";
import type { Minor } from "../domain/money.ts";

export interface Traffic {
  /** Eligible sessions still to come. */
  readonly remainingSessions: number;
  /** Those of them over which the budget is to be spent. */
  readonly spendingSessions: number;
  /** Share of the sessions to spend on that has come; 1 from the end of the period on. */
  readonly share: number;
  readonly remainingMs: number;
}

/** The expectation counts as much as this share of it, seen. */
const PRIOR_SHARE = 0.25;
/** However long a hold lives, the budget is spread over at least this much of the period. */
const MAX_LEAD_SHARE = 0.1;
const LEAST_SPENDING_SHARE = 0.02;

export function trafficNow(campaign: Campaign, eligibleSessions: number, nowMs: number): Traffic {
  const remainingMs = Math.max(0, campaign.endMs - Math.max(nowMs, campaign.startMs));
  const elapsed = 1 - remainingMs / (campaign.endMs - campaign.startMs);
  const expected = campaign.pacing.expectedSessions;
  const ratio = (eligibleSessions + PRIOR_SHARE * expected) / (elapsed * expected + PRIOR_SHARE * expected);
  const remainingSessions = expected * (1 - elapsed) * ratio;
  const spendingMs = Math.max(remainingMs - leadMs(campaign), LEAST_SPENDING_SHARE * remainingMs);
  const spendingSessions = remainingMs > 0 ? remainingSessions * (spendingMs / remainingMs) : 0;
  const total = eligibleSessions + spendingSessions;
  const share = total > 0 && remainingMs > 0 ? eligibleSessions / total : 1;
  return { remainingSessions, spendingSessions, remainingMs, share };
}

function leadMs(campaign: Campaign): number {
  return Math.min(campaign.reservation.ttlMs, MAX_LEAD_SHARE * (campaign.endMs - campaign.startMs));
}

/** Share of the budget that the curve lets be spent by now. */
export function curveShare(campaign: Campaign, traffic: Traffic): number {
  return campaign.pacing.mode === "asap" ? 1 : traffic.share;
}

export interface CurveLimit {
  readonly budgetMinor: Minor;
  readonly share: number;
  /** Money that must be out for shards to work at all: a few holds each, or some seconds of demand. */
  readonly workingMinor: Minor;
  /** Held money that is expected to come back: it is out, but it will not be spent. */
  readonly comingBackMinor: Minor;
}

/** Least working slack, as a share of the budget. */
const SLACK_SHARE = 0.02;
const MAX_SLACK_SHARE = 0.1;

/** What may be out: the curve's share of the budget plus slack, and never more than the budget (L2). */
export function curveLimitMinor(limit: CurveLimit): Minor {
  const budget = Number(limit.budgetMinor);
  const slack = Math.max(SLACK_SHARE * budget, Math.min(Number(limit.workingMinor), MAX_SLACK_SHARE * budget));
  const target = BigInt(Math.floor(limit.share * budget + slack)) + limit.comingBackMinor;
  return target < limit.budgetMinor ? target : limit.budgetMinor;
}
