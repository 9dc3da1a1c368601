// A day's arrivals: seeded, in order, two peaks, and users who come back.

import { expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { DAY_MS, drawTraffic, hourlyProfile } from "../../src/simulate/world/traffic.ts";

const traffic = drawTraffic({ sessions: 20_000, users: 15_000, seed: 3 });

test("the same seed gives the same day, another seed another", () => {
  expect(drawTraffic({ sessions: 20_000, users: 15_000, seed: 3 })).toEqual(traffic);
  expect(drawTraffic({ sessions: 20_000, users: 15_000, seed: 4 })).not.toEqual(traffic);
});

test("sessions come in order, within the day", () => {
  for (let index = 1; index < traffic.sessions; index += 1)
    expect(must(traffic.atMs[index], "time")).toBeGreaterThanOrEqual(must(traffic.atMs[index - 1], "time"));
  expect(must(traffic.atMs[0], "time")).toBeGreaterThanOrEqual(0);
  expect(must(traffic.atMs.at(-1), "time")).toBeLessThan(DAY_MS);
});

test("noon and evening are busy, the night is not", () => {
  const between = (from: number, to: number): number =>
    traffic.atMs.filter((at) => at >= (from / 24) * DAY_MS && at < (to / 24) * DAY_MS).length;
  expect(between(11, 14)).toBeGreaterThan(3 * between(1, 4));
  expect(between(18, 21)).toBeGreaterThan(between(11, 14));
  expect(between(15, 17) / 2).toBeLessThan(between(18, 21) / 3);
});

test("some users come back on the same day", () => {
  const distinct = new Set(traffic.user).size;
  expect(distinct).toBeLessThan(0.9 * traffic.sessions);
  expect(distinct).toBeGreaterThan(0.5 * traffic.sessions);
});

test("its hourly profile counts every session once, and is highest where the day is busiest", () => {
  const hours = hourlyProfile(traffic);
  expect(hours).toHaveLength(24);
  expect(hours.reduce((sum, count) => sum + count, 0)).toBe(traffic.sessions);
  expect(Math.max(...hours)).toBe(Math.max(...hours.slice(18, 22)));
  expect(Math.min(...hours)).toBe(Math.min(...hours.slice(0, 5)));
});
