// Traffic
// When who arrives during a day: two peaks, a quiet night, and users who come back, some within the hour, most later.
// Everything is drawn beforehand from the seed, so that the same day can be played twice.

import { must } from "../../domain/assert.ts";
import { seededRandom, type Random } from "../../domain/random.ts";

export interface DayTraffic {
  readonly sessions: number;
  /** Ascending, ms since the start of the day. */
  readonly atMs: Float64Array;
  /** Who it is. */
  readonly user: Int32Array;
}

export interface TrafficOptions {
  readonly sessions: number;
  readonly users: number;
  readonly seed: number;
  readonly dayMs?: number;
}

export const DAY_MS = 86_400_000;

/** Share of a user's visits that are followed by another one on the same day. */
const RETURN_SHARE = 0.3;
const RETURN_MEDIAN_MS = 2 * 3_600_000;
const RETURN_SIGMA = 1.1;

/** Relative intensity at a share of the day: a floor, a peak at noon, a higher one in the evening. */
export function intensity(share: number): number {
  const hour = share * 24;
  const peak = (at: number, width: number): number => Math.exp(-0.5 * ((hour - at) / width) ** 2);
  return 0.12 + 0.8 * peak(12.3, 2.2) + 1.1 * peak(19.8, 2) + 0.25 * peak(8, 1.5);
}

export function drawTraffic(options: TrafficOptions): DayTraffic {
  const { sessions, users } = options;
  const dayMs = options.dayMs ?? DAY_MS;
  const random = seededRandom(`traffic/${options.seed}`);
  const arriveAt = inverse(dayMs);
  const order = shuffled(users, random.fork("users"));
  const visits: { readonly atMs: number; readonly user: number }[] = [];
  for (let next = 0; visits.length < sessions; next += 1) {
    const user = must(order[next % users], "user");
    let atMs = arriveAt(random.unit());
    while (atMs < dayMs && visits.length < sessions) {
      visits.push({ atMs, user });
      if (random.unit() >= RETURN_SHARE) break;
      atMs += RETURN_MEDIAN_MS * (dayMs / DAY_MS) * Math.exp(RETURN_SIGMA * random.normal());
    }
  }
  visits.sort((a, b) => a.atMs - b.atMs || a.user - b.user);
  return {
    sessions,
    atMs: Float64Array.from(visits, (visit) => Math.floor(visit.atMs)),
    user: Int32Array.from(visits, (visit) => visit.user),
  };
}

/** Sessions of each hour of the day: what a shop knows of yesterday. */
export function hourlyProfile(traffic: DayTraffic, dayMs: number = DAY_MS): number[] {
  const hours = new Array<number>(24).fill(0);
  for (const atMs of traffic.atMs) {
    const hour = Math.min(23, Math.floor((24 * atMs) / dayMs));
    hours[hour]! += 1;
  }
  return hours;
}

/** Quantiles of the day's arrivals: share of the day's first visits → time. */
function inverse(dayMs: number): (quantile: number) => number {
  const steps = 1440;
  const cumulative = new Float64Array(steps + 1);
  for (let step = 0; step < steps; step += 1)
    cumulative[step + 1] = cumulative[step]! + intensity((step + 0.5) / steps);
  const total = cumulative[steps]!;
  return (quantile) => {
    const target = quantile * total;
    let low = 0;
    let high = steps;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (cumulative[middle]! <= target) low = middle;
      else high = middle;
    }
    const from = cumulative[low]!;
    const to = cumulative[high] ?? total;
    return ((low + (target - from) / (to - from)) / steps) * dayMs;
  };
}

function shuffled(n: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: n }, (_, index) => index);
  for (let index = n - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    const kept = must(order[index], "user");
    order[index] = must(order[other], "user");
    order[other] = kept;
  }
  return order;
}
