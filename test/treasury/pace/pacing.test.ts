import { expect, test } from "vitest";
import { PACING_CONTROLLERS, type CurvePoint } from "../../../src/domain/campaign/campaign.ts";
import { playDay, type DayOptions } from "../day.ts";
import { campaign, World } from "../world.ts";

const HOUR_MS = 3_600_000;
const doublePeak = (share: number): number =>
  0.2 + Math.exp(-(((share - 0.4) / 0.08) ** 2)) + 1.4 * Math.exp(-(((share - 0.8) / 0.07) ** 2));
const oneBusyShard = [0.9, ...Array.from({ length: 15 }, () => 0.1 / 15)];
const flat: DayOptions = {
  mode: "even",
  shards: 4,
  budgetMinor: 1_000_000n,
  sessions: 20_000,
  ttlMs: 2 * HOUR_MS,
  redemption: 1,
};

test.each<[string, DayOptions]>([
  ["as soon as possible", { ...flat, mode: "asap" }],
  ["evenly", flat],
  ["evenly, on a day with two peaks", { ...flat, shape: doublePeak }],
  ["with one busy shard among sixteen", { ...flat, shards: 16, budgetMinor: 200_000n, skew: oneBusyShard }],
  ["as soon as possible with one busy shard", { ...flat, mode: "asap", shards: 16, skew: oneBusyShard }],
  ["with twice the traffic expected", { ...flat, expectedSessions: 10_000 }],
  ["with holds that mostly come back, as soon as possible", { ...flat, mode: "asap", redemption: 0.3 }],
])(
  "at least 99 %% of a budget is used where the demand suffices, and never more than all of it: %s",
  (_name, options) => {
    for (const seed of [1, 2]) {
      const day = playDay({ ...options, seed });
      expect(day.peak).toBeLessThanOrEqual(1);
      expect(day.used).toBeGreaterThanOrEqual(0.99);
      expect(day.world.letters).toEqual([]);
    }
  },
);

test("a budget of a few holds is not stranded in shards", () => {
  for (const seed of [1, 2]) {
    expect(playDay({ ...flat, mode: "asap", shards: 16, budgetMinor: 6_000n, seed }).used).toBeGreaterThanOrEqual(0.95);
  }
});

test("holds that mostly come back are drawn again: under strict the budget is still nearly spent, and evenly", () => {
  for (const seed of [1, 2]) {
    const day = playDay({ ...flat, redemption: 0.3, ttlMs: HOUR_MS, seed });
    expect(day.peak).toBeLessThanOrEqual(1);
    expect(day.posted).toBeGreaterThan(0.95);
    expect(day.curveDistance).toBeLessThan(0.03);
  }
});

test("even pacing follows the traffic", () => {
  for (const seed of [1, 2]) {
    expect(playDay({ ...flat, seed }).curveDistance).toBeLessThan(0.04);
    expect(playDay({ ...flat, shape: doublePeak, seed }).curveDistance).toBeLessThan(0.09);
  }
});

test.each(PACING_CONTROLLERS)("%s follows the traffic and spends the budget", (controller) => {
  const day = playDay({ ...flat, ttlMs: HOUR_MS / 2, redemption: 0.6, pacing: { controller } });
  expect(day.peak).toBeLessThanOrEqual(1);
  expect(day.posted).toBeGreaterThan(0.96);
  expect(day.curveDistance).toBeLessThan(0.03);
});

test("a day's shape that is known from a log keeps the budget nearer to its curve than one that is not", () => {
  const profile = Array.from({ length: 24 }, (_, hour) => doublePeak((hour + 0.5) / 24));
  const known = playDay({ ...flat, shape: doublePeak, pacing: { profile } });
  const unknown = playDay({ ...flat, shape: doublePeak });
  expect(known.curveDistance).toBeLessThan(0.6 * unknown.curveDistance);
});

test("given points are followed: a third before noon, nothing over midday, the rest in the evening", () => {
  const at = (hour: number, share: number): CurvePoint => ({ atMs: hour * HOUR_MS, share });
  const points = [at(10, 0.33), at(14, 0.33), at(20, 1)];
  const day = playDay({ ...flat, ttlMs: HOUR_MS / 4, mode: "points", pacing: { points } });
  const hours = day.postedByHour;
  expect(day.peak).toBeLessThanOrEqual(1);
  expect(hours[4]).toBeGreaterThan(0.1);
  expect(hours[4]).toBeLessThan(0.22);
  expect(hours[9]).toBeCloseTo(0.33, 1);
  expect(hours[13]).toBeLessThan(0.37);
  expect(hours[16]).toBeCloseTo(0.665, 1);
  expect(hours[20]).toBeGreaterThan(0.96);
});

test("the curve moves by time alone, a second at a time, and the campaign ends at its end", () => {
  const even = campaign({ pacing: { mode: "even", expectedSessions: 1_000 }, startMs: 0, endMs: 100_000 });
  const world = new World(even, 2);
  world.command({ kind: "create", campaign: even });
  world.cycle(0);
  for (const shard of world.shards) {
    shard.eligible = 100;
    world.sendReport(shard.report("spring", 1));
  }
  world.cycle(1);
  const statuses = world.statuses.length;
  world.cycle(500);
  expect(world.statuses).toHaveLength(statuses);
  const targets = [20_000, 40_000, 60_000, 80_000].map((nowMs) => {
    world.cycle(nowMs);
    return world.status.targetMinor;
  });
  expect(targets.every((target, index) => index === 0 || target > (targets[index - 1] ?? 0n))).toBe(true);
  world.cycle(100_000);
  expect(world.status).toMatchObject({ state: "ended", revision: 2 });
  expect(world.shards.map((shard) => shard.grant?.state)).toEqual(["ended", "ended"]);
  for (const shard of world.shards) {
    shard.giveBack();
    world.sendReport(shard.report("spring", 100_100));
  }
  world.cycle(100_100);
  expect(world.status.totals.plan.granted - world.status.totals.plan.returned).toBe(0n);
  const outputs = world.outputs.length;
  world.cycle(200_000);
  expect(world.outputs).toHaveLength(outputs);
});
