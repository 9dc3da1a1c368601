import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectedOfRow } from "../../../src/domain/release/frontier.ts";
import { must } from "../../../src/domain/assert.ts";
import { seededRandom } from "../../../src/domain/random.ts";
import { PLAN_OPTIONS, solvePlans, type PlanInput } from "../../../src/learn/plan/plan.ts";
import { cutOf, programOf, tailOf } from "../../../src/learn/plan/program.ts";
import { fill, roundDown } from "../../../src/learn/plan/rounding.ts";
import { drawScenarios, type Uncertain } from "../../../src/learn/plan/scenarios.ts";
import { meanOf } from "./plan-programs.ts";

const money = fc.double({ min: 0.01, max: 1000, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

/** Values of any shape: useless and free arms, empty clusters and large errors among them. */
const uncertain: fc.Arbitrary<Uncertain> = fc
  .record({ clusters: fc.integer({ min: 1, max: 4 }), arms: fc.integer({ min: 2, max: 4 }) })
  .chain(({ clusters, arms }) => {
    const table = (cell: fc.Arbitrary<number>): fc.Arbitrary<number[][]> =>
      fc.array(fc.array(cell, { minLength: arms, maxLength: arms }), { minLength: clusters, maxLength: clusters });
    return fc
      .record({
        reward: table(fc.double({ min: -5, max: 50, noNaN: true })),
        cost: table(fc.oneof({ weight: 5, arbitrary: money }, { weight: 1, arbitrary: fc.constant(0) })),
        mix: fc.array(share, { minLength: clusters, maxLength: clusters }),
        costError: share,
        armError: share,
        sessions: fc.integer({ min: 20, max: 100_000 }),
      })
      .map(({ reward, cost, mix, costError, armError, sessions }) => {
        const costs = cost.map((row) => row.map((value, arm) => (arm === 0 ? 0 : value)));
        const none = reward.map((row) => row.map(() => 0));
        return {
          values: {
            reward,
            rewardSe: reward.map((row) => row.map(() => 0.5)),
            cost: costs,
            costSe: costs.map((row) => row.map((value) => 0.3 * costError * value)),
            redemption: none,
            mix: mix.map((value, at) => value + (at === 0 ? 0.01 : 0)),
          },
          armCostSe: Array.from({ length: arms }, (_, arm) => 0.2 * armError * (costs[0]?.[arm] ?? 0)),
          armRewardSe: Array.from({ length: arms }, () => 0.1),
          sessions,
        };
      });
  });

const inputs: fc.Arbitrary<PlanInput> = fc
  .record({ from: uncertain, seed: fc.nat(), risk: fc.constantFrom(0, 0.05, 0.1, 0.3) })
  .map(({ from, seed, risk }) => ({
    ...from,
    options: { ...PLAN_OPTIONS, budgets: 5, scenarios: 60, risk, gapBound: 0.25 },
    seed,
    progress: () => undefined,
  }));

const scenariosOf = (input: PlanInput): number[][][] => {
  const arms = input.armCostSe.length;
  return drawScenarios(input, input.options.scenarios, seededRandom(input.seed).fork("plan")).map(({ spend }) =>
    input.values.mix.map((_, cluster) => [...spend.slice(cluster * arms, (cluster + 1) * arms)]),
  );
};

describe("any frontier", () => {
  test("holds its budgets, row by row and mixed, in all but the stated share of the scenarios", async () => {
    await fc.assert(
      fc.asyncProperty(inputs, share, async (input, fraction) => {
        const { rows } = (await solvePlans(input)).frontier;
        const scenarios = scenariosOf(input);
        const allowed = input.options.risk * scenarios.length;
        rows.forEach((row, index) => {
          const next = rows[index + 1] ?? row;
          for (const part of [0, fraction]) {
            const budget = row.budgetPerSession + part * (next.budgetPerSession - row.budgetPerSession);
            const over = scenarios.filter(
              (spend) =>
                (1 - part) * meanOf(row.shares, spend, null) + part * meanOf(next.shares, spend, null) >
                budget * (1 + 1e-9),
            );
            expect(over.length).toBeLessThanOrEqual(allowed);
          }
        });
      }),
      { numRuns: 25 },
    );
  });

  test("begins free, rises in budget and reward at falling prices, and divides each cluster's sessions into whole steps", async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async (input) => {
        const { frontier, certificate, evidence } = await solvePlans(input);
        expect(frontier.rows[0]).toMatchObject({ budgetPerSession: 0, expectedCost: 0 });
        expect(evidence).toHaveLength(frontier.rows.length);
        frontier.rows.forEach((row, index) => {
          for (const shares of row.shares) {
            expect(shares.reduce((sum, each) => sum + each, 0)).toBe(frontier.steps);
            expect(shares.every((each) => Number.isInteger(each) && each >= 0)).toBe(true);
          }
          const before = frontier.rows[index - 1];
          expect(row.shadowPrice).toBeGreaterThanOrEqual(0);
          const expected = expectedOfRow(frontier, input.values, input.values.mix, index);
          expect([row.expectedReward, row.expectedCost]).toEqual([expected.reward, expected.cost]);
          if (before === undefined) return;
          expect(row.budgetPerSession).toBeGreaterThan(before.budgetPerSession);
          expect(row.expectedReward).toBeGreaterThanOrEqual(before.expectedReward);
          expect(row.shadowPrice).toBeLessThanOrEqual(before.shadowPrice);
        });
        expect(certificate.maxGap).toBeLessThanOrEqual(input.options.gapBound);
        expect(certificate.maxGap).toBe(Math.max(...evidence.map(({ gap }) => gap)));
      }),
      { numRuns: 25 },
    );
  });

  test("comes out the same for the same seed", async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async (input) => {
        const [a, b] = [await solvePlans(input), await solvePlans(input)];
        expect(b.frontier).toEqual(a.frontier);
        expect(b.certificate).toEqual(a.certificate);
      }),
      { numRuns: 8 },
    );
  });
});

describe("scenarios", () => {
  test("cost nothing under the control, never less than nothing, and are the same for the same seed", () => {
    fc.assert(
      fc.property(uncertain, fc.nat(), (from, seed) => {
        const scenarios = drawScenarios(from, 7, seededRandom(seed));
        expect(scenarios).toHaveLength(7);
        for (const { spend, gain } of scenarios) {
          expect(spend.every((each) => each >= 0)).toBe(true);
          for (let cell = 0; cell < spend.length; cell += from.armCostSe.length)
            expect([spend[cell], gain[cell]]).toEqual([0, 0]);
        }
        expect(drawScenarios(from, 7, seededRandom(seed))).toEqual(scenarios);
      }),
    );
  });

  test("spread as the standard errors say, and mean what the values say", () => {
    const from: Uncertain = {
      values: {
        reward: [[1, 3]],
        rewardSe: [[0, 0.5]],
        cost: [[0, 100]],
        costSe: [[0, 5]],
        redemption: [[0, 1]],
        mix: [1],
      },
      armCostSe: [0, 3],
      armRewardSe: [0, 0.3],
      sessions: 1000,
    };
    const scenarios = drawScenarios(from, 4000, seededRandom(5));
    const spread = (values: number[]): [number, number] => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
    };
    const [cost, costSpread] = spread(scenarios.map(({ spend }) => spend[1] ?? 0));
    const [gain, gainSpread] = spread(scenarios.map((scenario) => scenario.gain[1] ?? 0));
    expect(cost).toBeCloseTo(100, 9);
    expect(gain).toBeCloseTo(2, 9);
    expect(costSpread / 5).toBeCloseTo(1, 1);
    expect(gainSpread / 0.5).toBeCloseTo(1, 1);
  });

  test("who arrives varies as the rows it was counted on let it: small clusters too", () => {
    const mix = [0.9, 0.099, 0.001];
    const zero = mix.map(() => [0, 0]);
    const values = { reward: zero, rewardSe: zero, cost: mix.map(() => [0, 1]), costSe: zero, redemption: zero, mix };
    const from = { values, armCostSe: [0, 0], armRewardSe: [0, 0], sessions: 10_000 };
    const scenarios = drawScenarios(from, 4000, seededRandom(6));
    mix.forEach((share_, cluster) => {
      const drawn = scenarios.map(({ spend }) => spend[cluster * 2 + 1] ?? 0);
      const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
      const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
      expect(mean / share_).toBeCloseTo(1, 1);
      expect(variance / ((share_ * (1 - share_)) / 10_000)).toBeCloseTo(1, 0);
    });
    for (const { spend } of scenarios.slice(0, 50))
      expect((spend[1] ?? 0) + (spend[3] ?? 0) + (spend[5] ?? 0)).toBeCloseTo(1, 12);
  });
});

describe("the tail", () => {
  const programs = fc
    .record({ from: uncertain, seed: fc.nat(), risk: fc.constantFrom(0, 0.1, 0.4) })
    .map(({ from, seed, risk }) => programOf(from.values, drawScenarios(from, 30, seededRandom(seed)), 5, risk));

  test("is convex, and no row made of its scenarios lies above it", () => {
    fc.assert(
      fc.property(programs, fc.nat(), share, (program, seed, part) => {
        const random = seededRandom(seed);
        const plan = (): Float64Array => program.gain.map(() => 5 * random.unit());
        const [a, b] = [plan(), plan()];
        const tails = [tailOf(program, a), tailOf(program, b)];
        const mixed = a.map((value, at) => value + part * ((b[at] ?? 0) - value));
        const [atA, atB] = tails.map(({ spend }) => spend);
        expect(tailOf(program, mixed).spend).toBeLessThanOrEqual(
          must(atA, "a") + part * (must(atB, "b") - must(atA, "a")) + 1e-6,
        );
        const cut = cutOf(program, must(tails[0], "the tail of a").scenarios);
        const along = (x: Float64Array): number =>
          program.columns.reduce((sum, cell) => sum + (cut[cell] ?? 0) * (x[cell] ?? 0), 0);
        expect(along(b)).toBeLessThanOrEqual(must(atB, "b") + 1e-6);
        expect(along(a)).toBeCloseTo(must(atA, "a"), 6);
      }),
    );
  });

  test("plans that are rounded and filled up hold the budget and lose no gain", () => {
    fc.assert(
      fc.property(programs, fc.nat(), share, (program, seed, part) => {
        const random = seededRandom(seed);
        const fractional = program.full.map((steps) => steps * random.unit());
        const down = roundDown(fractional);
        const budget = Math.max(tailOf(program, down).spend, part * tailOf(program, program.full).spend);
        const cost = cutOf(program, tailOf(program, program.full).scenarios);
        const filled = fill(program, down, budget, cost);
        expect(filled.every(Number.isInteger)).toBe(true);
        expect(tailOf(program, filled).spend).toBeLessThanOrEqual(budget);
        const gain = (plan: Float64Array): number =>
          plan.reduce((sum, steps, cell) => sum + steps * (program.gain[cell] ?? 0), 0);
        expect(gain(filled)).toBeGreaterThanOrEqual(gain(down));
      }),
    );
  });
});
