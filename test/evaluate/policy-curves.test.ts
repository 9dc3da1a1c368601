import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/domain/random.ts";
import { aucc, curveOf, groupByScore, qini, upliftAt, type ScoredGroup } from "../../src/evaluate/policy/curves.ts";
import type { LoggedRows } from "../../src/evaluate/policy/logged.ts";
import { envelopeOf, mixThatSpends } from "../../src/evaluate/policy/one-mix.ts";

const group = (score: number, treated: number[], control: number[]): ScoredGroup => {
  const sums = ([weight = 0, reward = 0, cost = 0]: number[]) => ({ weight, reward, cost });
  return { score, treated: sums(treated), control: sums(control) };
};

describe("by hand", () => {
  // 10 users of each kind with the arm and 10 without. Kind 2: 6 against 2, cost 4. Kind 1: 3 against 2, cost 6.
  const good = group(2, [10, 6, 4], [10, 2, 0]);
  const poor = group(1, [10, 3, 6], [10, 2, 0]);

  test("the curve goes from nobody to everybody, by what the highest scores brought", () => {
    expect(curveOf([poor, good])).toEqual([
      { share: 0, reward: 0, cost: 0 },
      { share: 0.5, reward: 4, cost: 4 },
      { share: 1, reward: 5, cost: 10 },
    ]);
  });

  test("AUCC: the area under (cost, reward) over its rectangle", () => {
    // 4 × 4 / 2 + 6 × (4 + 5) / 2 = 35 of 50.
    expect(aucc([good, poor])).toBeCloseTo(0.7, 12);
  });

  test("Qini: the area above the straight line, per user", () => {
    // (0.5 × 4 / 2 + 0.5 × (4 + 5) / 2 − 5 / 2) / 20 = (1 + 2.25 − 2.5) / 20
    expect(qini([good, poor])).toBeCloseTo(0.0375, 12);
  });

  test("the uplift at a share lies straight between the curve's points, per user", () => {
    const expected = [0, 0.1, 0.2, 0.225, 0.25].map((uplift) => expect.closeTo(uplift, 12));
    expect(upliftAt([poor, good], [0, 0.25, 0.5, 0.75, 1])).toEqual(expected);
    expect(upliftAt([group(1, [10, 3, 6], [0, 0, 0])], [0.5])).toEqual([Number.NaN]);
  });

  test("unequal propensities count by their inverse: twice the weight is twice the users", () => {
    const rows: LoggedRows = {
      n: 4,
      arms: 3,
      arm: [2, 0, 2, 0],
      propensity: [0.5, 0.25, 0.5, 0.25],
      reward: [3, 1, 2, 1],
      cost: [10, 0, 10, 0],
    };
    const points = curveOf(groupByScore(rows, [2, 2, 1, 1], 2));
    // First two rows: 3 × 2 − 1 × 4 × (2 / 4) = 4.
    expect(points[1]).toEqual({ share: 0.5, reward: 4, cost: 20 });
    expect(points[2]).toEqual({ share: 1, reward: 6, cost: 40 });
  });

  test("rows of other arms do not count", () => {
    const rows: LoggedRows = {
      n: 3,
      arms: 3,
      arm: [0, 1, 2],
      propensity: [0.3, 0.3, 0.4],
      reward: [1, 5, 100],
      cost: [0, 1, 1],
    };
    const [only] = groupByScore(rows, [1, 1, 1], 1);
    expect(only?.treated.reward).toBeCloseTo(5 / 0.3, 12);
    expect(only?.control.reward).toBeCloseTo(1 / 0.3, 12);
  });
});

describe("what cannot be said", () => {
  test("an arm that nobody got has no curve", () => {
    const groups = [group(1, [0, 0, 0], [10, 2, 0])];
    expect(aucc(groups)).toBeNull();
    expect(qini(groups)).toBeNull();
  });

  test("an arm that costs nothing, or brings nothing, has no AUCC", () => {
    expect(aucc([group(1, [10, 6, 0], [10, 2, 0])])).toBeNull();
    expect(aucc([group(1, [10, 1, 5], [10, 2, 0])])).toBeNull();
    expect(qini([group(1, [10, 6, 0], [10, 2, 0])])).toBeCloseTo(0, 12);
  });

  test("the first users may all have got the arm: the curve waits for a control", () => {
    const points = curveOf([group(3, [5, 5, 5], [0, 0, 0]), group(2, [5, 1, 5], [10, 2, 0])]);
    expect(points).toHaveLength(2);
    expect(points[1]).toEqual({ share: 1, reward: 4, cost: 10 });
  });
});

describe("order", () => {
  const n = 40_000;
  const random = seededRandom("curves");
  const strength = Float64Array.from({ length: n }, () => random.unit());
  const arm = Uint8Array.from({ length: n }, () => random.below(2));
  const reward = Float64Array.from({ length: n }, (_, row) => {
    const chance = 0.1 + 0.3 * (arm[row] ?? 0) * (strength[row] ?? 0) ** 2;
    return random.unit() < chance ? 1 : 0;
  });
  const rows: LoggedRows = {
    n,
    arms: 2,
    arm,
    propensity: new Float64Array(n).fill(0.5),
    reward,
    cost: Float64Array.from(arm, (given) => 10 * given),
  };
  const measures = (scores: ArrayLike<number>) => {
    const groups = groupByScore(rows, scores, 1);
    return [aucc(groups) ?? Number.NaN, qini(groups) ?? Number.NaN] as const;
  };
  const perfect = measures(strength);
  const half = measures(strength.map((value, row) => value + (row % 3 === 0 ? 10 * random.unit() : 0)));
  const chance = measures(Float64Array.from({ length: n }, () => random.unit()));
  const reversed = measures(strength.map((value) => -value));
  const alike = measures(new Float64Array(n));

  test("a perfect ranking is above a half good one, that above chance, and that above the reverse", () => {
    for (const measure of [0, 1] as const) {
      expect(perfect[measure]).toBeGreaterThan(half[measure]);
      expect(half[measure]).toBeGreaterThan(chance[measure]);
      expect(chance[measure]).toBeGreaterThan(reversed[measure]);
    }
  });

  test("chance and equal scores have ½ and 0", () => {
    expect(chance[0]).toBeCloseTo(0.5, 1);
    expect(Math.abs(chance[1])).toBeLessThan(0.2 * perfect[1]);
    expect(alike[0]).toBeCloseTo(0.5, 12);
    expect(alike[1]).toBeCloseTo(0, 12);
  });

  test("the perfect ranking's AUCC and Qini are those of the formula", () => {
    // Uplift .3 s² of the top share q: .1 × (1 − (1 − q)³); its mean over q is .075, the line's .05.
    expect(perfect[0]).toBeCloseTo(0.75, 1);
    expect(perfect[1]).toBeCloseTo(0.025, 2);
  });
});

describe("one mix for all", () => {
  const arms = [
    { reward: 1, cost: 0 },
    { reward: 3, cost: 10 },
    { reward: 3.5, cost: 30 },
    { reward: 5, cost: 40 },
    { reward: 4, cost: 60 },
  ];

  test("the envelope leaves out what a mix of others does better", () => {
    expect(envelopeOf(arms)).toEqual([0, 1, 3]);
  });

  test("what is better and costs nothing more comes first", () => {
    expect(
      envelopeOf([
        { reward: 1, cost: 0 },
        { reward: 2, cost: 0 },
        { reward: 3, cost: 5 },
      ]),
    ).toEqual([0, 1, 2]);
  });

  test.each([
    { spend: 0, shares: [1, 0, 0, 0, 0] },
    { spend: 5, shares: [0.5, 0.5, 0, 0, 0] },
    { spend: 10, shares: [0, 1, 0, 0, 0] },
    { spend: 25, shares: [0, 0.5, 0, 0.5, 0] },
    { spend: 99, shares: [0, 0, 0, 1, 0] },
  ])("a mix that spends $spend", ({ spend, shares }) => {
    expect(
      mixThatSpends(
        [0, 1, 3],
        arms.map(({ cost }) => cost),
        spend,
      ),
    ).toEqual(shares);
  });
});
