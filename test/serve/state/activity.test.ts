// What is remembered of a user's activity, and that docs/FEATURES.md names it.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  AGGREGATES,
  aggregatesOf,
  LONG_AGO_DAYS,
  NO_ACTIVITY,
  withIncentive,
  withOrder,
  withRedemption,
  withReward,
  withSession,
} from "../../../src/serve/state/user/activity.ts";
import { HOUR_MS, START_MS } from "../harness.ts";

const DAY_MS = 24 * HOUR_MS;

test("docs/FEATURES.md names every aggregate, in order, and no other", () => {
  const text = readFileSync(new URL("../../../docs/FEATURES.md", import.meta.url), "utf8");
  expect([...text.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1])).toEqual([...AGGREGATES]);
});

test("a user of whom nothing is known has done nothing, long ago", () => {
  const expected = Object.fromEntries(AGGREGATES.map((name) => [name, name.startsWith("days_") ? LONG_AGO_DAYS : 0]));
  expect(aggregatesOf(NO_ACTIVITY, START_MS)).toEqual(expected);
});

test("each event counts in its windows until they have passed over it", () => {
  let activity = withSession(NO_ACTIVITY, START_MS);
  activity = withOrder(activity, START_MS);
  activity = withReward(withRedemption(withIncentive(activity, START_MS), START_MS), START_MS, 2.5);
  const at = (days: number) => aggregatesOf(activity, START_MS + days * DAY_MS);
  const all = { sessions_7d: 1, sessions_30d: 1, orders_7d: 1, orders_30d: 1, redemptions_30d: 1 };
  const given = { incentives_7d: 1, incentives_30d: 1, reward_30d: 2.5 };
  expect(at(0)).toMatchObject({ ...all, ...given, sessions_1d: 1, days_since_last_session: 0, sessions_decayed: 1 });
  expect(at(1)).toMatchObject({ ...all, sessions_1d: 0, days_since_last_order: 1 });
  expect(at(7)).toMatchObject({ sessions_7d: 0, incentives_7d: 0, orders_7d: 0, sessions_30d: 1, reward_30d: 2.5 });
  expect(at(7).sessions_decayed).toBeCloseTo(0.5, 12);
  expect(at(30)).toMatchObject({
    sessions_30d: 0,
    orders_30d: 0,
    redemptions_30d: 0,
    incentives_30d: 0,
    reward_30d: 0,
  });
  expect(at(30).orders_decayed).toBeCloseTo(0.5, 12);
  expect(at(90)).toMatchObject({ days_since_last_session: LONG_AGO_DAYS, days_since_last_order: LONG_AGO_DAYS });
});

test("counts agree with the plain list of events, however they fall, to a bucket's width", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 120, size: "max" });
  fc.assert(
    fc.property(gaps, (hours) => {
      let nowMs = START_MS;
      let activity = NO_ACTIVITY;
      const events: number[] = [];
      for (const gap of hours) {
        nowMs += gap * HOUR_MS;
        activity = withSession(activity, nowMs);
        events.push(nowMs);
      }
      const found = aggregatesOf(activity, nowMs);
      const since = (ms: number): number => events.filter((event) => event > nowMs - ms).length;
      for (const [name, days, widthMs] of [
        ["sessions_1d", 1, 6 * HOUR_MS],
        ["sessions_7d", 7, DAY_MS],
        ["sessions_30d", 30, DAY_MS],
      ] as const) {
        expect(found[name]).toBeGreaterThanOrEqual(since(days * DAY_MS - widthMs));
        expect(found[name]).toBeLessThanOrEqual(since(days * DAY_MS + widthMs));
      }
    }),
    { numRuns: 200 },
  );
});
