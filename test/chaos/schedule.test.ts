import { describe, expect, it } from "vitest";
import { ALL_HARMS, BROKER_HARMS, planBrokers, planBudget, planHarm, quietAtMs } from "./schedule.ts";

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

describe("the schedule of a chaos run", () => {
  it("is the seed's alone, and quiet at its end", () => {
    const plan = planHarm(7, 600_000, 3, ALL_HARMS);
    expect(planHarm(7, 600_000, 3, ALL_HARMS)).toEqual(plan);
    expect(planHarm(8, 600_000, 3, ALL_HARMS)).not.toEqual(plan);
    expect(plan.at(-1)?.atMs).toBeLessThanOrEqual(quietAtMs(600_000));
    expect(planBudget(7, 600_000, 1_000)).toEqual(planBudget(7, 600_000, 1_000));
    expect(planBudget(7, 600_000, 1_000)).not.toEqual(planBudget(8, 600_000, 1_000));
  });

  it("meets every kind of harm, and a lost disk, in its first half minute, in an order of the seed's", () => {
    const orders = SEEDS.map((seed) => {
      const first = planHarm(seed, 120_000, 3, ALL_HARMS).slice(0, ALL_HARMS.length);
      expect(first.map(({ harm }) => harm).toSorted()).toEqual(ALL_HARMS.toSorted());
      expect(first.some(({ losesDisk }) => losesDisk)).toBe(true);
      expect(first.at(-1)?.atMs).toBeLessThan(30_000);
      return first.map(({ harm }) => harm).join();
    });
    expect(new Set(orders).size).toBeGreaterThan(100);
  });

  it("does to a cluster's brokers each kind of harm once before any comes again, to each of them", () => {
    const plan = planBrokers(7, 3, 30_000);
    expect(planBrokers(7, 3, 30_000)).toEqual(plan);
    for (let at = 0; at < plan.length; at += BROKER_HARMS.length) {
      const round = plan.slice(at, at + BROKER_HARMS.length);
      expect(round.map(({ harm }) => harm).toSorted()).toEqual(BROKER_HARMS.toSorted());
    }
    expect(new Set(plan.map(({ node }) => node))).toEqual(new Set([1, 2, 3]));
  });

  it("cuts the budget and raises it in turn, several times in two minutes, and ends with the largest", () => {
    for (const seed of SEEDS) {
      const budgets = planBudget(seed, 120_000, 1_000).map(({ budgetMinor }) => budgetMinor);
      const cuts = budgets.filter((budget, index) => budget < (budgets[index - 1] ?? 0));
      expect(cuts.length).toBeGreaterThanOrEqual(4);
      expect(Math.max(...budgets)).toBe(budgets.at(-1));
    }
  });
});
