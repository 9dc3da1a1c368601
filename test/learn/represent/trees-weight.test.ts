// How the trees' weight in the mean of both learners follows a log, and how far.

import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/domain/random.ts";
import { PRIOR, treesWeight } from "../../../src/learn/represent/trees-weight.ts";

const ARMS = 3;
const TASKS = [{ name: "orders", weight: 2, kind: "amount" }] as const;

interface Shares {
  /** Of the trees' view in how arms differ. */
  readonly effects: number;
  /** And in what a row brings and costs under all of them; left out: the same. */
  readonly levels?: number;
}

/** A log in which arms bring and cost what `shares` of the trees' and the rest of the network's view say, and noise. */
function logOf(n: number, { effects, levels = effects }: Shares, noise: number, propensities = [1 / 3, 1 / 3, 1 / 3]) {
  const random = seededRandom(`log ${n} ${effects} ${levels}`);
  const view = () => {
    const level = Array.from({ length: n }, () => 10 + random.normal());
    return Float32Array.from({ length: n * ARMS }, (_, cell) => level[Math.floor(cell / ARMS)]! + random.normal());
  };
  const views = () => ({ reward: view(), cost: view() });
  const [network, trees] = [views(), views()];
  const arm = Uint8Array.from({ length: n }, () => {
    const drawn = random.unit();
    return propensities.findIndex((_, at) => drawn < propensities.slice(0, at + 1).reduce((sum, p) => sum + p, 0));
  });
  const seen = (of: "reward" | "cost") =>
    Float32Array.from(arm, (each, row) => {
      const cells = (told: Float32Array) => told.subarray(row * ARMS, (row + 1) * ARMS);
      const level = (told: Float32Array) => cells(told).reduce((sum, cell) => sum + cell / ARMS, 0);
      const [t, w] = [trees[of], network[of]];
      const mean = levels * level(t) + (1 - levels) * level(w);
      const own = effects * (cells(t)[each]! - level(t)) + (1 - effects) * (cells(w)[each]! - level(w));
      return mean + own + noise * random.normal();
    });
  const rewards = seen("reward").map((value) => value / TASKS[0].weight);
  const propensity = Float32Array.from(arm, (each) => propensities[each]!);
  return { block: { n, arm, propensity, rewards, cost: seen("cost") }, network, trees };
}

const weightIn = ({ block, network, trees }: ReturnType<typeof logOf>) => treesWeight(block, TASKS, network, trees);

describe("the trees' weight", () => {
  test.each([
    [0.2, 0.2],
    [0.7, 0.3],
    [0.4, 0.9],
  ])(
    "is what tells the arms apart best where the log says it well: %s, whatever foretells outcomes: %s",
    (effects, levels) => {
      const found = weightIn(logOf(15_000, { effects, levels }, 0.2));
      expect(found.weight).toBeCloseTo(effects, 1);
      expect(Math.abs(found.effects!.slope - effects)).toBeLessThan(0.2);
    },
  );

  test.each([0.1, 0.4, 0.6])("follows what foretells outcomes where the log says little of the arms: %s", (levels) => {
    const found = weightIn(logOf(4_000, { effects: levels, levels }, 3));
    expect(found.effects!.error).toBeGreaterThan(0.04);
    expect(found.outcomes!).toBeCloseTo(levels, 1);
    expect(found.weight).toBeGreaterThan(levels - 0.05);
    expect(found.weight).toBeLessThan(levels + PRIOR.overOutcomes + 0.1);
  });

  test("moves towards the arms' own evidence no further than its error allows", () => {
    const { weight, outcomes, effects } = weightIn(logOf(2_000, { effects: 0.1, levels: 0.5 }, 6));
    const before = outcomes! + PRIOR.overOutcomes;
    const share = PRIOR.deviation ** 2 / (PRIOR.deviation ** 2 + effects!.error ** 2);
    expect(weight).toBeCloseTo(before + share * (effects!.slope - before), 10);
    expect(share).toBeLessThan(0.5);
  });

  test("is in 0 to 1 whatever the log says", () => {
    expect(weightIn(logOf(8_000, { effects: 3 }, 0.1)).weight).toBe(1);
    expect(weightIn(logOf(8_000, { effects: -2 }, 0.1)).weight).toBe(0);
  });

  test("does not depend on how often an arm was given", () => {
    const even = weightIn(logOf(8_000, { effects: 0.4 }, 0.5));
    const uneven = weightIn(logOf(8_000, { effects: 0.4 }, 0.5, [0.7, 0.2, 0.1]));
    expect(Math.abs(even.weight - uneven.weight)).toBeLessThan(0.05);
  });

  test("rests on rewards alone where both learners say the same of costs", () => {
    const { block, network, trees } = logOf(8_000, { effects: 0.4 }, 0.5);
    const { outcomes } = treesWeight(block, TASKS, network, { ...trees, cost: network.cost });
    expect(outcomes).toBeCloseTo(0.4, 1);
  });

  test("is the prior where both learners say the same, or nothing is expected of anybody", () => {
    const { block, network } = logOf(100, { effects: 0.5 }, 1);
    const nothing = { weight: PRIOR.mean, outcomes: null, effects: null };
    expect(treesWeight(block, TASKS, network, network)).toEqual(nothing);
    const none = { reward: new Float32Array(100 * ARMS), cost: new Float32Array(100 * ARMS) };
    expect(treesWeight(block, TASKS, none, none)).toEqual(nothing);
  });
});
