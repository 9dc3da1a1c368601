// Pacing: what a review does to a campaign's book: the row in force (soft), what may be out (hard), and the slices. Pure; the
// cycle says when, and turns the difference into grants.

import { DEFAULT_CONTROLLER, type Campaign } from "../../domain/campaign/campaign.ts";
import type { AccountTotals } from "../../domain/campaign/control.ts";
import { expectedAt } from "../../domain/release/frontier.ts";
import { maxMinor, minorOfMean, type Minor } from "../../domain/money/money.ts";
import { pendingOf, postedOf } from "../../domain/money/totals.ts";
import { watchCohorts } from "../forecast/cohorts.ts";
import { countArrivals, type Traffic } from "../forecast/traffic.ts";
import { regrant } from "../slices/grants.ts";
import { eligibleSessions, expectedSpend } from "../slices/holdings.ts";
import { stateInForce, totalsOf, type CampaignBook } from "../state/state.ts";
import { stepController, type ControllerOutput, type ControllerState } from "./controllers.ts";
import { curveShare, spendTargetOf } from "./curve.ts";
import { inPeriod, wholeSpan } from "./periods.ts";
import { softPlan, uniformRedemption, type PlanTable } from "./soft-pacing.ts";
import { spentInSpan, trafficIn, viewOf, type BudgetView } from "./view.ts";

/** How often a campaign is reviewed without being asked, and its row worked out, in campaign time. */
const REVIEW_EVERY_MS = 1_000;

export interface Review {
  readonly book: CampaignBook;
  /** As it was before money was granted. */
  readonly view: BudgetView;
}

export function review(before: CampaignBook, plans: PlanTable | null, nowMs: number): Review {
  const current = withCohorts(withArrivals(inPeriod(endedByTime(before, nowMs), nowMs), nowMs), nowMs);
  const view = viewOf(current, plans, nowMs);
  const planned = plans === null ? current : replan(current, plans, view);
  const { campaign, redemption } = planned;
  const plan = regrant(planned, {
    account: "plan",
    span: view.span,
    mostMinor: view.limitMinor.plan,
    curveShare: view.curveShare,
    comingBackMinor: comingBack(view.totals.plan, redemption),
  });
  // Exploration has one budget for the whole, whatever the plan's days have.
  const whole = wholeSpan({ ...campaign, budgetMinor: campaign.explorationBudgetMinor });
  const explored = plans === null ? 1 : uniformRedemption(plans, campaign.arms, view.mix);
  const both = regrant(plan.book, {
    account: "exploration",
    span: whole,
    mostMinor: view.limitMinor.exploration,
    curveShare: campaign.periods ? curveShare(campaign, trafficIn(planned, whole, nowMs), nowMs) : view.curveShare,
    comingBackMinor: comingBack(view.totals.exploration, explored),
  });
  return { book: { ...both.book, targetMinor: plan.limitMinor, dueMs: nextReview(both.book, nowMs) }, view };
}

function withArrivals(book: CampaignBook, nowMs: number): CampaignBook {
  const { arrivals, campaign } = book;
  const isLive = stateInForce(book) === "live";
  return { ...book, arrivals: countArrivals(arrivals, campaign, eligibleSessions(book), nowMs, isLive) };
}

/** What may be lent follows from these (risk.ts). */
function withCohorts(book: CampaignBook, nowMs: number): CampaignBook {
  const { campaign, cohorts, shards, redemption } = book;
  if (campaign.reservation.policy === "strict") return book;
  const furthestMs = shards.reduce((most, { atMs }) => Math.max(most, atMs), 0);
  const atMs = furthestMs === 0 ? nowMs : furthestMs;
  return { ...book, cohorts: watchCohorts(cohorts, campaign, totalsOf(shards, "plan"), redemption, atMs) };
}

function nextReview(book: CampaignBook, nowMs: number): number | null {
  if (book.state === "ended") return null;
  return book.dueMs !== null && book.dueMs > nowMs ? book.dueMs : nowMs + REVIEW_EVERY_MS;
}

function endedByTime(book: CampaignBook, nowMs: number): CampaignBook {
  if (book.state === "ended" || nowMs < book.campaign.endMs) return book;
  return { ...book, state: "ended", revision: book.revision + 1 };
}

function replan(book: CampaignBook, plans: PlanTable, view: BudgetView): CampaignBook {
  const { nowMs, mix } = view;
  if (book.state === "ended") return book;
  const isNew = book.plannedAtMs === 0;
  if (!isNew && nowMs - book.plannedAtMs < REVIEW_EVERY_MS) return book;
  const { spendPerSession, state } = controlled(book, plans, view);
  const plan = softPlan(
    plans,
    { arms: book.campaign.arms, mix, spendPerSession, holdPerSession: holdPerSession(book, view) },
    isNew ? null : book.planRow,
  );
  return { ...book, ...plan, control: state, plannedAtMs: nowMs };
}

function controlled(
  book: CampaignBook,
  plans: PlanTable,
  view: BudgetView,
): Pick<ControllerOutput, "spendPerSession"> & { readonly state: ControllerState | null } {
  const { campaign, planRow } = book;
  if (campaign.pacing.mode === "asap") return { spendPerSession: Infinity, state: null };
  const { nowMs, span, traffic, mix } = view;
  const budget = Number(span.budgetMinor);
  const spent = spentInSpan(view, book.redemption);
  const next = spendTargetOf(campaign, traffic, nowMs);
  const planShare = 1 - campaign.explorationShare;
  const input = {
    nowMs,
    periodMs: span.endMs - span.startMs,
    budget,
    spent,
    target: view.curveShare * budget,
    left: next.share * budget - spent,
    leftSessions: next.sessions * planShare,
    cameSessions: traffic.cameSessions * planShare,
    totalSessions: (traffic.cameSessions + traffic.spendingSessions) * planShare,
    expectedPerSession: expectedAt(plans.frontier, plans.values, mix, planRow).cost,
  };
  return stepController(campaign.pacing.controller ?? DEFAULT_CONTROLLER, input, book.control);
}

/**
 * What can be held for each session to come, evenly over the life of a hold. To plan for more than that spends a point or
 * two more of a budget whose holds live long, and brings less for it: what the book then refuses is refused by chance, and
 * not where it is worth least (on the synthetic day twice as much cost 1 to 3 % of the incremental orders).
 */
function holdPerSession({ campaign, redemption }: CampaignBook, view: BudgetView): number {
  if (campaign.pacing.mode === "asap") return Infinity;
  const { nowMs, traffic, totals, limitMinor } = view;
  const pending = Number(pendingOf(totals.plan));
  const unspent = Number(limitMinor.plan - postedOf(totals.plan));
  const expected = expectedSpend(totals.plan, redemption);
  // Within the time that a hold lives, all that is held now ends; in a shorter rest of the period, its part of it.
  const windowMs = Math.min(campaign.reservation.ttlMs, Math.max(1, traffic.remainingMs));
  const ends = (pending - expected) * (windowMs / campaign.reservation.ttlMs);
  const inWindow = Math.min(traffic.between(nowMs, nowMs + windowMs), sessionsToHoldFor(campaign, traffic));
  return Math.max(0, unspent - pending + ends) / Math.max(1, inWindow * (1 - campaign.explorationShare));
}

/** Under `expected` what is held early can be lent again; under `strict` it is bound, and is spread to the end. */
function sessionsToHoldFor({ reservation }: Campaign, traffic: Traffic): number {
  return reservation.policy === "expected" ? traffic.spendingSessions : Infinity;
}

function comingBack(totals: AccountTotals, redemption: number): Minor {
  return maxMinor(0n, pendingOf(totals) - minorOfMean(Math.ceil(expectedSpend(totals, redemption))));
}
