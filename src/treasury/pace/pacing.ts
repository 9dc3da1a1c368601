// Pacing: what the treasurer does to a campaign's book when it looks at it: the row in force (soft), what may be out
// (hard), and the slices. Pure; the processor says when, and turns the difference into grants.

import { must } from "../../domain/assert.ts";
import { DEFAULT_CONTROLLER, strictHoldMinor, type Campaign } from "../../domain/campaign.ts";
import { comesBackUnasked } from "../../domain/control.ts";
import type { Account } from "../../domain/decision.ts";
import { expectedAt } from "../../domain/frontier.ts";
import { MAX_MINOR, maxMinor, minMinor, minorOfMean, type Minor } from "../../domain/money.ts";
import { watchCohorts } from "../forecast/cohorts.ts";
import { steer, type Control, type ControlMemory, type Sight } from "./controllers.ts";
import { aimOf, curveLimitMinor, curveShare, spendingSessions } from "./curve.ts";
import {
  askedOf,
  eligibleSessions,
  expectedSpend,
  LOOK_EVERY_MS,
  mostOut,
  sessionsByCluster,
} from "../slices/holdings.ts";
import { inPeriod, spanOf, wholeSpan, type Span } from "./periods.ts";
import { slice, type ShardNeed } from "../slices/slices.ts";
import { liveMix, softPlan, uniformRedemption, type Policy } from "./soft-pacing.ts";
import {
  outOf,
  pendingOf,
  postedOf,
  stateInForce,
  totalsOf,
  type CampaignBook,
  type ShardBook,
} from "../state/state.ts";
import { countArrivals, trafficNow, type Traffic } from "../forecast/traffic.ts";

/** Working money in intervals of demand: between a hold in a shard and the grant that answers it lie about two reports. */
const WORKING_INTERVALS = 4;
const WORKING_HOLDS_PER_SHARD = 2n;
/** However long money is bound, it is spread over all but this much of the period. */
const MAX_LEAD_SHARE = 0.08;
const LEAST_REDEMPTION = 0.1;

export function pace(before: CampaignBook, policy: Policy | null, nowMs: number): CampaignBook {
  const counted = withCohorts(withArrivals(inPeriod(endedByTime(before, nowMs), nowMs), nowMs), nowMs);
  const span = spanOf(counted);
  const traffic = trafficOf(counted, nowMs);
  const planned = replan(counted, policy, traffic, nowMs);
  const { campaign } = planned;
  const planComing = comingBack(planned, "plan", planned.redemption);
  const explorationComing = comingBack(planned, "exploration", explorationRedemption(planned, policy));
  const share = curveShare(planned.campaign, traffic, nowMs);
  const plan = regrant(planned, "plan", span, planComing, share);
  // Exploration has one budget for the whole, whatever the plan's days have.
  const whole = wholeSpan({ ...campaign, budgetMinor: campaign.explorationBudgetMinor });
  const wholeShare = campaign.periods ? curveShare(campaign, trafficIn(planned, whole, nowMs), nowMs) : share;
  const both = regrant(plan.book, "exploration", whole, explorationComing, wholeShare);
  return { ...both.book, targetMinor: plan.limit, dueMs: nextLook(both.book, nowMs) };
}

/** What is still to come in the span that is being spent, by what has come. */
export function trafficOf(book: CampaignBook, nowMs: number): Traffic {
  return trafficIn(book, spanOf(book), nowMs);
}

function trafficIn(book: CampaignBook, span: Span, nowMs: number): Traffic {
  const arrivals = must(withArrivals(book, nowMs).arrivals, "arrivals");
  return trafficNow(book.campaign, span, arrivals, leadMs(book, span), nowMs);
}

/** As long as money is bound, on average, for what is spent of it: of two holds of which one is redeemed, two lives. */
function leadMs({ campaign, redemption }: CampaignBook, { startMs, endMs }: Span): number {
  const mostMs = MAX_LEAD_SHARE * (endMs - startMs);
  return Math.min(campaign.reservation.ttlMs / Math.max(redemption, LEAST_REDEMPTION), mostMs);
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

function nextLook(book: CampaignBook, nowMs: number): number | null {
  if (book.state === "ended") return null;
  return book.dueMs !== null && book.dueMs > nowMs ? book.dueMs : nowMs + LOOK_EVERY_MS;
}

function endedByTime(book: CampaignBook, nowMs: number): CampaignBook {
  if (book.state === "ended" || nowMs < book.campaign.endMs) return book;
  return { ...book, state: "ended", revision: book.revision + 1 };
}

function replan(book: CampaignBook, policy: Policy | null, traffic: Traffic, nowMs: number): CampaignBook {
  if (policy === null || book.state === "ended") return book;
  const isNew = book.plannedAtMs === 0;
  if (!isNew && nowMs - book.plannedAtMs < LOOK_EVERY_MS) return book;
  const mix = liveMix(policy.values, sessionsByCluster(book));
  const control = controlOf(book, policy, mix, traffic, nowMs);
  const { spendPerSession, throttle, memory } = control;
  const plan = softPlan(
    policy,
    { arms: book.campaign.arms, mix, spendPerSession, holdPerSession: holdPerSession(book, traffic, nowMs) },
    isNew ? null : book.planRow,
  );
  return { ...book, ...plan, throttle, control: memory, plannedAtMs: nowMs };
}

function controlOf(
  book: CampaignBook,
  policy: Policy,
  mix: readonly number[],
  traffic: Traffic,
  nowMs: number,
): Pick<Control, "spendPerSession" | "throttle"> & { readonly memory: ControlMemory | null } {
  const { campaign, planRow, throttle } = book;
  if (campaign.pacing.mode === "asap") return { spendPerSession: Infinity, throttle: 1, memory: null };
  const span = spanOf(book);
  const budget = Number(span.budgetMinor);
  const posted = Number(postedOf(totalsOf(book.shards, "plan")) - span.postedBeforeMinor);
  const spent = posted + expectedSpend(book, "plan", book.redemption);
  const aim = aimOf(campaign, traffic, nowMs);
  const planShare = 1 - campaign.explorationShare;
  const toSpendOn = spendingSessions(traffic, nowMs);
  const sight: Sight = {
    nowMs,
    periodMs: span.endMs - span.startMs,
    budget,
    spent,
    target: curveShare(campaign, traffic, nowMs) * budget,
    left: aim.share * budget - spent,
    leftSessions: aim.sessions * planShare,
    cameSessions: traffic.cameSessions * planShare,
    totalSessions: (traffic.cameSessions + toSpendOn) * planShare,
    expectedPerSession: throttle * expectedAt(policy.frontier, policy.values, mix, planRow).cost,
  };
  return steer(campaign.pacing.controller ?? DEFAULT_CONTROLLER, sight, book.control);
}

/**
 * What can be held for each session to come, evenly over the life of a hold. To plan for more than that spends a point or
 * two more of a budget whose holds live long, and brings less for it: what the book then refuses is refused by chance, and
 * not where it is worth least (on the synthetic day twice as much cost 1 to 3 % of the incremental orders).
 */
function holdPerSession(book: CampaignBook, traffic: Traffic, nowMs: number): number {
  const { campaign } = book;
  if (campaign.pacing.mode === "asap") return Infinity;
  const totals = totalsOf(book.shards, "plan");
  const pending = Number(pendingOf(totals));
  const unspent = Number(mostOut(book, "plan") - postedOf(totals));
  const expected = expectedSpend(book, "plan", book.redemption);
  // Within the time that a hold lives, all that is held now ends; in a shorter rest of the period, its part of it.
  const windowMs = Math.min(campaign.reservation.ttlMs, Math.max(1, traffic.remainingMs));
  const ends = (pending - expected) * (windowMs / campaign.reservation.ttlMs);
  const inWindow = Math.min(traffic.between(nowMs, nowMs + windowMs), sessionsToHoldFor(campaign, traffic, nowMs));
  return Math.max(0, unspent - pending + ends) / Math.max(1, inWindow * (1 - campaign.explorationShare));
}

/** Under `expected` what is held early can be lent again; under `strict` it is bound, and is spread to the end. */
function sessionsToHoldFor({ reservation }: Campaign, traffic: Traffic, nowMs: number): number {
  return reservation.policy === "expected" ? spendingSessions(traffic, nowMs) : Infinity;
}

function explorationRedemption(book: CampaignBook, policy: Policy | null): number {
  return policy === null
    ? 1
    : uniformRedemption(policy, book.campaign.arms, liveMix(policy.values, sessionsByCluster(book)));
}

function comingBack(book: CampaignBook, account: Account, redemption: number): Minor {
  const pending = pendingOf(totalsOf(book.shards, account));
  return maxMinor(0n, pending - minorOfMean(Math.ceil(expectedSpend(book, account, redemption))));
}

function regrant(
  book: CampaignBook,
  account: Account,
  span: Span,
  comingBackMinor: Minor,
  share: number,
): { readonly book: CampaignBook; readonly limit: Minor } {
  const holds = book.campaign.arms.map(strictHoldMinor).filter((hold) => hold > 0n);
  const largestHold = holds.reduce(maxMinor, 0n);
  const mostMinor = mostOut(book, account);
  const limit = curveLimitMinor({
    budgetMinor: span.budgetMinor,
    beforeMinor: span.postedBeforeMinor,
    mostMinor,
    share,
    workingMinor: workingMinor(book, account, largestHold),
    comingBackMinor,
  });
  const slices = slice({
    budget: mostMinor,
    limit,
    largestHold,
    smallestHold: holds.reduce(minMinor, largestHold),
    shards: book.shards.map((shard) => needOf(book.campaign, shard, account)),
    asksHeld: !comesBackUnasked(book.campaign, account),
    mode: stateInForce(book),
  });
  const shards = book.shards.map((shard, index) =>
    withSlice(shard, account, slices.grant[index] ?? 0n, slices.ask[index] ?? 0n),
  );
  return { book: { ...book, shards }, limit };
}

function workingMinor(book: CampaignBook, account: Account, largestHold: Minor): Minor {
  const perInterval = book.shards.reduce(
    (sum, shard) => sum + (shard.demandPerSecond[account] * shard.intervalMs) / 1_000,
    0,
  );
  const holds = largestHold * WORKING_HOLDS_PER_SHARD * BigInt(book.shards.length);
  return maxMinor(holds, minorOfMean(Math.ceil(WORKING_INTERVALS * perInterval)));
}

function needOf(campaign: Campaign, shard: ShardBook, account: Account): ShardNeed {
  const totals = shard.totals[account];
  const out = outOf(shard, account);
  const posted = postedOf(totals);
  return {
    out,
    pending: pendingOf(totals),
    posted,
    // What a shard has spent since it was asked for it does not come.
    asked: minMinor(askedOf(campaign, shard, account), maxMinor(0n, out - posted)),
    demand: shard.demandPerSecond[account],
  };
}

function withSlice(shard: ShardBook, account: Account, grant: Minor, ask: Minor): ShardBook {
  if (grant === 0n && ask === 0n) return shard;
  return {
    ...shard,
    granted: { ...shard.granted, [account]: minMinor(MAX_MINOR, shard.granted[account] + grant) },
    returnTarget: { ...shard.returnTarget, [account]: minMinor(MAX_MINOR, shard.returnTarget[account] + ask) },
  };
}
