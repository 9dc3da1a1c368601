// What somebody should look at of a campaign: each warning at what it is about, and none where all is well.

import { describe, expect, test } from "vitest";
import type { BudgetStatus } from "../../src/domain/campaign/control.ts";
import { warningsOf, type Surrounding } from "../../src/observe/warnings.ts";
import { SAMPLES } from "../../fixtures/samples.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 5);
const NONE = { granted: 0n, returned: 0n, reserved: 0n, settled: 0n, released: 0n, sent: 0n };
const spent = (minor: bigint) => ({
  plan: { ...NONE, granted: minor, reserved: minor, settled: minor },
  exploration: NONE,
});

/** A quarter of the period is over, a quarter of the money and of the sessions has gone. */
const STATUS: BudgetStatus = {
  ...SAMPLES["budget-status"],
  state: "live",
  budgetMinor: 100_000n,
  targetMinor: 27_000n,
  totals: spent(25_000n),
  riskReserveMinor: 0n,
  alarm: null,
  forecast: { ...SAMPLES["budget-status"].forecast, refusedShare: 0 } as BudgetStatus["forecast"],
};
const AROUND: Surrounding = {
  nowMs: START_MS + 6 * HOUR_MS,
  campaign: {
    ...SAMPLES.grants.campaign,
    startMs: START_MS,
    endMs: START_MS + 24 * HOUR_MS,
    pacing: { mode: "even", expectedSessions: 4_000 },
  },
  eligibleSessions: 1_000,
  recent: { sessions: 100, refusedShare: 0.1 },
};

const kinds = (status: Partial<BudgetStatus> = {}, around: Partial<Surrounding> = {}) =>
  warningsOf({ ...STATUS, ...status }, { ...AROUND, ...around }).map(({ kind }) => kind);
const forecast = (refusedShare: number) => ({
  forecast: { ...STATUS.forecast, refusedShare } as BudgetStatus["forecast"],
});

test("a campaign that goes as it should has none", () => expect(kinds()).toEqual([]));

describe("each warning", () => {
  test.each<[string, Partial<BudgetStatus>, Partial<Surrounding>]>([
    ["alarm", { alarm: { atMs: 1, shards: [0], detail: "too much" }, state: "paused" }, {}],
    ["no_release", { release: null }, {}],
    ["before_period", {}, { nowMs: START_MS - 1, eligibleSessions: 0 }],
    ["after_period", {}, { nowMs: START_MS + 24 * HOUR_MS, eligibleSessions: 4_000 }],
    ["refused", {}, { recent: { sessions: 100, refusedShare: 0.78 } }],
    ["no_sessions", {}, { recent: { sessions: 0, refusedShare: 0 } }],
    ["ends_early", forecast(0.78), {}],
    ["off_curve", { totals: spent(5_000n) }, {}],
    ["traffic", {}, { eligibleSessions: 20_000 }],
    ["traffic", {}, { eligibleSessions: 200 }],
    ["cut_below_out", { budgetMinor: 24_000n, targetMinor: 24_000n }, {}],
  ])("%s", (kind, status, around) => expect(kinds(status, around)).toEqual([kind]));
});

test("what is not known is not said", () =>
  expect(kinds({ totals: spent(5_000n) }, { campaign: null, eligibleSessions: null, recent: null })).toEqual([]));

test("few sessions say nothing of a share, and a campaign without a curve cannot be off it", () => {
  expect(kinds({}, { recent: { sessions: 5, refusedShare: 1 } })).toEqual([]);
  const asap = { ...AROUND.campaign, pacing: { mode: "asap", expectedSessions: 4_000 } } as Surrounding["campaign"];
  expect(kinds({ totals: spent(5_000n), targetMinor: 100_000n }, { campaign: asap })).toEqual([]);
});

test("an ended campaign has none", () => expect(kinds({ state: "ended", ...forecast(1) })).toEqual([]));
