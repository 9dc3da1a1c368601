// What the treasurer makes of the sessions that come: how many are still to come, when, and what the curve makes of it.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Campaign } from "../../../src/domain/campaign/campaign.ts";
import { curveShare, spendTargetOf } from "../../../src/treasury/pace/curve.ts";
import { wholeSpan } from "../../../src/treasury/pace/periods.ts";
import { countArrivals, trafficNow, type Arrivals, type Traffic } from "../../../src/treasury/forecast/traffic.ts";
import { campaign } from "../world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PROFILE = Array.from({ length: 24 }, (_, hour): number => (hour >= 8 && hour < 20 ? 3 : hour < 22 ? 0.5 : 0));

function paced(changes: Partial<Campaign["pacing"]>, days = 1): Campaign {
  return campaign({ pacing: { mode: "even", expectedSessions: 24_000 * days, ...changes }, endMs: days * DAY_MS });
}

/** Sessions come at `rate(hour)` an hour until then, counted each ten minutes. */
function watched(of: Campaign, untilMs: number, rate: (hour: number) => number, isLive = true): Arrivals {
  let sessions = 0;
  let arrivals = countArrivals(null, of, 0, 0, isLive);
  for (let nowMs = HOUR_MS / 6; nowMs <= untilMs; nowMs += HOUR_MS / 6) {
    sessions += rate(Math.floor((nowMs - 1) / HOUR_MS)) / 6;
    arrivals = countArrivals(arrivals, of, sessions, nowMs, isLive);
  }
  return arrivals;
}

function seen(of: Campaign, hours: number, rate: (hour: number) => number): Traffic {
  return traffic(of, watched(of, hours * HOUR_MS, rate), hours * HOUR_MS);
}

function traffic(of: Campaign, arrivals: Arrivals, nowMs: number): Traffic {
  return trafficNow(of, wholeSpan(of), arrivals, HOUR_MS, nowMs);
}

describe("what is still to come", () => {
  test("is the expectation before anything was seen, in the shape of the profile", () => {
    const even = paced({});
    const known = paced({ profile: PROFILE });
    const [flat, shaped] = [even, known].map((of) =>
      traffic(
        of,
        watched(of, 0, () => 0),
        0,
      ),
    );
    expect(flat?.remainingSessions).toBeCloseTo(24_000);
    expect(flat?.between(0, 6 * HOUR_MS)).toBeCloseTo(6_000);
    expect(shaped?.remainingSessions).toBeCloseTo(24_000);
    const total = PROFILE.reduce((sum, weight) => sum + weight, 0);
    expect(shaped?.between(8 * HOUR_MS, 9 * HOUR_MS)).toBeCloseTo((24_000 * 3) / total);
    expect(shaped?.between(22 * HOUR_MS, DAY_MS)).toBeCloseTo(0);
  });

  test.each([0.5, 2])("a forecast that is wrong by %d is found out during the morning", (factor) => {
    const of = paced({});
    const nowMs = 10 * HOUR_MS;
    const { remainingSessions } = traffic(
      of,
      watched(of, nowMs, () => 1_000 * factor),
      nowMs,
    );
    expect(remainingSessions / (14_000 * factor)).toBeGreaterThan(0.85);
    expect(remainingSessions / (14_000 * factor)).toBeLessThan(1.15);
  });

  test("a flash has come, but is no sign of more to come", () => {
    const of = paced({});
    const nowMs = 12 * HOUR_MS;
    const flash = traffic(
      of,
      watched(of, nowMs, (hour) => (hour === 7 ? 6_000 : 1_000)),
      nowMs,
    );
    expect(flash.cameSessions).toBeCloseTo(17_000);
    expect(flash.remainingSessions).toBeLessThan(1.2 * 12_000);
  });

  test("the second day is foreseen in the shape that the first one had", () => {
    const of = paced({}, 3);
    const rate = (hour: number): number => (hour % 24 < 12 ? 200 : 1_800);
    const { between } = traffic(of, watched(of, DAY_MS, rate), DAY_MS);
    const [night, day] = [between(DAY_MS, 1.5 * DAY_MS), between(1.5 * DAY_MS, 2 * DAY_MS)];
    expect(day / night).toBeGreaterThan(2);
    expect(night + day).toBeGreaterThan(20_000);
    expect(night + day).toBeLessThan(28_000);
  });

  test("a pause is not watched: that nobody came then says nothing", () => {
    const of = paced({});
    const nowMs = 8 * HOUR_MS;
    const paused = traffic(
      of,
      watched(of, nowMs, () => 0, false),
      nowMs,
    );
    expect(paused.remainingSessions).toBeCloseTo(16_000);
    const silent = traffic(
      of,
      watched(of, nowMs, () => 0),
      nowMs,
    );
    expect(silent.remainingSessions).toBeLessThan(8_000);
  });

  test("nor is the time before a campaign was there: one made at noon expects the afternoon that it was told of", () => {
    const of = paced({});
    const nowMs = 12 * HOUR_MS;
    const made = countArrivals(null, of, 0, nowMs, true);
    expect(traffic(of, made, nowMs).remainingSessions).toBeCloseTo(12_000);
    const later = countArrivals(made, of, 1_000, nowMs + HOUR_MS, true);
    expect(traffic(of, later, nowMs + HOUR_MS).remainingSessions).toBeCloseTo(11_000, -1);
  });

  test("is never negative, adds up over any cut, and no session is lost in counting", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(400), { minLength: 1, maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 24, maxLength: 24 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (counts, weights, cut) => {
          const of = paced({ profile: weights.some((weight) => weight > 0) ? weights : [] }, 3);
          let arrivals = countArrivals(null, of, 0, 0, true);
          let sessions = 0;
          counts.forEach((count, index) => {
            sessions += count;
            arrivals = countArrivals(arrivals, of, sessions, (index + 1) * 0.7 * HOUR_MS, true);
          });
          expect(arrivals.seen.reduce((sum, each) => sum + each, 0)).toBeCloseTo(sessions, 3);
          const nowMs = arrivals.countedToMs;
          const { between, remainingSessions } = traffic(of, arrivals, nowMs);
          const cutMs = nowMs + cut * (3 * DAY_MS - nowMs);
          expect(between(nowMs, cutMs)).toBeGreaterThanOrEqual(0);
          expect(between(nowMs, cutMs) + between(cutMs, 3 * DAY_MS)).toBeCloseTo(remainingSessions, 3);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("the curve", () => {
  test("of an even pace is the share of the sessions that have come, and all is out before a day that ends early is over", () => {
    const of = paced({ profile: PROFILE });
    const total = PROFILE.reduce((sum, weight) => sum + weight, 0);
    const rate = (hour: number): number => (24_000 * (PROFILE[hour] ?? 0)) / total;
    const at = (hour: number): number => curveShare(of, seen(of, hour, rate), hour * HOUR_MS);
    expect(at(8)).toBeCloseTo((8 * 0.5) / (total - 0.5), 1);
    expect(at(14)).toBeCloseTo(0.53, 1);
    expect(at(21.5)).toBeGreaterThan(0.99);
  });

  test("as soon as possible is all of it; after the end everything is", () => {
    const asap = paced({ mode: "asap" });
    const arrivals = watched(asap, 0, () => 0);
    expect(curveShare(asap, traffic(asap, arrivals, 0), 0)).toBe(1);
    const even = paced({});
    expect(curveShare(even, traffic(even, arrivals, DAY_MS), DAY_MS)).toBe(1);
  });

  test("goes straight from point to point, from nothing at the start to all of it at the last", () => {
    const points = [
      { atMs: 6 * HOUR_MS, share: 0.2 },
      { atMs: 12 * HOUR_MS, share: 0.2 },
      { atMs: 18 * HOUR_MS, share: 1 },
    ];
    const of = paced({ mode: "points", points });
    const arrivals = watched(of, 0, () => 0);
    const at = (hour: number): number => curveShare(of, traffic(of, arrivals, hour * HOUR_MS), hour * HOUR_MS);
    expect([0, 3, 6, 9, 12, 15, 18, 23].map((hour) => Math.round(100 * at(hour)))).toEqual([
      0, 10, 20, 20, 20, 60, 100, 100,
    ]);
    const target = spendTargetOf(of, traffic(of, arrivals, 12 * HOUR_MS), 12 * HOUR_MS);
    expect(target.share).toBeCloseTo(0.2 + 0.8 * (0.5 / 6));
    expect(target.sessions).toBeCloseTo(500, 0);
  });

  test("near the end some sessions are always left to spend on", () => {
    const of = paced({});
    const nowMs = DAY_MS - HOUR_MS / 2;
    const almostOver = traffic(
      of,
      watched(of, nowMs, () => 1_000),
      nowMs,
    );
    expect(almostOver.spendingSessions).toBeGreaterThan(0);
    expect(almostOver.spendingSessions).toBeLessThan(almostOver.remainingSessions);
  });
});
