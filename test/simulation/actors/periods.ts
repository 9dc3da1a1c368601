// Periods: for a part of the campaigns of a day, a budget for each day or week with a midnight of their zone inside, and
// arms with a validity of their own.

import type { Arm, BudgetPeriods, Campaign } from "../../../src/domain/campaign/campaign.ts";
import { periodAt } from "../../../src/domain/calendar.ts";
import { must } from "../../../src/domain/assert.ts";
import type { Random } from "../../../src/domain/random.ts";

const HOUR_MS = 3_600_000;

/** Shares of the campaigns, and of the days that last some. */
const PERIODIC = 0.3;
const SOON_OVER = 0.3;
const LONG = 0.08;

/** By the hours after midnight of UTC at which, in January, it is midnight there. */
const ZONES: readonly (readonly [zone: string, hours: number])[] = [
  ["Atlantic/Cape_Verde", 1],
  ["America/Noronha", 2],
  ["America/Sao_Paulo", 3],
  ["America/St_Johns", 3.5],
  ["America/New_York", 5],
  ["America/Denver", 7],
  ["America/Anchorage", 9],
  ["Pacific/Auckland", 11],
  ["Australia/Adelaide", 13.5],
  ["Asia/Tokyo", 15],
  ["Asia/Kathmandu", 18.25],
  ["Asia/Karachi", 19],
  ["Europe/Istanbul", 21],
  ["Europe/Berlin", 23],
  ["UTC", 24],
];
/** Where a Monday of UTC begins as a Sunday, so that a week ends in it. */
const WEST_UNTIL_HOURS = 9;

/** Now and then a day lasts some: then several of a campaign's days lie in it. */
export function lengthMsOf(lengthMs: number, random: Random): number {
  const draws = [random.unit(), random.unit()] as const;
  return draws[0] < LONG ? Math.round((1.2 + 1.8 * draws[1]) * 24 * HOUR_MS) : lengthMs;
}

export function periodsOf(
  { startMs, endMs, budgetMinor }: Campaign,
  dayStartMs: number,
  random: Random,
): { readonly periods: BudgetPeriods | null; readonly timeZone: string } {
  const inside = ZONES.filter(([, hours]) => {
    const midnightMs = dayStartMs + hours * HOUR_MS;
    return midnightMs > startMs && midnightMs < endMs;
  });
  if (random.unit() >= PERIODIC || inside.length === 0) return { periods: null, timeZone: "UTC" };
  const [timeZone, hours] = must(inside[random.below(inside.length)], "a zone");
  return {
    timeZone,
    periods: {
      every: random.unit() < 0.4 && hours <= WEST_UNTIL_HOURS ? "week" : "day",
      rollover: random.unit() < 0.5 ? "carry" : "none",
      budgetMinor: BigInt(Math.round(Number(budgetMinor) * (0.1 + 0.6 * random.unit()))),
    },
  };
}

/** Some of the incentives of some campaigns are valid for less time than outcomes count. */
export function validitiesOf({ arms, reservation }: Campaign, random: Random): readonly Arm[] {
  const has = random.unit() < SOON_OVER;
  return arms.map((arm) => {
    const [own, share] = [random.unit(), random.unit()];
    const validMs = has && arm.faceMinor > 0n && own < 0.7 ? Math.ceil(reservation.ttlMs * (0.05 + 0.9 * share)) : null;
    return { ...arm, validMs };
  });
}

/** The ends of the campaign's days or weeks that lie inside it. */
export function periodEndsMs({ startMs, endMs, timeZone = "UTC", periods = null }: Campaign): number[] {
  const ends: number[] = [];
  if (periods === null) return ends;
  for (let atMs = startMs; atMs < endMs; atMs = periodAt(periods.every, timeZone, atMs).endMs)
    if (atMs > startMs) ends.push(atMs);
  return ends;
}
