// The policy `expected`: how much may be held beyond the budget, and that the budget is kept with the stated probability.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AccountTotals } from "../../src/domain/control.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { riskOf } from "../../src/treasury/risk.ts";
import { playDay, type DayOptions } from "./day.ts";
import { ARMS, campaign } from "./world.ts";

const FACE = 1_000;
const NONE: AccountTotals = { granted: 0n, returned: 0n, reserved: 0n, settled: 0n, released: 0n, sent: 0n };

function expected(risk: number, looks = 1) {
  return campaign({ reservation: { policy: "expected", ttlMs: 1_000, risk }, startMs: 0, endMs: looks * 1_000 });
}

function totals(held: number, settled: number, released: number): AccountTotals {
  const [s, r] = [BigInt(settled), BigInt(released)];
  return { ...NONE, reserved: BigInt(held) + s + r, settled: s, released: r };
}

describe("what may be held beyond the budget", () => {
  test("is nothing under strict, before holds have ended, and where the reserve eats it", () => {
    const strict = campaign({});
    expect(riskOf(strict, totals(500_000, 300_000, 700_000), 0.3, 1_000).overbookedMinor).toBe(0n);
    expect(riskOf(expected(0.01), totals(500_000, 0, 0), 0.3, 1_000).overbookedMinor).toBe(0n);
    expect(riskOf(expected(0.01), totals(500_000, 1_000, 1_000), 0.3, 1_000).overbookedMinor).toBe(0n);
    expect(riskOf(expected(0.01), totals(5_000, 3_000_000, 7_000_000), 0.3, 1_000).overbookedMinor).toBe(0n);
  });

  test("is what is expected back less the reserve; both by the worked example", () => {
    // F = 1,000; L = ln(2 / 0.01) = 5.298; q = 0.3 + √(2 · 0.3 · 0.7 · L / 10,000) + 7 L / (3 · 9,999) = 0.31616
    const { overbookedMinor, reserveMinor } = riskOf(expected(0.01), totals(1_000_000, 3_000_000, 7_000_000), 0, 1_000);
    // V = F · 1,000,000 · q (1 − q) = 2.162e8; F L / 3 = 1,766; reserve = 1,766 + √(1,766² + 2 V L)
    expect(Number(reserveMinor)).toBeCloseTo(49_660, -2);
    expect(Number(overbookedMinor)).toBeCloseTo(1_000_000 * (1 - 0.31616) - 49_660, -2);
  });

  test("a release that expects more redemptions than were seen is believed; one that expects fewer is not", () => {
    const held = totals(1_000_000, 3_000_000, 7_000_000);
    const over = (redemption: number): number =>
      Number(riskOf(expected(0.01), held, redemption, 1_000).overbookedMinor);
    expect(over(0.1)).toBe(over(0.3));
    expect(over(0.5)).toBeLessThan(over(0.3));
    expect(over(1)).toBe(0);
  });

  test("falls with a smaller stated probability and with more looks, and is never more than what has not been redeemed", () => {
    fc.assert(
      fc.property(fc.nat(2_000_000), fc.nat(9_000_000), fc.nat(9_000_000), (held, settled, released) => {
        const of = (risk: number, looks: number): number =>
          Number(riskOf(expected(risk, looks), totals(held, settled, released), 0.2, 1_000).overbookedMinor);
        const often = of(0.1, 1);
        expect(of(0.001, 1)).toBeLessThanOrEqual(often);
        expect(of(0.1, 86_400)).toBeLessThanOrEqual(often);
        expect(often).toBeLessThanOrEqual(held * (1 - settled / Math.max(1, settled + released)) + 1);
      }),
    );
  });

  test.each([0.1, 0.3, 0.6])(
    "with %d redeemed, more than promised is redeemed in no more runs than stated",
    (share) => {
      const risk = 0.05;
      const runs = 2_000;
      const random = seededRandom(`risk/${share}`);
      const faces = ARMS.slice(1).map(({ faceMinor }) => Number(faceMinor));
      const some = (count: number): [number, number] => {
        let [redeemed, all] = [0, 0];
        for (let index = 0; index < count; index += 1) {
          const face = faces[random.below(faces.length)] ?? FACE;
          all += face;
          if (random.unit() < share) redeemed += face;
        }
        return [redeemed, all];
      };
      let passed = 0;
      let lent = 0;
      for (let run = 0; run < runs; run += 1) {
        const [settled, ended] = some(1_500);
        const [redeemed, held] = some(400);
        const { overbookedMinor } = riskOf(expected(risk), totals(held, settled, ended - settled), 0, 1_000);
        if (overbookedMinor > 0n) lent += 1;
        // The budget is just full: it is passed when what is held brings more than held − overbooked.
        if (redeemed > held - Number(overbookedMinor)) passed += 1;
      }
      expect(lent).toBeGreaterThan(0.95 * runs);
      expect(passed / runs).toBeLessThanOrEqual(risk);
    },
  );
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
