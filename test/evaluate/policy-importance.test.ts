// Permutation importance of a plan, where its truth is known.

import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/domain/random.ts";
import type { Frontier } from "../../src/domain/release/release.ts";
import { BOOTSTRAP, LOTS } from "../../src/evaluate/policy/bootstrap.ts";
import { addRow, emptyGroups, type GroupedRows } from "../../src/evaluate/policy/grouped.ts";
import { PlanImportance } from "../../src/evaluate/policy/importance.ts";

const ROWS = 8_000;
const random = seededRandom("importance");

/** Two offers with even chances. What the second brings, it brings to those of cluster 1, and it costs 10 whoever gets it. */
const rows = Array.from({ length: ROWS }, (_, row) => {
  const cluster = random.below(2);
  const arm = random.below(2);
  return { lot: row % LOTS, cluster, arm, reward: arm === 1 && cluster === 1 ? 1 : 0, cost: 10 * arm };
});

/** Nothing; the second offer for cluster 1; the second for all. */
const FRONTIER: Frontier = {
  steps: 1,
  rows: [
    [
      [1, 0],
      [1, 0],
    ],
    [
      [1, 0],
      [0, 1],
    ],
    [
      [0, 1],
      [0, 1],
    ],
  ].map((shares, row) => ({
    ...{ shares, budgetPerSession: 5 * row, expectedCost: 5 * row, expectedReward: row, shadowPrice: 0.1 },
  })),
};

/** The rows as they are taken for by somebody who sees this cluster for each. */
function taken(clusterOf: (row: number) => number): GroupedRows {
  const grouped = emptyGroups(2, 2, LOTS);
  rows.forEach(({ lot, arm, reward, cost }, row) =>
    addRow(grouped, { lot, group: clusterOf(row), arm, propensity: 0.5, reward, cost }),
  );
  return grouped;
}

const own = (row: number): number => rows[row]?.cluster ?? 0;
const byChance = (seed: number) => {
  const drawn = seededRandom(`clusters ${seed}`);
  const clusters = rows.map(() => drawn.below(2));
  return (row: number): number => clusters[row] ?? 0;
};
const importance = new PlanImportance(taken(own), FRONTIER, 1, BOOTSTRAP);

describe("the reward that a plan brings less when a feature is dealt out by chance", () => {
  test("is that of giving the offer to as many of those for whom it does nothing", () => {
    const { fall } = importance.of({
      feature: "all",
      movedShare: 0.5,
      repeats: [1, 2, 3].map((seed) => taken(byChance(seed))),
    });
    // A half of the users is reached either way: ½ of an order each, against ½ of those for whom it works.
    expect(Math.abs(fall.value - 0.25)).toBeLessThan(4 * fall.se);
    expect(fall.low).toBeGreaterThan(0.2);
    expect(fall.high - fall.low).toBeLessThan(0.05);
  });

  test("is exactly nothing for a feature that the segments do not look at", () => {
    const { fall } = importance.of({ feature: "idle", movedShare: 0, repeats: [taken(own)] });
    expect(fall).toEqual({ value: 0, low: 0, high: 0, se: 0 });
  });

  test("is taken at the same spend: a shuffle after which all get the offer has no credit for what that costs", () => {
    const all = taken(() => 1);
    const { fall } = importance.of({ feature: "all in one", movedShare: 0.5, repeats: [all] });
    // At the plan's own position everybody would get it, for twice the money and all of the reward.
    expect(Math.abs(fall.value - 0.25)).toBeLessThan(4 * fall.se);
  });

  test("is the same for the same seed, and lies within its interval", () => {
    const shuffled = { feature: "all", movedShare: 0.5, repeats: [taken(byChance(1))] };
    const { fall } = importance.of(shuffled);
    expect(importance.of(shuffled).fall).toEqual(fall);
    expect(fall.low).toBeLessThan(fall.value);
    expect(fall.high).toBeGreaterThan(fall.value);
  });
});
