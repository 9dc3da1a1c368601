import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/domain/random.ts";
import { median, quantiles } from "../../benchmarks/lib/quantile.ts";
import { sparkline, trendOf } from "../../benchmarks/lib/trend.ts";

const minutes = Array.from({ length: 30 }, (_, minute) => minute);

test("a straight line has its own slope and no doubt about it", () => {
  const line = fc.tuple(fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: -1_000, max: 1_000 }));
  fc.assert(
    fc.property(line, ([start, slope]) => {
      const values = minutes.map((minute) => start + slope * minute);
      expect(trendOf(minutes, values)).toEqual({ slope, low: slope, high: slope });
    }),
  );
});

test("of noise alone the interval holds 0 nineteen times in twenty; of noise that rises it does not", () => {
  const random = seededRandom("noise");
  const holdsZero = (rise: number): boolean => {
    const values = minutes.map((minute) => 100 + random.normal() + rise * minute);
    const { low, high } = trendOf(minutes, values);
    return low <= 0 && high >= 0;
  };
  const share = (rise: number): number =>
    Array.from({ length: 400 }, () => holdsZero(rise)).filter(Boolean).length / 400;
  expect(share(0)).toBeGreaterThan(0.92);
  expect(share(0)).toBeLessThan(0.98);
  expect(share(0.1)).toBeLessThan(0.05);
});

test("a spike moves neither slope nor median", () => {
  const values = minutes.map((minute) => (minute === 20 ? 10_000 : 100));
  expect(trendOf(minutes, values).slope).toBe(0);
  expect(median(values)).toBe(100);
  expect(median([1, 2, 3, 10])).toBe(2.5);
});

test("a quantile lies between the values beside its place, in proportion", () => {
  const at = quantiles([40, 10, 30, 20]);
  expect([0, 0.25, 0.5, 0.9, 1].map(at)).toEqual([10, 17.5, 25, 37, 40]);
  expect(quantiles([7])(0.99)).toBe(7);
  expect(quantiles([])(0.5)).toBeNaN();
});

test("the picture goes from the least to the most", () => {
  expect(sparkline([1, 2, 3])).toBe("▁▅█");
  expect(sparkline([7, 7])).toBe("▁▁");
});
