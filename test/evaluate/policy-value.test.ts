import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../src/domain/campaign/campaign.ts";
import { oneArmForAll, type LoggedRows, type Policy } from "../../src/evaluate/policy/logged.ts";
import { lotOf, LOTS } from "../../src/evaluate/policy/bootstrap.ts";
import {
  addRow,
  emptyGroups,
  joinSums,
  sumGroupPolicies,
  type GroupPolicy,
} from "../../src/evaluate/policy/grouped.ts";
import {
  differenceOf,
  differencesOf,
  policyValues,
  sumPolicies,
  measuredValues,
} from "../../src/evaluate/policy/policy-value.ts";
import { byKind, drawLog, truthOf } from "./policy-worlds.ts";

const OPTIONS = { replicates: 200, seed: 1, confidence: 0.95 };

/** Small enough for a sheet of paper. */
const SHEET: LoggedRows = {
  n: 4,
  arms: 2,
  arm: [0, 1, 1, 0],
  propensity: [0.5, 0.5, 0.25, 0.75],
  reward: [1, 3, 2, 6],
  cost: [0, 10, 20, 0],
};

describe("EOM by hand", () => {
  test.each([
    // Rows 1 and 2 count, with weights 2 and 4: (2 × 3 + 4 × 2) / 4; the control for all: (2 × 1 + 6 / .75) / 4 = 2.5.
    { name: "the arm for all", shares: [0, 1, 0, 1, 0, 1, 0, 1], reward: 3.5, cost: 25, incremental: 1, own: 14 / 6 },
    // (2 × 1 + 4/3 × 6) / 4
    { name: "the control for all", shares: [1, 0, 1, 0, 1, 0, 1, 0], reward: 2.5, cost: 0, incremental: 0, own: 3 },
    // Row 0 with weight 2, row 2 with weight 4.
    { name: "by row", shares: [1, 0, 1, 0, 0, 1, 0, 1], reward: 2.5, cost: 20, incremental: 0, own: 10 / 6 },
    // Half of everything: weights 1, 1, 2, 2/3.
    {
      name: "a coin",
      shares: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
      reward: 3,
      cost: 12.5,
      incremental: 0.5,
      own: 12 / (14 / 3),
    },
  ])("$name", ({ name, shares, reward, cost, incremental, own }) => {
    const four = <T>(values: ArrayLike<T>): T[] => [0, 1, 2, 3].flatMap(() => Array.from(values));
    const { arm, propensity, reward: rewards, cost: costs } = SHEET;
    // Four times, or a replicate would often lack the control.
    const rows = {
      n: 16,
      arms: 2,
      arm: four(arm),
      propensity: four(propensity),
      reward: four(rewards),
      cost: four(costs),
    };
    const [value] = policyValues(rows, [{ name, shares: Float32Array.from(four(shares)) }], OPTIONS);
    expect(value?.name).toBe(name);
    expect(value?.reward.value).toBeCloseTo(reward, 12);
    expect(value?.cost.value).toBeCloseTo(cost, 12);
    expect(value?.incremental.value).toBeCloseTo(incremental, 12);
    expect(value?.selfNormalised?.reward.value).toBeCloseTo(own, 12);
  });

  test("rows that count as unequally as 2 to 4 know as much as 1.8 equal ones", () => {
    const [value] = policyValues(SHEET, [oneArmForAll("arm", SHEET, 1)], OPTIONS);
    expect(value?.effectiveRows).toBeCloseTo(36 / 20, 12);
    expect(value?.meanWeight.value).toBeCloseTo(6 / 4, 12);
  });
});

describe("what the log cannot say", () => {
  const never: LoggedRows = { ...SHEET, arms: 3 };

  test("a policy that no row speaks for is refused by its name, and never NaN", () => {
    expect(() => policyValues(never, [oneArmForAll("the dearest arm", never, 2)], OPTIONS)).toThrow(
      /policy the dearest arm: none of the 4 rows/,
    );
    const [, value] = measuredValues(sumPolicies(never, [oneArmForAll("the dearest arm", never, 2)], 1), OPTIONS);
    expect(value).toBeNull();
  });

  test("a log without the control has EOM and no self-normalised increment", () => {
    const rows: LoggedRows = { ...SHEET, arm: [1, 1, 1, 1] };
    const [value] = policyValues(rows, [oneArmForAll("arm", rows, 1)], OPTIONS);
    expect(value?.reward.value).toBeCloseTo((2 + 6 + 8 + 8) / 4, 12);
    expect(value?.selfNormalised).toBeNull();
  });

  test.each<[string, Partial<LoggedRows>, RegExp]>([
    ["no rows", { n: 0 }, /there are no rows/],
    ["a propensity of 0", { propensity: [0.5, 0, 0.25, 0.75] }, /row 1: propensity 0 is outside/],
    ["an arm that is none", { arm: [0, 1, 2, 0] }, /row 2: arm 2 is none of 2/],
    ["a reward that is no number", { reward: [1, Number.NaN, 2, 6] }, /row 1: reward or cost/],
  ])("%s is refused with its row", (_, change, message) => {
    const rows = { ...SHEET, ...change };
    const refused = () => policyValues(rows, [oneArmForAll("arm", SHEET, 1)], OPTIONS);
    expect(refused).toThrow(InvalidInput);
    expect(refused).toThrow(message);
  });

  test.each([
    ["shares that sum to less", [0, 0.9, 0, 1, 0, 1, 0, 1], /row 0: the shares sum to 0\.8999/],
    ["a negative share", [0, 1, 2, -1, 0, 1, 0, 1], /row 1: -1 is no share/],
    ["another number of rows", [0, 1], /2 shares for 4 rows of 2 arms/],
  ])("%s are refused with the policy's name", (_, shares, message) => {
    expect(() => policyValues(SHEET, [{ name: "odd", shares: Float32Array.from(shares) }], OPTIONS)).toThrow(message);
  });
});

const TARGETED = [
  [0, 1, 0],
  [0, 0, 1],
];
const STOCHASTIC = [
  [0.5, 0.5, 0],
  [0.1, 0.2, 0.7],
];

describe("on logs with a known truth", () => {
  test.each([
    ["a sure policy", TARGETED],
    ["a policy that draws", STOCHASTIC],
  ])("EOM of %s is unbiased, from a log that was not drawn uniformly", (_, shares) => {
    const truth = truthOf(shares);
    const [rewards, costs] = [[0], [0]].map(() => [] as number[]) as [number[], number[]];
    for (let world = 0; world < 200; world += 1) {
      const { rows, kind } = drawLog(500, world);
      const [value] = policyValues(rows, [byKind("policy", kind, shares)], { ...OPTIONS, replicates: 2 });
      rewards.push(value?.reward.value ?? Number.NaN);
      costs.push(value?.cost.value ?? Number.NaN);
    }
    for (const [values, expected] of [
      [rewards, truth.reward],
      [costs, truth.cost],
    ] as const) {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const se = Math.sqrt(
        values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length / (values.length - 1),
      );
      expect(Math.abs(mean - expected)).toBeLessThan(3 * se);
    }
  });

  /** Of 200 worlds, how many intervals at 90 % hold the truth. */
  const covered = (n: number): { reward: number; incremental: number; own: number } => {
    const truth = truthOf(STOCHASTIC);
    const control = truthOf([
      [1, 0, 0],
      [1, 0, 0],
    ]);
    const found = { reward: 0, incremental: 0, own: 0 };
    const holds = (interval: { low: number; high: number } | undefined, value: number): number =>
      interval !== undefined && interval.low <= value && value <= interval.high ? 1 : 0;
    for (let world = 0; world < 200; world += 1) {
      const { rows, kind } = drawLog(n, `coverage ${world}`);
      const options = { replicates: 200, seed: world, confidence: 0.9 };
      const [value] = policyValues(rows, [byKind("policy", kind, STOCHASTIC)], options);
      found.reward += holds(value?.reward, truth.reward);
      found.incremental += holds(value?.incremental, truth.reward - control.reward);
      found.own += holds(value?.selfNormalised?.reward, truth.reward);
    }
    return found;
  };

  // 180 of 200 expected; below 166 or above 194 by chance in less than one of 1,000.
  test.each([
    ["each row in a lot of its own", 400],
    ["several rows in a lot", 4 * LOTS],
  ])("the interval holds the truth about as often as it says: %s", (_, n) => {
    for (const count of Object.values(covered(n))) {
      expect(count).toBeGreaterThanOrEqual(166);
      expect(count).toBeLessThanOrEqual(194);
    }
  });

  test("rows that are copies of each other make no interval narrower, when their unit is known", () => {
    const { rows, kind } = drawLog(500, "units");
    const times = (values: ArrayLike<number>): number[] =>
      Array.from(values).flatMap((value) => [value, value, value, value]);
    const copied: LoggedRows = {
      n: 4 * rows.n,
      arms: rows.arms,
      arm: times(rows.arm),
      propensity: times(rows.propensity),
      reward: times(rows.reward),
      cost: times(rows.cost),
    };
    const policy = byKind("policy", kind, TARGETED);
    const copiedPolicy = byKind("policy", times(kind), TARGETED);
    const unit = Array.from({ length: copied.n }, (_, row) => Math.floor(row / 4));
    const se = (of: LoggedRows, by: Policy) =>
      policyValues(of, [by], { ...OPTIONS, replicates: 500 })[0]?.reward.se ?? 0;
    const honest = se(rows, policy);
    expect(se({ ...copied, unit }, copiedPolicy) / honest).toBeGreaterThan(0.88);
    expect(se({ ...copied, unit }, copiedPolicy) / honest).toBeLessThan(1.12);
    expect(se(copied, copiedPolicy) / honest).toBeLessThan(0.6);
  });
});

describe("paired", () => {
  const { rows, kind } = drawLog(3_000, "paired");
  const a = byKind("a", kind, TARGETED);
  const b = byKind("b", kind, [TARGETED[0] ?? [], [0, 0.1, 0.9]]);

  test("the difference of two policies that are nearly the same is far surer than either", () => {
    const [valueA, valueB] = policyValues(rows, [a, b], OPTIONS);
    const difference = differenceOf(rows, a, b, OPTIONS);
    expect(difference.value).toBeCloseTo((valueA?.reward.value ?? 0) - (valueB?.reward.value ?? 0), 10);
    expect(difference.se).toBeLessThan(0.25 * (valueA?.reward.se ?? 0));
    expect(differenceOf(rows, b, a, OPTIONS).low).toBeCloseTo(-difference.high, 10);
  });

  test("a policy differs from itself by nothing", () => {
    expect(differenceOf(rows, a, a, OPTIONS)).toEqual({ value: 0, low: 0, high: 0, se: 0 });
  });

  test("the same seed gives the same figures, another seed others", () => {
    expect(policyValues(rows, [a, b], OPTIONS)).toEqual(policyValues(rows, [a, b], OPTIONS));
    expect(policyValues(rows, [a], { ...OPTIONS, seed: 2 })[0]?.reward).not.toEqual(
      policyValues(rows, [a], OPTIONS)[0]?.reward,
    );
  });

  test("who else is measured changes no policy's figures", () => {
    expect(policyValues(rows, [b, a], OPTIONS)[1]).toEqual(policyValues(rows, [a], OPTIONS)[0]);
  });
});

describe("grouped", () => {
  const { rows, kind } = drawLog(5_000, "grouped");
  const grouped = emptyGroups(2, 3, LOTS);
  for (let row = 0; row < rows.n; row += 1)
    addRow(grouped, {
      lot: lotOf(row, OPTIONS.seed, LOTS),
      group: kind[row] ?? 0,
      arm: rows.arm[row] ?? 0,
      propensity: rows.propensity[row] ?? 0,
      reward: rows.reward[row] ?? 0,
      cost: rows.cost[row] ?? 0,
    });
  const policies: GroupPolicy[] = [
    { name: "targeted", shares: TARGETED },
    { name: "drawn", shares: STOCHASTIC },
  ];
  const byRow = policies.map(({ name, shares }) => byKind(name, kind, shares));

  test("sums by group give a plan the same figures as row by row", () => {
    const values = measuredValues(sumGroupPolicies(grouped, policies), OPTIONS).slice(1);
    policyValues(rows, byRow, OPTIONS).forEach((expected, index) => {
      const value = values[index];
      expect(value?.reward.value).toBeCloseTo(expected.reward.value, 6);
      expect(value?.incremental.low).toBeCloseTo(expected.incremental.low, 6);
      expect(value?.cost.high).toBeCloseTo(expected.cost.high, 4);
      expect(value?.selfNormalised?.incremental.se).toBeCloseTo(expected.selfNormalised?.incremental.se ?? 0, 6);
      expect(value?.effectiveRows).toBeCloseTo(expected.effectiveRows, 2);
      expect(value?.meanWeight.value).toBeCloseTo(1, 1);
    });
  });

  test("releases with groups of their own are compared on the same draws", () => {
    const [first, second] = policies.map((policy) => sumGroupPolicies(grouped, [policy]));
    const joined = joinSums([first, second].flatMap((part) => (part ? [part] : [])));
    expect(joined.names).toEqual(["control for all", "targeted", "drawn"]);
    const apart = measuredValues(sumGroupPolicies(grouped, policies), OPTIONS);
    expect(measuredValues(joined, OPTIONS)).toEqual(apart);
    const [difference] = differencesOf(joined, [[1, 2]], OPTIONS);
    const direct = differenceOf(rows, byRow[0]!, byRow[1]!, OPTIONS);
    expect(difference?.reward.value).toBeCloseTo(direct.value, 6);
    expect(difference?.reward.low).toBeCloseTo(direct.low, 6);
  });
});
