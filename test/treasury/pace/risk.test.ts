// The policy `expected`: how much may be held beyond the budget, and that the budget is kept with the stated probability.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/domain/random.ts";
import { markEveryMs, watchCohorts, type Cohorts, type Mark } from "../../../src/treasury/forecast/cohorts.ts";
import { riskOf } from "../../../src/treasury/pace/risk.ts";
import { playDay, type DayOptions } from "../day.ts";
import { playLending, type LendingOptions } from "./lending.ts";
import { campaign } from "../world.ts";

const FACE = 1_000;
const TTL_MS = 64_000;

/** `looks`: marks in the period. */
function expected(risk: number, looks = 1) {
  const reservation = { policy: "expected", ttlMs: TTL_MS, risk } as const;
  return campaign({ reservation, startMs: 0, endMs: looks * markEveryMs({ reservation }) });
}

function mark(atMs: number, reserved: number, settled: number, released: number, foreseenMinor = 0): Mark {
  const [reservedMinor, settledMinor, releasedMinor] = [BigInt(reserved), BigInt(settled), BigInt(released)];
  return { atMs, reservedMinor, settledMinor, releasedMinor, foreseenMinor };
}

/** What was held a life ago has ended, so much of it redeemed; nothing has ended of what is held now. */
function aLifeLater(held: number, settled: number, released: number): Cohorts {
  const now = mark(TTL_MS * 0.97, settled + released + held, settled, released);
  return { marks: [mark(0, settled + released, 0, 0), now], now, early: null };
}

function overbooked(of: ReturnType<typeof expected>, cohorts: Cohorts): number {
  return Number(riskOf(of, cohorts).overbookedMinor);
}

describe("what may be held beyond the budget", () => {
  test("is nothing under strict, before a hold's life is over, and where the reserve eats it", () => {
    const lends = aLifeLater(500_000, 3_000_000, 7_000_000);
    expect(overbooked(expected(0.01), lends)).toBeGreaterThan(0);
    expect(overbooked(campaign({}), lends)).toBe(0);
    expect(overbooked(expected(0.01), { ...lends, marks: lends.marks.slice(1) })).toBe(0);
    expect(overbooked(expected(0.01), aLifeLater(500_000, 1_000, 1_000))).toBe(0);
    expect(overbooked(expected(0.01), aLifeLater(5_000, 3_000_000, 7_000_000))).toBe(0);
    expect(overbooked(expected(0.01), aLifeLater(500_000, 80_000, 0))).toBe(0);
    expect(overbooked(expected(0.01), aLifeLater(500_000, 10_000_000, 0))).toBe(0);
  });

  test.each([
    [1_000, 400, 0.3],
    [1_000, 400, 0.05],
    [300, 900, 0.8],
    [10_000, 100, 0.5],
  ])(
    "of %d faces that ended and %d that are held, %d redeemed: no rarer than promised by the binomials themselves, and not far from it",
    (old, young, share) => {
      const settled = Math.round(old * share) * FACE;
      const risk = 0.04;
      const comes = young * FACE - overbooked(expected(risk), aLifeLater(young * FACE, settled, old * FACE - settled));
      const margin = comes / FACE - young * share;
      // One of the four bounds that share the risk.
      const exact = beyond(young, old, share);
      expect(exact(margin)).toBeLessThanOrEqual(risk / 4);
      expect(exact(0.6 * margin)).toBeGreaterThan(risk / 4);
    },
  );

  test("what was redeemed of the young early is counted off, whatever their age", () => {
    const [first, last] = [mark(0, 10_000_000, 0, 0), mark(TTL_MS * 0.97, 11_000_000, 4_300_000, 6_000_000)];
    // All 300,000 that ended of the young were redeemed, as everything was that ended early in the first life.
    const early = mark(TTL_MS / 2, 9_000_000, 2_000_000, 0);
    const some = { marks: [first, last], now: last, early };
    const none = aLifeLater(1_000_000, 4_000_000, 6_000_000);
    const comes = (cohorts: Cohorts, held: number): number => held - overbooked(expected(0.01), cohorts);
    expect(comes(none, 1_000_000) - comes(some, 700_000)).toBeGreaterThan(295_000);
    // Whom nobody has watched from the first hold on may have declined instead.
    expect(comes({ ...some, early: null }, 700_000)).toBeGreaterThan(comes(some, 700_000) + 290_000);
  });

  test("plans that are expected to be redeemed more often than those before are believed; less often, not", () => {
    const of = (before: number, since: number): number => {
      const { marks, now, early } = aLifeLater(1_000_000, 3_000_000, 7_000_000);
      const [first = now, last = now] = marks.map((each, index) => ({
        ...each,
        foreseenMinor: 10_000_000 * before + index * 1_000_000 * since,
      }));
      return overbooked(expected(0.01), { marks: [first, last], now: last, early });
    };
    expect(of(0.3, 0.45)).toBeLessThan(of(0.3, 0.3) - 140_000);
    expect(of(0.3, 0.2)).toBe(of(0.3, 0.3));
  });

  test("shrinks with the stated risk and with the number of looks that share it, and is never more than comes back", () => {
    fc.assert(
      fc.property(fc.nat(2_000_000), fc.nat(9_000_000), fc.nat(9_000_000), (held, settled, released) => {
        const of = (risk: number, looks: number): number =>
          overbooked(expected(risk, looks), aLifeLater(held, settled, released));
        const often = of(0.1, 1);
        expect(of(0.001, 1)).toBeLessThanOrEqual(often);
        expect(of(0.1, 1_000)).toBeLessThanOrEqual(often);
        expect(often).toBeLessThanOrEqual(held * (1 - settled / Math.max(1, settled + released)) + 1);
      }),
    );
  });
});

/** Probability that the young bring more than their share by so many faces, when both are binomial. */
function beyond(young: number, old: number, share: number): (margin: number) => number {
  const [of, ofOld] = [binomial(young, share), binomial(old, share)];
  const above = [...of];
  for (let count = young - 1; count >= 0; count -= 1) above[count] = (above[count] ?? 0) + (above[count + 1] ?? 0);
  return (margin) =>
    ofOld.reduce((sum, chance, seen) => {
      const least = Math.max(0, Math.floor((young * seen) / old + margin) + 1);
      return sum + chance * (above[least] ?? 0);
    }, 0);
}

function binomial(count: number, share: number): number[] {
  const logs = [count * Math.log(1 - share)];
  for (let k = 1; k <= count; k += 1)
    logs.push((logs[k - 1] ?? 0) + Math.log(((count - k + 1) / k) * (share / (1 - share))));
  return logs.map(Math.exp);
}

describe("marks", () => {
  test("reach back a little less than a life, and are some to each", () => {
    const lives = campaign({ reservation: { policy: "expected", ttlMs: TTL_MS } });
    const totals = { granted: 0n, returned: 0n, settled: 0n, released: 0n, sent: 0n };
    let cohorts: Cohorts | null = null;
    for (let atMs = 0; atMs < 5 * TTL_MS; atMs += 500) {
      cohorts = watchCohorts(cohorts, lives, { ...totals, reserved: BigInt(atMs) }, 0.5, atMs);
      const ages = cohorts.marks.map((each) => atMs - each.atMs);
      expect(Math.max(...ages)).toBeLessThan(1.2 * TTL_MS);
      expect(ages.length).toBeLessThanOrEqual(10);
      if (atMs > TTL_MS)
        expect((cohorts.marks.at(-1)?.atMs ?? 0) - (cohorts.marks[0]?.atMs ?? 0)).toBeGreaterThan(0.9 * TTL_MS);
      expect(cohorts.now.foreseenMinor).toBeCloseTo(atMs / 2);
    }
  });
});

describe("a treasurer that lends all it may, at every look, passes the budget no more often than stated", () => {
  const steady = (): number => 12;
  const rush = (share: number): number => (share > 0.9 ? 60 : 3);
  const cases: [string, Pick<LendingOptions, "redemption" | "after" | "demand" | "declined" | "part">][] = [
    ["redeemed early", { redemption: 0.4, after: (unit) => unit ** 2, demand: steady }],
    ["redeemed late", { redemption: 0.2, after: (unit) => 1 - unit ** 3, demand: steady }],
    ["a rush at the end, whose holds are young", { redemption: 0.4, after: (unit) => unit ** 2, demand: rush }],
    [
      "declined, or redeemed in part",
      { redemption: 0.5, declined: 0.3, part: 0.7, after: (unit) => unit, demand: steady },
    ],
  ];
  const risk = 0.1;
  const runs = 150;
  const play = (name: string, options: (typeof cases)[number][1], keepsReserve: boolean) => {
    const reservation = { policy: "expected", ttlMs: TTL_MS, risk } as const;
    const spring = campaign({ reservation, startMs: 0, endMs: 5 * TTL_MS });
    return Array.from({ length: runs }, (_, run) =>
      playLending({
        campaign: spring,
        budgetHolds: 150,
        ...options,
        keepsReserve,
        random: seededRandom(`${name}/${run}`),
      }),
    );
  };

  test.each(cases)("%s", (name, options) => {
    const days = play(name, options, true);
    expect(days.filter(({ spent }) => spent > 1).length).toBeLessThanOrEqual(risk * runs);
    expect(days.filter(({ lent }) => lent > 0.05).length).toBeGreaterThan(0.95 * runs);
  });

  test("and would far more often without the reserve", () => {
    const options = { redemption: 0.4, after: (unit: number) => unit ** 2, demand: steady };
    expect(play("redeemed early", options, false).filter(({ spent }) => spent > 1).length).toBeGreaterThan(0.2 * runs);
  });
});

describe("a day whose holds mostly come back, and live long", () => {
  const day: DayOptions = {
    mode: "even",
    shards: 4,
    budgetMinor: 4_000_000n,
    sessions: 60_000,
    ttlMs: 3 * 3_600_000,
    redemption: 0.2,
  };

  test("spends more of its budget than under strict, and not more than its budget", () => {
    for (const seed of [1, 2]) {
      const strict = playDay({ ...day, seed });
      const lent = playDay({ ...day, policy: "expected", seed });
      expect(strict.overbooked).toBe(0);
      expect(strict.peak).toBeLessThanOrEqual(1);
      expect(lent.overbooked).toBeGreaterThan(0);
      expect(lent.posted).toBeGreaterThan(strict.posted + 0.02);
      expect(lent.posted).toBeLessThanOrEqual(1);
      expect(lent.world.letters).toEqual([]);
    }
  });
});
