// How the trees' weight in the mean of both learners follows a log, and how far.

import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/domain/random.ts";
import { PRIOR, treesWeight } from "../../../src/learn/represent/trees-weight.ts";

const ARMS = 3;
const TASKS = [{ name: "orders", weight: 2, kind: "amount" }] as const;

/** A log in which arms bring what `share` of the trees' and the rest of the network's view says, and noise. */
function logOf(n: number, share: number, noise: number, propensities: readonly number[] = [1 / 3, 1 / 3, 1 / 3]) {
  const random = seededRandom(`log ${n} ${share}`);
  const cells = (deviation: number): Float32Array =>
    Float32Array.from({ length: n * ARMS }, () => 10 + deviation * random.normal());
  const [network, trees] = [cells(1), cells(1)];
  const arm = Uint8Array.from({ length: n }, () => {
    const drawn = random.unit();
    return propensities.findIndex((_, at) => drawn < propensities.slice(0, at + 1).reduce((sum, p) => sum + p, 0));
  });
  const rewards = Float32Array.from(arm, (each, row) => {
    const cell = row * ARMS + each;
    return (share * trees[cell]! + (1 - share) * network[cell]! + noise * random.normal()) / TASKS[0].weight;
  });
  const propensity = Float32Array.from(arm, (each) => propensities[each]!);
  return { block: { n, arm, propensity, rewards }, network, trees };
}

const weightIn = ({ block, network, trees }: ReturnType<typeof logOf>) => treesWeight(block, TASKS, network, trees);

describe("the trees' weight", () => {
  test.each([0.2, 0.7, 1])("is the log's own where the log says it well: %s", (share) => {
    const found = weightIn(logOf(20_000, share, 0.5));
    expect(found.weight).toBeCloseTo(share, 1);
    expect(Math.abs(found.measured!.weight - share)).toBeLessThan(4 * found.measured!.error + 0.01);
  });

  test("stays near the prior where the log says little, and in 0 to 1 whatever it says", () => {
    expect(Math.abs(weightIn(logOf(300, 0, 100)).weight - PRIOR.mean)).toBeLessThan(0.05);
    expect(weightIn(logOf(20_000, 3, 0.1)).weight).toBe(1);
    expect(weightIn(logOf(20_000, -2, 0.1)).weight).toBe(0);
  });

  test("does not depend on how often an arm was given", () => {
    const even = weightIn(logOf(20_000, 0.4, 0.5));
    const uneven = weightIn(logOf(20_000, 0.4, 0.5, [0.7, 0.2, 0.1]));
    expect(Math.abs(even.weight - uneven.weight)).toBeLessThan(0.05);
  });

  test("is the prior where both learners say the same, or nothing is expected of anybody", () => {
    const { block, network } = logOf(100, 0.5, 1);
    expect(treesWeight(block, TASKS, network, network)).toEqual({ weight: PRIOR.mean, measured: null });
    const none = new Float32Array(100 * ARMS);
    expect(treesWeight(block, TASKS, none, none)).toEqual({ weight: PRIOR.mean, measured: null });
  });
});
