// Traffic
// How many eligible sessions are still to come, and when: a shape by hour of the day (UTC) and a size, both corrected by what
// was seen. Eligible sessions are counted, not grants, so that holding money back does not feed back here.
//
// Invariants:
//   1. An hour that brings far more than the day does (a flash) has come, but is no sign of more to come.
//   2. Time in which the campaign is paused, has not begun or was not there yet, is not watched: that nobody came then
//      says nothing.

import { itemAt } from "../../domain/assert.ts";
import { HOURS_OF_DAY, type Campaign } from "../../domain/campaign/campaign.ts";

/** What was seen, by hour of the day. */
export interface Arrivals {
  readonly countedToMs: number;
  /** All eligible sessions until then. */
  readonly sessions: number;
  readonly seen: readonly number[];
  readonly watchedMs: readonly number[];
}

/** What the money is for: the whole period, or a day or week of it. */
export interface TrafficSpan {
  readonly startMs: number;
  readonly endMs: number;
  /** That came before it. */
  readonly sessionsBefore: number;
}

export interface Traffic {
  /** Since it began. */
  readonly cameSessions: number;
  /** Eligible sessions still to come. */
  readonly remainingSessions: number;
  readonly remainingMs: number;
  /** Those expected between two times to come. */
  readonly between: (fromMs: number, toMs: number) => number;
  /** Of those, over which the budget is to be spent: until `leadMs` before the traffic is over. */
  readonly spendingSessions: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = HOURS_OF_DAY * HOUR_MS;
/** The expectation counts as much as this share of it, seen. */
const PRIOR_SHARE = 0.1;
/** How many times an hour's profile counts as much as the same hour, seen once in full. */
const PROFILE_TURNS = 1;
/** Above so many times the usual, an hour's sessions are a flash. */
const FLASH = 3;
/** Of the sessions to come, over which what is left is spent at the least. */
const LEAST_SPENDING_SHARE = 0.02;
/** An hour with less than this share of the mean brings nothing. */
const SILENT_SHARE = 0.02;

/** Sessions a millisecond for a weight of 1; more comes of hours that have no weight to speak of. */
const MOST_RATE = 1e100;

const EVEN: readonly number[] = Array.from({ length: HOURS_OF_DAY }, () => 1);
const NOTHING: readonly number[] = Array.from({ length: HOURS_OF_DAY }, () => 0);

/** Takes in the sessions that have come until `nowMs`, `sessions` in all. */
export function countArrivals(
  known: Arrivals | null,
  campaign: Pick<Campaign, "startMs" | "endMs">,
  sessions: number,
  nowMs: number,
  isLive: boolean,
): Arrivals {
  // What was before the first review, nobody has watched.
  if (known === null)
    return { countedToMs: Math.max(campaign.startMs, nowMs), sessions, seen: NOTHING, watchedMs: NOTHING };
  const from = known.countedToMs;
  const to = Math.max(from, Math.min(nowMs, campaign.endMs));
  const came = sessions - known.sessions;
  if (to === from && came === 0) return known;
  const seen = [...known.seen];
  const watchedMs = [...known.watchedMs];
  const add = (list: number[], hour: number, amount: number): void => void (list[hour] = itemAt(list, hour) + amount);
  if (to === from) add(seen, hourOf(to), came);
  for (let at = from; at < to; at = nextHour(at)) {
    const lengthMs = Math.min(nextHour(at), to) - at;
    add(seen, hourOf(at), (came * lengthMs) / (to - from));
    if (isLive) add(watchedMs, hourOf(at), lengthMs);
  }
  return { countedToMs: to, sessions, seen, watchedMs };
}

function hourOf(atMs: number): number {
  return Math.floor((atMs % DAY_MS) / HOUR_MS);
}

function nextHour(atMs: number): number {
  return (Math.floor(atMs / HOUR_MS) + 1) * HOUR_MS;
}

export function trafficNow(
  campaign: Campaign,
  span: TrafficSpan,
  arrivals: Arrivals,
  leadMs: number,
  nowMs: number,
): Traffic {
  const { pacing } = campaign;
  const { startMs, endMs } = span;
  const profile = profileOf(campaign);
  const perWeight = pacing.expectedSessions / weightBetween(profile, campaign.startMs, campaign.endMs);
  const rates = learnedRates(
    profile.map((weight) => weight * perWeight),
    arrivals,
    pacing.expectedSessions,
  );
  const between = (fromMs: number, toMs: number): number =>
    weightBetween(rates, Math.max(fromMs, nowMs, startMs), Math.min(toMs, endMs));
  const remainingSessions = between(nowMs, endMs);
  const spendUntilMs = endOfTraffic(rates, Math.max(nowMs, startMs), endMs) - leadMs;
  return {
    cameSessions: arrivals.sessions - span.sessionsBefore,
    remainingSessions,
    remainingMs: Math.max(0, endMs - Math.max(nowMs, startMs)),
    between,
    spendingSessions: Math.max(between(nowMs, spendUntilMs), LEAST_SPENDING_SHARE * remainingSessions),
  };
}

/** The campaign's own, where it says anything about the hours of its period; else an even one. */
function profileOf({ pacing, startMs, endMs }: Campaign): readonly number[] {
  const { profile = [], expectedSessions } = pacing;
  const says = profile.length === HOURS_OF_DAY && expectedSessions / weightBetween(profile, startMs, endMs) < MOST_RATE;
  return says ? profile : EVEN;
}

/**
 * Sessions a millisecond, by hour of the day. The shape is that of `expected`, corrected by each hour that was seen, which
 * counts as much as the profile once it has been seen for a whole day's turn. The size is `sessions`, corrected by what came.
 */
function learnedRates(expected: readonly number[], { seen, watchedMs }: Arrivals, sessions: number): number[] {
  const foreseen = expected.map((rate, hour) => rate * itemAt(watchedMs, hour));
  const passed = foreseen.reduce((sum, mean) => sum + mean, 0) / sessions;
  const prior = PRIOR_SHARE * Math.max(0, 1 - passed) * sessions;
  const usual = FLASH * Math.max(1, medianRatio(seen, foreseen));
  const counted = seen.reduce((sum, count, hour) => sum + Math.min(count, usual * itemAt(foreseen, hour)), 0);
  const scaleOf = (means: readonly number[], believed: number): number => {
    const mean = means.reduce((sum, each) => sum + each, 0) + believed;
    return mean > 0 ? (counted + believed) / mean : 1;
  };
  // Hours are compared with each other, so that a forecast that is wrong for all of them is no matter of shape.
  const scale = scaleOf(foreseen, 0);
  const shape = expected.map((rate, hour) => {
    const turn = PROFILE_TURNS * rate * HOUR_MS;
    const mean = itemAt(foreseen, hour);
    const count = Math.min(itemAt(seen, hour), usual * mean);
    return turn > 0 && scale > 0 ? (count / scale + turn) / (mean + turn) : 1;
  });
  const again = scaleOf(
    foreseen.map((mean, hour) => mean * itemAt(shape, hour)),
    prior,
  );
  return expected.map((rate, hour) => rate * itemAt(shape, hour) * again);
}

/** Of what came to what was foreseen, over the hours that were watched. */
function medianRatio(seen: readonly number[], foreseen: readonly number[]): number {
  const ratios = foreseen
    .flatMap((mean, hour) => (mean > 0 ? [itemAt(seen, hour) / mean] : []))
    .toSorted((a, b) => a - b);
  return ratios[ratios.length >> 1] ?? 1;
}

/** What a rate by hour of the day comes to between two times. */
function weightBetween(rates: readonly number[], fromMs: number, toMs: number): number {
  return toMs > fromMs ? weightUntil(rates, toMs, fromMs) - weightUntil(rates, fromMs, fromMs) : 0;
}

/** From the midnight before `originMs` on. */
function weightUntil(rates: readonly number[], atMs: number, originMs: number): number {
  const midnight = originMs - (originMs % DAY_MS);
  const days = Math.floor((atMs - midnight) / DAY_MS);
  const hour = hourOf(atMs);
  const perDay = days > 0 ? rates.reduce((sum, rate) => sum + rate, 0) * HOUR_MS : 0;
  let weight = days * perDay + itemAt(rates, hour) * (atMs % HOUR_MS);
  for (let index = 0; index < hour; index += 1) weight += itemAt(rates, index) * HOUR_MS;
  return weight;
}

/** The period's end, or before it, when the hours until then bring nothing. */
function endOfTraffic(rates: readonly number[], fromMs: number, endMs: number): number {
  const silent = (SILENT_SHARE * rates.reduce((sum, rate) => sum + rate, 0)) / HOURS_OF_DAY;
  let end = endMs;
  while (end > fromMs && itemAt(rates, hourOf(end - 1)) <= silent) end = Math.max(fromMs, nextHour(end - 1) - HOUR_MS);
  return end > fromMs ? end : endMs;
}
