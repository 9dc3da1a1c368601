// A budget for each day or week: what is spent in it, what becomes of what it leaves, and what the status says.

import { expect, test } from "vitest";
import type { Campaign, Rollover } from "../../../src/domain/campaign/campaign.ts";
import { seededRandom } from "../../../src/domain/random.ts";
import { armAt } from "../day.ts";
import { arrivals } from "../shard.ts";
import { campaign, manifest, World } from "../world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const STEP_MS = 120_000;

interface Days {
  readonly world: World;
  /** Posted in each of them. */
  readonly posted: readonly number[];
  /** The largest distance from the day's own traffic, as a share of its budget. */
  readonly distance: number;
}

interface Played {
  readonly periods: NonNullable<Campaign["periods"]>;
  /** Sessions of each day. */
  readonly sessions: readonly number[];
  readonly budgetMinor?: bigint;
  readonly policy?: "strict" | "expected";
  readonly mode?: "asap" | "even";
  /** The treasurer is down for so long from each midnight on, and half of all reports are lost. */
  readonly downAfterMidnightMs?: number;
}

function play(options: Played): Days {
  const { periods, sessions, budgetMinor = 10_000_000n, policy = "strict", mode = "even" } = options;
  const { downAfterMidnightMs = 0 } = options;
  const spring = campaign({
    budgetMinor,
    periods,
    endMs: sessions.length * DAY_MS,
    pacing: { mode, expectedSessions: sessions.reduce((sum, day) => sum + day, 0) },
    reservation: { policy, ttlMs: HOUR_MS, risk: 0.01 },
  });
  const world = new World(spring, 3);
  const random = seededRandom("periods");
  world.command({ kind: "create", campaign: spring });
  world.command({ kind: "promote_release", release: world.release("a", manifest(0.6)) });
  world.cycle(0);
  const posted: number[] = [];
  let [before, distance] = [0, 0];
  for (let nowMs = 0; nowMs < spring.endMs; nowMs += STEP_MS) {
    const day = Math.floor(nowMs / DAY_MS);
    for (const shard of world.shards) {
      shard.settle(nowMs);
      shard.giveBack();
      const mean = ((sessions[day] ?? 0) / 3) * (STEP_MS / DAY_MS);
      for (let left = arrivals(random, mean); left > 0; left -= 1) {
        const redeemed = random.unit() < 0.6;
        const arm = armAt(shard.grant?.planRow ?? 0, random.unit());
        if (arm <= 0) shard.eligible += 1;
        else shard.draw(arm, redeemed, nowMs + (redeemed ? random.unit() : 1) * HOUR_MS);
      }
      const report = shard.report(spring.id, nowMs);
      if (downAfterMidnightMs === 0 || random.unit() < 0.5) world.sendReport(report);
    }
    if (day === 0 || nowMs - day * DAY_MS >= downAfterMidnightMs) world.cycle(nowMs);
    const now = Number(world.posted()) - before;
    distance = Math.max(distance, Math.abs(now / Number(periods.budgetMinor) - (nowMs - day * DAY_MS) / DAY_MS));
    if (nowMs + STEP_MS >= (day + 1) * DAY_MS) {
      posted.push(now);
      before += now;
    }
  }
  return { world, posted, distance };
}

const daily = (rollover: Rollover) => ({ every: "day", budgetMinor: 300_000n, rollover }) as const;
const ample = [6_000, 6_000, 6_000];

test("each day spends its budget over its own traffic, and no more", () => {
  const { posted, distance, world } = play({ periods: daily("none"), sessions: ample });
  for (const day of posted) {
    expect(day).toBeLessThanOrEqual(300_000);
    expect(day).toBeGreaterThan(285_000);
  }
  expect(distance).toBeLessThan(0.12);
  expect(world.letters).toEqual([]);
});

test("what a quiet day leaves is lost for the days without rollover, and spent on the next with it", () => {
  const sessions = [6_000, 400, 12_000];
  const none = play({ periods: daily("none"), sessions });
  const carry = play({ periods: daily("carry"), sessions });
  const left = 300_000 - (carry.posted[1] ?? 0);
  expect(left).toBeGreaterThan(150_000);
  for (const day of none.posted) expect(day).toBeLessThanOrEqual(300_000);
  expect(carry.posted[2]).toBeGreaterThan(0.95 * (300_000 + left));
  expect(carry.posted.reduce((sum, day) => sum + day, 0)).toBeLessThanOrEqual(900_000);
});

test("the budget of the whole is passed by no day's", () => {
  const { posted } = play({ periods: daily("none"), sessions: ample, budgetMinor: 700_000n });
  const sum = posted.reduce((total, day) => total + day, 0);
  expect(sum).toBeLessThanOrEqual(700_000);
  expect(sum).toBeGreaterThan(660_000);
});

test("as soon as possible: a day's budget is gone early, and the next one comes at midnight", () => {
  const { posted, world } = play({ periods: daily("none"), sessions: ample, mode: "asap" });
  for (const day of posted) {
    expect(day).toBeLessThanOrEqual(300_000);
    expect(day).toBeGreaterThan(285_000);
  }
  const noon = world.statuses.filter(({ atMs }) => atMs === DAY_MS + 12 * HOUR_MS).at(-1);
  expect(noon?.period).toMatchObject({ startMs: DAY_MS, endMs: 2 * DAY_MS, budgetMinor: 300_000n });
});

test("a week has one budget", () => {
  const sessions = Array.from({ length: 8 }, () => 1_500);
  // 1 January 1970 was a Thursday: four days to the first Monday.
  const { posted } = play({ periods: { every: "week", budgetMinor: 300_000n, rollover: "none" }, sessions });
  const weeks = [posted.slice(0, 4), posted.slice(4)].map((days) => days.reduce((sum, day) => sum + day, 0));
  for (const week of weeks) {
    expect(week).toBeLessThanOrEqual(300_000);
    expect(week).toBeGreaterThan(280_000);
  }
});

test("what a quiet day left in the shards while the treasurer was down over midnight counts to the new day", () => {
  const down = { periods: daily("none"), sessions: [400, 9_000, 6_000], downAfterMidnightMs: 3 * HOUR_MS };
  const { posted } = play({ ...down, mode: "asap" });
  for (const day of posted) expect(day).toBeLessThanOrEqual(300_000);
  expect(posted[2]).toBeGreaterThan(250_000);
});

test("under expected, a day's budget is what holds are expected to come to", () => {
  const { posted } = play({ periods: daily("none"), sessions: ample, policy: "expected" });
  for (const day of posted) {
    expect(day).toBeLessThanOrEqual(300_000);
    expect(day).toBeGreaterThan(285_000);
  }
});

test("days end at the midnights of the campaign's zone", () => {
  const spring = campaign({
    startMs: Date.parse("2026-03-28T11:00:00Z"),
    endMs: Date.parse("2026-03-30T10:00:00Z"),
    timeZone: "Europe/Berlin",
    periods: daily("none"),
  });
  const world = new World(spring, 1);
  world.command({ kind: "create", campaign: spring });
  const spans = ["2026-03-28T10:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"].map((at) => {
    world.cycle(Date.parse(at));
    const { startMs = 0, endMs = 0 } = world.status.period ?? {};
    return [new Date(startMs).toISOString(), new Date(endMs).toISOString()];
  });
  expect(spans).toEqual([
    ["2026-03-28T11:00:00.000Z", "2026-03-28T23:00:00.000Z"],
    ["2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"],
    ["2026-03-29T22:00:00.000Z", "2026-03-30T10:00:00.000Z"],
  ]);
});

test.each([
  ["as soon as it begins", 1],
  ["after two days in which nobody looked", 3],
])("a command of the new day, %s, changes nothing of what the days before it have left", (_when, days) => {
  const spring = campaign({ endMs: 9 * DAY_MS, budgetMinor: 9_000_000n, periods: daily("carry") });
  const world = new World(spring, 1);
  world.command({ kind: "create", campaign: spring });
  for (const nowMs of [0, DAY_MS - 1_000]) world.cycle(nowMs);
  world.command({ kind: "set_budget", budgetMinor: 9_000_000n, currency: "EUR", periodBudgetMinor: 1_000_000n });
  world.cycle(days * DAY_MS);
  expect(world.status.period?.budgetMinor).toBe(1_000_000n + BigInt(days) * 300_000n);
});

test("a day's budget is raised and cut by command; what a cut leaves out beyond it is asked back", () => {
  const spring = campaign({ periods: daily("carry"), pacing: { mode: "asap", expectedSessions: 1_000 } });
  const world = new World(spring, 2);
  world.command({ kind: "create", campaign: spring });
  world.cycle(0);
  const out = (): bigint => world.shards.reduce((sum, { plan }) => sum + plan.granted - plan.returned, 0n);
  const set = (periodBudgetMinor: bigint, nowMs: number): void => {
    world.command({ kind: "set_budget", budgetMinor: spring.budgetMinor, currency: "EUR", periodBudgetMinor });
    for (const atMs of [nowMs, nowMs + 1_000, nowMs + 2_000]) {
      world.cycle(atMs);
      for (const shard of world.shards) {
        shard.giveBack();
        world.sendReport(shard.report("spring", atMs));
      }
    }
    world.cycle(nowMs + 3_000);
  };
  expect(out()).toBeLessThanOrEqual(300_000n);
  set(40_000n, 10_000);
  expect(out()).toBeLessThanOrEqual(40_000n);
  expect(world.status.period?.budgetMinor).toBe(40_000n);
  set(500_000n, 20_000);
  expect(out()).toBeGreaterThan(200_000n);
  expect(out()).toBeLessThanOrEqual(500_000n);
});
