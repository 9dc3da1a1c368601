// Real experiments in the quality benchmark: how rows are divided, and the judge on a made-up log in which it is known who is
// better.

import { describe, expect, test } from "vitest";
import { judgeExperiment, verdictOf } from "../../../benchmarks/quality/experiments/judge.ts";
import { ladderOf } from "../../../benchmarks/quality/experiments/ladder.ts";
import { datasetOf, foldsOf, rowsWhere } from "../../../benchmarks/quality/experiments/rows.ts";
import { pickBlock } from "../../../src/learn/pick-rows.ts";
import type { Told } from "../../../benchmarks/quality/experiments/told.ts";
import type { Effects } from "../../../benchmarks/quality/scorer.ts";
import { BOOTSTRAP } from "../../../src/evaluate/policy/bootstrap.ts";
import { seededRandom } from "../../../src/domain/random.ts";
import { madeUpLog } from "../memory-dataset.ts";

const { dataset, rows, truth, n, arms } = madeUpLog(6000, 3);
/** Outcomes are what is expected of the arm given over the control: which arm that is is all the chance there is. */
const ofGiven = (values: Float32Array, unit: number): Float64Array =>
  Float64Array.from(rows.arm, (arm, row) => (values[row * arms + arm]! - values[row * arms]!) / unit);
const logged = {
  n,
  arms,
  arm: rows.arm,
  propensity: rows.propensity,
  reward: ofGiven(truth.reward, 1),
  cost: ofGiven(truth.cost, 100),
};
const known: Effects = {
  n,
  arms,
  reward: Float64Array.from(truth.reward),
  cost: Float64Array.from(truth.cost, (minor) => minor / 100),
};

/** Takes users for others. */
function confused({ reward, cost }: Effects): Effects {
  const random = seededRandom("confused");
  const order = Array.from({ length: n }, () => random.below(n));
  const mixed = (values: Float64Array): Float64Array =>
    values.map((_, cell) => values[order[Math.floor(cell / arms)]! * arms + (cell % arms)]!);
  return { n, arms, reward: mixed(reward), cost: mixed(cost) };
}

const told = (method: string, effects: Effects): Told => ({ method, effects, plans: null, seconds: 1 });

describe("the judge of an experiment", () => {
  const all = new Map([
    ["ours", [told("ours", known)]],
    ["same", [told("same", known)]],
    ["lost", [told("lost", confused(known))]],
  ]);
  const [ours, same, lost] = judgeExperiment(logged, all, { ...BOOTSTRAP, replicates: 200 });

  test("finds no difference between a method and itself, and compares ours with nobody", () => {
    expect(ours!.budgets.every(({ oursLess }) => oursLess === null)).toBe(true);
    expect(verdictOf(ours!.budgets)).toBeNull();
    for (const { oursLess } of same!.budgets) expect(oursLess).toEqual({ value: 0, low: 0, high: 0 });
    expect(verdictOf(same!.budgets)).toBe("no worse");
  });

  test("finds who knows the users better than who takes them for others, at the same measured spend", () => {
    expect(verdictOf(lost!.budgets)).toBe("better");
    expect(ours!.aucc.at(-1)!).toBeGreaterThan(lost!.aucc.at(-1)!);
    expect(ours!.qini.at(-1)!).toBeGreaterThan(lost!.qini.at(-1)!);
  });

  test("sees that true costs keep a budget, and that costs thought half of what they are do not", () => {
    expect(ours!.error).toBeLessThan(0.15);
    const cheap = { ...known, cost: known.cost.map((each) => each / 2) };
    const [found] = judgeExperiment(logged, new Map([["cheap", [told("cheap", cheap)]]]), {
      ...BOOTSTRAP,
      replicates: 50,
    });
    expect(found!.error).toBeGreaterThan(0.5);
    expect(found!.budgets.every(({ oursLess }) => oursLess === null)).toBe(true);
  });
});

test("plans of folds go up together, each to what its own rows may spend", () => {
  const none = Array.from({ length: arms }, (_, arm) => Number(arm === 0));
  const top = Array.from({ length: arms }, (_, arm) => Number(arm === arms - 1));
  const cost = [Array.from({ length: arms }, (_, arm) => arm)];
  const half = none.map((share, arm) => (share + top[arm]!) / 2);
  const plan = { steps: [[none], [half], [top]], cost, reward: cost };
  const fold = Uint8Array.from({ length: n }, (_, row) => row % 2);
  const ladder = ladderOf({
    ...told("ours", known),
    plans: { byFold: [plan, plan], fold, group: new Int32Array(n) },
  });
  expect(ladder.planned[0]).toBe(0);
  expect(ladder.planned.at(-1)).toBeCloseTo(arms - 1, 9);
  expect(ladder.share(0, 1, 0)).toBe(1);
  expect(ladder.share(ladder.steps - 1, 1, arms - 1)).toBe(1);
  const shares = new Float32Array(n * arms);
  ladder.add(Math.floor(ladder.steps / 2), 1, shares);
  expect([...shares.subarray(0, arms)]).toEqual(half);
});

describe("the division of rows", () => {
  test("keeps the rows of a user together, and every row is judged once", () => {
    const unit = Float64Array.from({ length: n }, (_, row) => Math.floor(row / 3));
    const fold = foldsOf({ ...logged, unit }, 4, 1);
    for (let row = 0; row < n; row += 1) expect(fold[row]).toBe(fold[row - (row % 3)]);
    const held = [0, 1, 2, 3].flatMap((own) => [...rowsWhere(fold, (each) => each === own)]);
    expect(new Set(held).size).toBe(n);
    expect(foldsOf(logged, 4, 2)).not.toEqual(foldsOf(logged, 4, 1));
  });

  test("gives a data set of some rows alone, in their order, whatever the block size", async () => {
    const some = rowsWhere(rows.fold, (each) => each === 1);
    const part = datasetOf(dataset, pickBlock(rows, some));
    expect(part.rows).toBe(some.length);
    const found: number[] = [];
    for await (const block of part.blocks(700)) found.push(...block.x);
    expect(found).toEqual([...some]);
    const sample = await part.sample(100, 5);
    expect([...sample.x]).toEqual([...sample.x].toSorted((a, b) => a - b));
    expect(sample.n).toBe(100);
  });
});
