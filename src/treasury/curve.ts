// Curve: how far through its traffic a campaign is, and how much of a budget may be out by now.
// The traffic's shape is taken as even over the period, and its size as what was expected, corrected by the sessions that
// came: the more of the period has passed, the more the correction counts. Learned shapes take the place of `elapsed`.

import type { Campaign } from "../domain/campaign.ts";
import type { Minor } from "../domain/money.ts";

export interface Traffic {
  /** Eligible sessions still to come. */
  readonly remainingSessions: number;
  /** Share of all eligible sessions that has come; 1 from the end of the period on. */
  readonly share: number;
  readonly remainingMs: number;
}

/** The expectation counts as much as this share of it, seen. */
const PRIOR_SHARE = 0.25;

export function trafficNow(campaign: Campaign, eligibleSessions: number, nowMs: number): Traffic {
  const remainingMs = Math.max(0, campaign.endMs - Math.max(nowMs, campaign.startMs));
  const elapsed = 1 - remainingMs / (campaign.endMs - campaign.startMs);
  const expected = campaign.pacing.expectedSessions;
  const ratio = (eligibleSessions + PRIOR_SHARE * expected) / (elapsed * expected + PRIOR_SHARE * expected);
  const remainingSessions = expected * (1 - elapsed) * ratio;
  const total = eligibleSessions + remainingSessions;
  return { remainingSessions, remainingMs, share: total > 0 && remainingMs > 0 ? eligibleSessions / total : 1 };
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
