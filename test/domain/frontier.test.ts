import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectedAt, positionForBudget, shadowPriceAt, sharesAt } from "../../src/domain/release/frontier.ts";
import type { ClusterValues, Frontier } from "../../src/domain/release/release.ts";

const zero = [
  [0, 0],
  [0, 0],
];
const values: ClusterValues = {
  reward: [
    [1, 2],
    [1, 4],
  ],
  rewardSe: zero,
  cost: [
    [0, 10],
    [0, 20],
  ],
  costSe: zero,
  redemption: zero,
  mix: [0.5, 0.5],
};
const row = (cost: number, price: number, shares: number[][]) => ({
  budgetPerSession: cost,
  shares,
  expectedReward: 0,
  expectedCost: cost,
  shadowPrice: price,
});
const frontier: Frontier = {
  steps: 4,
  rows: [
    row(0, 0.15, [
      [4, 0],
      [4, 0],
    ]),
    row(10, 0.1, [
      [4, 0],
      [0, 4],
    ]),
    row(15, 0, [
      [0, 4],
      [0, 4],
    ]),
  ],
};

describe("shares at a position", () => {
  test("a row's own position gives its shares, half way the mean of both", () => {
    expect(sharesAt(frontier, 1, 1)).toEqual([0, 1]);
    expect(sharesAt(frontier, 0.5, 1)).toEqual([0.5, 0.5]);
    expect(sharesAt(frontier, 1.25, 0)).toEqual([0.75, 0.25]);
  });
  test("positions outside the frontier are its ends", () => {
    expect(sharesAt(frontier, -3, 0)).toEqual([1, 0]);
    expect(sharesAt(frontier, 9, 0)).toEqual([0, 1]);
  });
  test("a given array is filled and returned, whatever was in it", () => {
    const out = [9, 9, 9];
    expect(sharesAt(frontier, 0, 0, out)).toBe(out);
    expect(out).toEqual([1, 0]);
  });
  test("they sum to 1 everywhere", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2, noNaN: true }), fc.constantFrom(0, 1), (position, cluster) => {
        const sum = sharesAt(frontier, position, cluster).reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(1, 12);
      }),
    );
  });
});

describe("what a position is worth on a live mix", () => {
  test("reward and spend by hand", () => {
    expect(expectedAt(frontier, values, [1, 1], 1)).toEqual({ reward: 2.5, cost: 10 });
    expect(expectedAt(frontier, values, [30, 10], 1)).toEqual({ reward: 1.75, cost: 5 });
    expect(expectedAt(frontier, values, [1, 1], 1.5)).toEqual({ reward: 2.75, cost: 12.5 });
  });
  test("an empty mix is worth nothing", () => {
    expect(expectedAt(frontier, values, [0, 0], 1)).toEqual({ reward: 0, cost: 0 });
  });
});

describe("the position for a budget", () => {
  test("is where expected spend meets the budget", () => {
    expect(positionForBudget(frontier, values, [1, 1], 5)).toEqual({ position: 0.5, shadowPrice: 0.125 });
    expect(positionForBudget(frontier, values, [1, 1], 12.5).position).toBe(1.5);
    expect(positionForBudget(frontier, values, [1, 1], 99)).toEqual({ position: 2, shadowPrice: 0 });
    expect(positionForBudget(frontier, values, [1, 1], -1).position).toBe(0);
    expect(shadowPriceAt(frontier, 1)).toBe(0.1);
  });

  const share = fc.integer({ min: 0, max: 4 });
  const shares = fc.tuple(share, share).map(([a, b]) => [
    [4 - a, a],
    [4 - b, b],
  ]);
  const anyFrontier = fc.array(shares, { minLength: 1, maxLength: 6 }).map((rows) => ({
    steps: 4,
    rows: [frontier.rows[0] ?? row(0, 0, zero), ...rows.map((each, index) => row(index + 1, 1 / (index + 1), each))],
  }));
  const mixes = fc.tuple(fc.double({ min: 0, max: 5, noNaN: true }), fc.double({ min: 0.01, max: 5, noNaN: true }));
  const budget = fc.double({ min: 0, max: 25, noNaN: true });

  test("rises with the budget and never spends more than it, on any mix, on any frontier", () => {
    fc.assert(
      fc.property(anyFrontier, mixes, budget, budget, fc.double({ min: 0, max: 1, noNaN: true }), (f, mix, a, b, u) => {
        const low = positionForBudget(f, values, mix, Math.min(a, b)).position;
        const high = positionForBudget(f, values, mix, Math.max(a, b)).position;
        expect(low).toBeLessThanOrEqual(high);
        expect(expectedAt(f, values, mix, high * u).cost).toBeLessThanOrEqual(Math.max(a, b) + 1e-9);
      }),
    );
  });
});
