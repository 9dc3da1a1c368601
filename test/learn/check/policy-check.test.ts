// On a made-up log whose truth is known: what the check says of policies is what they are worth, within what chance allows.

import { beforeAll, describe, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import type { ClusterValues, Frontier } from "../../../src/domain/release/release.ts";
import { FOLDS, type Effects } from "../../../src/learn/nouns.ts";
import { checkPolicies, type PolicyEvidence } from "../../../src/learn/check/policy-check.ts";
import { madeUpLog } from "../memory-dataset.ts";

const FACES = [0, 200, 600];
const log = madeUpLog(40_000, 8, FACES);
const { arms, truth, n } = log;
const GROUPS = 2;

/** The responsive half of the users, and the others. */
const gains = Array.from({ length: n }, (_, row) => at(truth.reward, row, 2) - at(truth.reward, row, 0));
const middle = gains.toSorted((a, b) => a - b)[n / 2] ?? 0;
const classes = Int32Array.from(gains, (gain) => (gain > middle ? 1 : 0));

function at(values: Float32Array, row: number, arm: number): number {
  return values[row * arms + arm] ?? 0;
}

function groupMeans(values: Float32Array): number[][] {
  return Array.from({ length: GROUPS }, (_, group) =>
    FACES.map((__, arm) => {
      const rows = [...classes.keys()].filter((row) => classes[row] === group);
      return rows.reduce((sum, row) => sum + at(values, row, arm), 0) / rows.length;
    }),
  );
}

const zeros = Array.from({ length: GROUPS }, () => FACES.map(() => 0));
const values: ClusterValues = {
  reward: groupMeans(truth.reward),
  rewardSe: zeros,
  cost: groupMeans(truth.cost),
  costSe: zeros,
  redemption: groupMeans(truth.redemption),
  mix: [0.5, 0.5],
};
const row = (shares: number[][], budgetPerSession: number) => ({
  budgetPerSession,
  shares,
  expectedReward: 0,
  expectedCost: 0,
  shadowPrice: 0,
});
/** Nothing; the small coupon for the responsive; the large one for them. */
const frontier: Frontier = {
  steps: 2,
  rows: [
    row(
      [
        [2, 0, 0],
        [2, 0, 0],
      ],
      0,
    ),
    row(
      [
        [2, 0, 0],
        [0, 2, 0],
      ],
      50,
    ),
    row(
      [
        [2, 0, 0],
        [0, 0, 2],
      ],
      500,
    ),
  ],
};

function check(effects: Effects): PolicyEvidence {
  return checkPolicies({
    block: log.rows,
    effects,
    plans: Array.from({ length: FOLDS }, () => ({ values, frontier, labels: classes })),
    budgets: [1, 2].map((arm) => trueGain(arm).cost),
    arms: FACES.map((face) => `arm-${face}`),
    tasks: log.dataset.tasks,
    worth: 3,
    spec: log.dataset.spec,
    importanceRows: 40_000,
    // The only feature is the row's number.
    labels: ({ x }) => Int32Array.from(x, (row) => must(classes[row], "the row's class")),
    options: { replicates: 200, seed: 1, confidence: 0.95 },
    progress: () => undefined,
  });
}

function gainOf(group: number, arm: number): number {
  return (values.reward[group]?.[arm] ?? 0) - (values.reward[group]?.[0] ?? 0);
}

/** Of giving group 1 the arm, everybody else nothing. */
function trueGain(arm: number): { reward: number; cost: number } {
  return { reward: 0.5 * gainOf(1, arm), cost: 0.5 * (values.cost[1]?.[arm] ?? 0) };
}

describe("policies on rows that their plans have not seen", () => {
  let found: PolicyEvidence;
  beforeAll(() => {
    found = check(truth);
  });

  test("ours is worth what the truth says, in reward and in money", () => {
    const told = found.byBudget.map(({ ours }) => must(ours, "ours"));
    [trueGain(1), trueGain(2)].forEach(({ reward, cost }, index) => {
      const { incremental, cost: spent } = must(told[index], "a budget");
      expect(Math.abs(incremental.value - reward)).toBeLessThan(3.5 * incremental.se);
      expect(Math.abs(spent.value - cost)).toBeLessThan(3.5 * spent.se);
      expect(spent.se).toBeLessThan(0.1 * spent.value);
    });
    expect(found.byBudget[1]?.expectedCost).toBeCloseTo(trueGain(2).cost, 6);
  });

  test("every arm for all is measured, and the control brings nothing more than itself", () => {
    expect(found.uniform.map(({ arm }) => arm)).toEqual(["arm-0", "arm-200", "arm-600"]);
    expect(found.uniform[0]?.figures?.incremental.value).toBe(0);
    const dear = must(found.uniform[2]?.figures, "the dear arm");
    const right = FACES.map((_, arm) => arm).map(
      (arm) => (values.cost[0]?.[arm] ?? 0) / 2 + (values.cost[1]?.[arm] ?? 0) / 2,
    );
    expect(Math.abs(dear.cost.value - must(right[2], "cost"))).toBeLessThan(3.5 * dear.cost.se);
  });

  test("deciding user by user spends no more than the plan and, with the truth, brings at least as much as groups do", () => {
    const { ours, individual, expectedCost } = must(found.byBudget[1], "the larger budget");
    const alone = must(individual, "individual");
    expect(alone.cost.value).toBeLessThan(expectedCost + 3.5 * alone.cost.se);
    expect(alone.incremental.value).toBeGreaterThan(must(ours, "ours").incremental.value - 2 * alone.incremental.se);
  });

  test("one mix for all spends the same and brings less, and the paired difference says so more sharply", () => {
    const { ours, oneMix, oursLessOneMix, expectedCost } = must(found.byBudget[0], "the smaller budget");
    const mix = must(oneMix, "one mix");
    expect(Math.abs(mix.cost.value - expectedCost)).toBeLessThan(3.5 * mix.cost.se);
    // The same money for the small coupon, spread over both groups.
    const everybody = 0.5 * (gainOf(0, 1) + gainOf(1, 1));
    const spread = (expectedCost / (0.5 * ((values.cost[0]?.[1] ?? 0) + (values.cost[1]?.[1] ?? 0)))) * everybody;
    const better = trueGain(1).reward - spread;
    expect(better).toBeGreaterThan(0);
    const { reward } = oursLessOneMix;
    expect(Math.abs(reward.value - better)).toBeLessThan(3.5 * reward.se);
    expect(reward.value).toBeCloseTo(must(ours, "ours").reward.value - mix.reward.value, 9);
    expect(reward.se).toBeLessThan(Math.hypot(must(ours, "ours").reward.se, mix.reward.se));
  });

  test("profit is what the added reward is worth less the spend, on the same draws", () => {
    const { incremental, cost, profit } = must(found.byBudget[0]?.ours, "ours");
    const { value, low, high, se } = must(profit, "a profit");
    expect(value).toBeCloseTo(3 * incremental.value - cost.value, 6);
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(se).toBeLessThan(3 * incremental.se + cost.se);
  });

  test("users are ranked for each arm by the plans that had not seen them, better than by chance", () => {
    expect(found.ranking.map(({ arm }) => arm)).toEqual(["arm-200", "arm-600"]);
    const { qini, curve } = must(found.ranking[1], "the dear arm");
    expect(must(qini, "qini").low).toBeGreaterThan(0);
    expect(curve.map(({ share }) => share)).toEqual(Array.from({ length: 21 }, (_, at) => at / 20));
    const all = must(curve.at(-1), "everybody");
    const forAll = must(found.uniform[2]?.figures, "the dear arm for all").incremental;
    expect(Math.abs(all.value - forAll.value)).toBeLessThan(3.5 * forAll.se);
  });

  test("a feature that tells the groups apart brings what the plan has above one mix at the same spend", () => {
    const { budgetPerSession, rows, features } = must(found.driving, "what it rests on");
    expect([budgetPerSession, rows]).toEqual([trueGain(2).cost, 40_000]);
    const { feature, fall, movedShare } = must(features[0], "the feature");
    expect(feature).toBe("row");
    expect(movedShare).toBeCloseTo(0.5, 1);
    expect(fall.low).toBeGreaterThan(0);
    const gain = must(found.byBudget[1]?.oursLessOneMix, "over one mix").reward;
    expect(Math.abs(fall.value - gain.value)).toBeLessThan(4 * Math.hypot(fall.se, gain.se));
  });
});

test("a network that knows nothing decides user by user no better than chance", () => {
  const flat: Effects = {
    reward: truth.reward.map((_, cell) => [10, 11, 12][cell % arms] ?? 0),
    cost: truth.cost.map((_, cell) => [0, 60, 200][cell % arms] ?? 0),
    redemption: truth.redemption,
  };
  const { individual, ours } = must(check(flat).byBudget[1], "the larger budget");
  expect(must(individual, "individual").incremental.value).toBeLessThan(must(ours, "ours").incremental.low);
});
