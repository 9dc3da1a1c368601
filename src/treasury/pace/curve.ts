// Curve
// How much of a budget may be out by now, and how much of it is meant for the sessions that come next. The money is meant to
// be out some time before the end: what then comes back unredeemed can still be drawn.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import { pointShare } from "../../domain/campaign/campaign-curve.ts";
import { minorOfMean, type Minor } from "../../domain/money/money.ts";
import type { Traffic } from "../forecast/traffic.ts";

/** How far ahead the points of a curve are looked at, as a share of the period. */
const HORIZON_SHARE = 1 / 48;

/**
 * Share of the budget that the curve lets be spent by now. Even: the share of the traffic that has come. As soon as possible:
 * all of it. Points: as given, with straight lines between.
 */
export function curveShare(campaign: Campaign, traffic: Traffic, nowMs: number): number {
  const { mode } = campaign.pacing;
  if (mode === "asap" || nowMs >= campaign.endMs) return 1;
  if (mode === "points") return pointShare(campaign, nowMs);
  const total = traffic.cameSessions + traffic.spendingSessions;
  return total > 0 ? traffic.cameSessions / total : 1;
}

export interface SpendTarget {
  /** Of the budget, by then. */
  readonly share: number;
  /** That come until then. */
  readonly sessions: number;
}

/** Which share of the budget is meant to be spent by when. */
export function spendTargetOf(campaign: Campaign, traffic: Traffic, nowMs: number): SpendTarget {
  if (campaign.pacing.mode !== "points") return { share: 1, sessions: traffic.spendingSessions };
  const from = Math.max(nowMs, campaign.startMs);
  const to = Math.min(campaign.endMs, from + HORIZON_SHARE * (campaign.endMs - campaign.startMs));
  return { share: pointShare(campaign, to), sessions: traffic.between(from, to) };
}

export interface CurveLimit {
  readonly budgetMinor: Minor;
  /** Posted before what the budget is for began. */
  readonly beforeMinor: Minor;
  /** What may be out at all: the budget, and what is counted on to come back. */
  readonly mostMinor: Minor;
  readonly share: number;
  /** Money that must be out for shards to work at all: a few holds each, or some seconds of demand. */
  readonly workingMinor: Minor;
  /** Held money that is expected to come back: it is out, but it will not be spent. */
  readonly comingBackMinor: Minor;
}

/** Least working slack, as a share of the budget. */
const SLACK_SHARE = 0.02;
const MAX_SLACK_SHARE = 0.1;

/** What may be out: the curve's share of the budget plus slack, and never more than may be out at all (L2). */
export function curveLimitMinor(limit: CurveLimit): Minor {
  const budget = Number(limit.budgetMinor);
  const slack = Math.max(SLACK_SHARE * budget, Math.min(Number(limit.workingMinor), MAX_SLACK_SHARE * budget));
  const target = limit.beforeMinor + minorOfMean(Math.floor(limit.share * budget + slack)) + limit.comingBackMinor;
  return target < limit.mostMinor ? target : limit.mostMinor;
}
