import { describe, expect, test } from "vitest";
import { benchmarkPlan, madeUpValues, QUICK } from "../../../benchmarks/learn/plan.ts";
import { InvalidInput } from "../../../src/domain/campaign/campaign.ts";
import { seededRandom } from "../../../src/domain/random.ts";
import { startHighs } from "../../../src/learn/plan/highs.ts";
import { PLAN_OPTIONS, solvePlans, type PlanInput } from "../../../src/learn/plan/plan.ts";
import { gainOf, programOf, sharesOf, tailOf } from "../../../src/learn/plan/program.ts";
import { relaxation } from "../../../src/learn/plan/relaxation.ts";
import { drawScenarios } from "../../../src/learn/plan/scenarios.ts";
import { allPlans, certain, meanOf, meanOfLargest } from "./plan-programs.ts";

describe("programs that can be solved by hand", () => {
  test("one cluster, two arms, two steps: each budget buys the steps it reaches, at the hull's prices", async () => {
    const input = certain([[2, 3, 3.5]], [[0, 10, 20]], [1], { budgets: 4, steps: 2 });
    const { frontier, certificate } = await solvePlans(input);
    // The grid is 2.5, 7.1, 13 and 20: the first does not buy a step of the cheaper arm.
    expect(frontier.rows.map((row) => row.shares[0])).toEqual([
      [2, 0, 0],
      [1, 1, 0],
      [0, 2, 0],
      [0, 0, 2],
    ]);
    const figures = (pick: (row: (typeof frontier.rows)[number]) => number): number[] =>
      frontier.rows.map((row) => Number(pick(row).toFixed(9)));
    expect(figures((row) => row.budgetPerSession)).toEqual([0, 5, 10, 20]);
    expect(figures((row) => row.expectedCost)).toEqual([0, 5, 10, 20]);
    expect(figures((row) => row.expectedReward)).toEqual([2, 2.5, 3, 3.5]);
    expect(figures((row) => row.shadowPrice)).toEqual([0.1, 0.1, 0.05, 0]);
    expect(certificate.maxGap).toBe(0);
  });

  test("two clusters: money goes first where a unit of it gains most", async () => {
    // Cluster 1 gains 0.4 a unit, cluster 0 only 0.1.
    const input = certain(
      [
        [0, 1],
        [0, 4],
      ],
      [
        [0, 10],
        [0, 10],
      ],
      [0.5, 0.5],
      { budgets: 3, steps: 4 },
    );
    const { rows } = (await solvePlans(input)).frontier;
    const given = (index: number, cluster: number): number => rows[index]?.shares[cluster]?.[1] ?? Number.NaN;
    for (let index = 1; index < rows.length; index += 1)
      expect(given(index, 0) === 0 || given(index, 1) === 4, `row ${index}`).toBe(true);
    expect(rows.at(-1)?.shares).toEqual([
      [0, 4],
      [0, 4],
    ]);
    expect(rows[0]?.shadowPrice).toBeCloseTo(0.4, 6);
  });

  test("an arm that is dearer and gains less than a mix of two others is never given", async () => {
    const input = certain([[0, 2, 2.1, 4]], [[0, 10, 15, 20]], [1], { budgets: 10 });
    for (const row of (await solvePlans(input)).frontier.rows) expect(row.shares[0]?.[2]).toBe(0);
  });

  test("of two arms alike but for what is known of their costs, the better known one is given", async () => {
    const input = { ...certain([[0, 1, 1]], [[0, 10, 10]], [1], { scenarios: 200 }), armCostSe: [0, 3, 0.1] };
    const { rows } = (await solvePlans(input)).frontier;
    expect(rows[5]?.shares[0]?.[1]).toBe(0);
    expect(rows[5]?.shares[0]?.[2]).toBeGreaterThan(0);
  });
});

describe("against every whole plan", () => {
  const steps = 4;
  const plans = allPlans(2, 3, steps);
  const uncertain = (seed: number): PlanInput => ({
    ...madeUpValues(2, 3, seed),
    options: { ...PLAN_OPTIONS, steps, budgets: 5, scenarios: 40, risk: 0.25, gapBound: 0.3 },
    seed,
    progress: () => undefined,
  });
  const scenariosOf = (input: PlanInput): { spend: number[][] }[] =>
    drawScenarios(input, input.options.scenarios, seededRandom(input.seed).fork("plan")).map(({ spend }) => ({
      spend: [[...spend.slice(0, 3)], [...spend.slice(3)]],
    }));

  test.each([1, 2, 3, 4, 5])("no plan within a row's budget gains more than its bound (seed %i)", async (seed) => {
    const input = uncertain(seed);
    const { frontier, evidence } = await solvePlans(input);
    const scenarios = scenariosOf(input);
    const { values } = input;
    const control = meanOf(
      [
        [1, 0, 0],
        [1, 0, 0],
      ],
      values.reward,
      values.mix,
    );
    const tried = plans.map((shares) => ({
      gain: meanOf(shares, values.reward, values.mix) - control,
      needs: meanOfLargest(
        scenarios.map(({ spend }) => meanOf(shares, spend, null)),
        10,
      ),
    }));
    expect(frontier.rows.length).toBeGreaterThan(2);
    frontier.rows.forEach((row, index) => {
      const found = evidence[index];
      const best = Math.max(
        ...tried.filter(({ needs }) => needs <= row.budgetPerSession + 1e-9).map(({ gain }) => gain),
      );
      expect(found?.bound).toBeGreaterThanOrEqual(best - 1e-6);
      expect(best - (found?.value ?? 0)).toBeLessThanOrEqual((found?.gap ?? 0) * (found?.bound ?? 0) + 1e-6);
    });
  });

  test.each([11, 12, 13, 14])("HiGHS finds the best whole plan under a budget row (seed %i)", async (seed) => {
    const input = certain(
      madeUpValues(2, 3, seed).values.reward as number[][],
      [
        [0, 7, 19],
        [0, 11, 23],
      ],
      [0.3, 0.7],
    );
    const program = programOf(input.values, drawScenarios(input, 1, seededRandom(1)), steps, 0);
    const solver = await startHighs(program);
    const start = new Float64Array(program.gain.length);
    const relaxed = relaxation(program, solver.linear());
    for (const share of [0.1, 0.35, 0.6, 0.85]) {
      const budget = share * tailOf(program, program.full).spend;
      const { cuts, bound } = relaxed.solve(budget);
      const found = solver.whole({ budget, cuts, start, gap: 0, nodesMax: 10_000, secondsMax: 60 }) ?? start;
      const control = meanOf(
        [
          [1, 0, 0],
          [1, 0, 0],
        ],
        input.values.reward,
        input.values.mix,
      );
      const best = Math.max(
        ...plans
          .filter((shares) => meanOf(shares, input.values.cost, input.values.mix) <= budget * (1 + 1e-6))
          .map((shares) => meanOf(shares, input.values.reward, input.values.mix) - control),
      );
      expect(gainOf(program, found)).toBeCloseTo(best, 6);
      expect(bound).toBeGreaterThanOrEqual(best - 1e-9);
      expect(meanOf(sharesOf(program, found), input.values.cost, input.values.mix)).toBeLessThanOrEqual(
        budget * (1 + 1e-6),
      );
    }
    relaxed.dispose();
  });
});

describe("programs with little to decide", () => {
  test("no arm worth anything: one row, the control for everybody", async () => {
    const { frontier, certificate } = await solvePlans(certain([[3, 2, 3]], [[0, 5, 9]], [1]));
    expect(frontier.rows).toHaveLength(1);
    expect(frontier.rows[0]).toMatchObject({ budgetPerSession: 0, shares: [[20, 0, 0]], expectedCost: 0 });
    expect(certificate.maxGap).toBe(0);
  });
  test("all arms free: one row, the best arm of each cluster", async () => {
    const { frontier } = await solvePlans(
      certain(
        [
          [1, 2, 3],
          [1, 5, 3],
        ],
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
        [0.5, 0.5],
      ),
    );
    expect(frontier.rows.map((row) => row.shares)).toEqual([
      [
        [0, 0, 20],
        [0, 20, 0],
      ],
    ]);
  });
  test("a free arm beside a dear one is in the free row, and a free arm whose cost is not certain is not", async () => {
    const free = certain([[1, 2, 3]], [[0, 0, 10]], [1], { budgets: 4 });
    expect((await solvePlans(free)).frontier.rows[0]?.shares).toEqual([[0, 20, 0]]);
    const doubtful = { ...free, armCostSe: [0, 0.5, 0] };
    expect((await solvePlans(doubtful)).frontier.rows[0]?.shares).toEqual([[20, 0, 0]]);
  });
  test("one useful arm: the steps of it rise with the budget up to everybody", async () => {
    const { rows } = (await solvePlans(certain([[1, 0.5, 2]], [[0, 3, 8]], [1]))).frontier;
    const given = rows.map((row) => row.shares[0]?.[2] ?? 0);
    expect(given).toEqual(given.toSorted((a, b) => a - b));
    expect(given.at(-1)).toBe(20);
    expect(rows.every((row) => row.shares[0]?.[1] === 0)).toBe(true);
  });
  test("only the control", async () => {
    expect((await solvePlans(certain([[1]], [[0]], [1]))).frontier.rows).toHaveLength(1);
  });
  test("a cluster in which nobody was seen gets the control", async () => {
    const { rows } = (
      await solvePlans(
        certain(
          [
            [1, 2],
            [1, 9],
          ],
          [
            [0, 5],
            [0, 1],
          ],
          [1, 0],
        ),
      )
    ).frontier;
    expect(rows.every((row) => row.shares[1]?.[0] === 20)).toBe(true);
  });
});

describe("refusals", () => {
  const base = certain([[1, 2]], [[0, 5]], [1]);
  const with_ = (values: Partial<PlanInput["values"]>): PlanInput => ({
    ...base,
    values: { ...base.values, ...values },
  });
  test.each<[string, PlanInput, RegExp]>([
    ["a control that costs money", with_({ cost: [[1, 5]] }), /values\.cost\[0\]\[0\] must be 0/],
    ["a reward that is no number", with_({ reward: [[1, Number.NaN]] }), /values\.reward\[0\]\[1\]/],
    ["a negative cost", with_({ cost: [[0, -5]] }), /values\.cost\[0\]\[1\] must be a number of at least 0/],
    ["tables of different shapes", with_({ costSe: [[0]] }), /values\.costSe must be 1 clusters of 2 arms/],
    ["an empty mix", with_({ mix: [0] }), /values\.mix/],
    ["standard errors of other arms", { ...base, armCostSe: [0] }, /armCostSe/],
    ["no rows", { ...base, sessions: 0 }, /sessions/],
    ["a fraction of a step", { ...base, options: { ...base.options, steps: 1.5 } }, /options\.steps/],
    ["certainty that cannot be had", { ...base, options: { ...base.options, risk: 1 } }, /options\.risk/],
  ])("%s", async (_, input, message) => {
    await expect(solvePlans(input)).rejects.toThrow(message);
    await expect(solvePlans(input)).rejects.toThrow(InvalidInput);
  });

  test("where most budgets have no plan near their bound, the error says how far and what to do", async () => {
    // Costs in doubt: a mix of arms then needs less than its parts, and one step a cluster cannot mix.
    const options = { ...PLAN_OPTIONS, budgets: 10, steps: 1, gapBound: 1e-5 };
    const input: PlanInput = { ...madeUpValues(3, 8, 5), options, seed: 1, progress: () => undefined };
    await expect(solvePlans(input)).rejects.toThrow(
      /plan: 6 of 10 budgets have no plan within 0\.0010 % .*take more segments \(--clusters\)/,
    );
  });
});

test("a budget that has no plan near its bound has no row, lies between two that have, and is told", async () => {
  const options = { ...PLAN_OPTIONS, budgets: 8, steps: 4, gapBound: 1e-3 };
  const input: PlanInput = { ...madeUpValues(3, 8, 5), options, seed: 1, progress: () => undefined };
  const { frontier, certificate, unsolved } = await solvePlans(input);
  const budgets = frontier.rows.map(({ budgetPerSession }) => budgetPerSession);
  expect(certificate.maxGap).toBeLessThanOrEqual(1e-3);
  expect(unsolved.length).toBeGreaterThan(0);
  for (const { budgetPerSession, gap } of unsolved) {
    expect(gap).toBeGreaterThan(1e-3);
    expect(budgets.some((each) => each < budgetPerSession)).toBe(true);
    expect(budgets.some((each) => each > budgetPerSession)).toBe(true);
  }
});

describe("the certificate", () => {
  const input = certain([[1, 2, 2.2]], [[0, 5, 9]], [1], { budgets: 3 });
  test("names solver, version, bound, scenarios and risk", async () => {
    const { certificate } = await solvePlans(input);
    expect(certificate.solver).toMatch(/^HiGHS \d+\.\d+\.\d+$/);
    expect(certificate).toMatchObject({ gapBound: 0.005, scenarios: 20, risk: 0.1 });
  });
  test("its hash changes with anything the plan follows from, and not with the guard on time", async () => {
    const hash = async (changed: Partial<PlanInput>): Promise<string> =>
      (await solvePlans({ ...input, ...changed })).certificate.inputHash;
    const plain = await hash({});
    expect(await hash({ options: { ...input.options, secondsMax: 7 } })).toBe(plain);
    expect(await hash({ seed: 2 })).not.toBe(plain);
    expect(await hash({ sessions: 5 })).not.toBe(plain);
    expect(await hash({ options: { ...input.options, risk: 0.2 } })).not.toBe(plain);
    expect(await hash({ armCostSe: [0, 0, 1] })).not.toBe(plain);
  });
});

test("the benchmark's body: gap and risk hold, and little of the envelope is lost to whole steps, risk and the grid", async () => {
  const [figures] = await benchmarkPlan(QUICK, 3);
  expect(figures?.maxGap).toBeLessThanOrEqual(PLAN_OPTIONS.gapBound);
  expect(figures?.chanceOver).toBeLessThanOrEqual(PLAN_OPTIONS.risk);
  expect(figures?.kept).toBeGreaterThan(0.98);
  expect(figures?.kept).toBeLessThanOrEqual(1 + 1e-9);
});
