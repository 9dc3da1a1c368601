import { describe, expect, test } from "vitest";
import { newPeople } from "../../benchmarks/learn/share-world.ts";
import { benchmarkShare, OURS, QUICK, summarise } from "../../benchmarks/learn/share.ts";
import { must } from "../../src/domain/assert.ts";
import { bestAt } from "../../src/learn/plan/envelope.ts";
import { bestPossible } from "../../src/simulate/world/best.ts";
import { createWorld } from "../../src/simulate/world/world.ts";

const NO_FEATURES = { features: [{ name: "age", kind: "numeric" as const, default: 0 }] };

test("the yardstick is the best possible of the simulation, found in another way", () => {
  const people = newPeople(createWorld({ seed: 5 }), NO_FEATURES, 800);
  for (const budget of people.budgets) {
    const best = bestPossible(people.truth, budget * people.n).incrementalReward / people.n;
    expect(bestAt(people.best, budget).reward - people.best.controlReward).toBeCloseTo(best, 9);
  }
});

test("a world's users are described by their attributes alone: equal seeds, equal people", () => {
  const [a, b] = [
    newPeople(createWorld({ seed: 5 }), NO_FEATURES, 50),
    newPeople(createWorld({ seed: 5 }), NO_FEATURES, 50),
  ];
  expect(a.x).toEqual(b.x);
  expect(a.truth).toEqual(b.truth);
});

describe("the benchmark's body", () => {
  test("tells every policy at every budget, none above the best possible, the student beside the teacher", async () => {
    const told: string[] = [];
    const worlds = await benchmarkShare({
      ...QUICK,
      rows: 4_000,
      people: 1_500,
      learn: { ...QUICK.learn, network: { ...QUICK.learn.network, maxEpochs: 1 } },
      only: [OURS, "values: model"],
      tell: (line) => told.push(line),
    });
    expect(told.filter((line) => line.startsWith(`seed 1: ${OURS}: share `))).toHaveLength(1);
    const { policies } = must(worlds[0], "the world");
    const names = policies.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["one mix, by the log", "individual", OURS, "the teacher's groups"]));
    expect(new Set(names).size).toBe(names.length);
    for (const { name, share, budgetError, byBudget } of policies) {
      expect(share, name).toBeLessThanOrEqual(1 + 1e-9);
      expect(budgetError, name).toBeGreaterThanOrEqual(0);
      for (const each of byBudget) expect(each.share, name).toBeLessThanOrEqual(1 + 1e-9);
    }
    const named = (name: string) =>
      must(
        policies.find((each) => each.name === name),
        name,
      );
    expect(named("one mix, by the truth").budgetError).toBeCloseTo(0, 9);
    expect(named(OURS).byBudget).toHaveLength(12);
    expect(named(OURS).studentValueRatio).toBeGreaterThan(0.9);
    expect(named("coupon-10 for all").share).toBeGreaterThan(0.9);
  }, 120_000);

  test("means and standard deviations over the seeds, by hand", () => {
    const world = (seed: number, share: number, ratio: number | null) => ({
      seed,
      seconds: 1,
      policies: [{ name: "p", share, budgetError: 0.1, byBudget: [], clusters: 10, studentValueRatio: ratio }],
    });
    expect(summarise([world(1, 0.8, 1), world(2, 0.9, null)])).toEqual([
      {
        name: "p",
        share: { mean: expect.closeTo(0.85, 12) as number, deviation: expect.closeTo(0.1 / Math.SQRT2, 12) as number },
        budgetError: { mean: 0.1, deviation: 0 },
        studentValueRatio: { mean: 1, deviation: 0 },
        clusters: { mean: 10, deviation: 0 },
      },
    ]);
  });
});
