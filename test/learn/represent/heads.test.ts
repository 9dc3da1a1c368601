// What the network is asked of a log, and the level that each arm begins at.

import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/domain/random.ts";
import { FOLDS, type Block, type Tasks } from "../../../src/learn/nouns.ts";
import { planHeads, targetsOf } from "../../../src/learn/represent/heads.ts";
import { addTogether, emptyEffects } from "../../../src/learn/represent/recipes.ts";
import { armLevels } from "../../../src/learn/represent/network/intercepts.ts";

/** A block of rows from a function of the row. */
function blockOf(
  n: number,
  row: (i: number) => { arm: number; rewards: number[]; redeemed?: number; cost?: number },
): Block {
  const rows = Array.from({ length: n }, (_, i) => row(i));
  return {
    n,
    x: new Float32Array(n),
    fold: Uint8Array.from({ length: n }, (_, row) => row % FOLDS),
    arm: Uint8Array.from(rows, ({ arm }) => arm),
    propensity: new Float32Array(n).fill(0.5),
    rewards: Float32Array.from(rows.flatMap(({ rewards }) => rewards)),
    redeemed: Float32Array.from(rows, ({ redeemed }) => redeemed ?? NaN),
    cost: Float32Array.from(rows, ({ cost }) => cost ?? 0),
  };
}

describe("what it learns", () => {
  const amount: Tasks = {
    rewards: [{ name: "basket", weight: 2, kind: "amount" }],
    cost: { kind: "column" },
    dose: null,
  };

  test("an amount in two parts: whether, and how much then", () => {
    const block = blockOf(100, (i) => ({ arm: i % 2, rewards: [i % 4 < 2 ? 0 : 10 + (i % 4)] }));
    const plan = planHeads(block, amount, 2);
    expect(plan.heads.map(({ name, kind }) => [name, kind])).toEqual([
      ["basket happens", "logit"],
      ["basket given that", "amount"],
    ]);
    expect(plan.rewards).toEqual([{ weight: 2, occurs: 0, amount: { head: 1, mean: 12.5 } }]);
    expect(targetsOf(plan.heads, block).slice(0, 6)).toEqual(
      Float32Array.of(0, NaN, 0, NaN, 1, Math.fround(12 / 12.5)),
    );
  });

  test("no question about a cost that is the same for all rows of an arm, be it tiny", () => {
    const block = blockOf(100, (i) => ({ arm: i % 2, rewards: [i % 3], cost: i % 2 === 0 ? 0 : 1e-6 }));
    const { cost, heads } = planHeads(block, amount, 2);
    expect(cost.redeems).toEqual([]);
    expect(heads).toHaveLength(2);
    expect(cost.arms[1]).toMatchObject({ kind: "certain", minor: expect.closeTo(1e-6, 9) as unknown });
  });

  test("whether a cost comes, given the reward without which it never does, and no amount where that is constant", () => {
    const block = blockOf(400, (i) => {
      const ordered = i % 4 < 2;
      return { arm: i % 2, rewards: [ordered ? 10 : 0], cost: i % 2 === 1 && ordered && i % 8 < 4 ? 300 : 0 };
    });
    const { cost, heads } = planHeads(block, amount, 2);
    expect(heads.map((head) => head.name)).toEqual(["basket happens", "redeemed given that", "basket given that"]);
    expect(cost).toEqual({
      arms: [
        { kind: "certain", minor: 0 },
        { kind: "redeemed", send: 0, amount: 300, varies: false },
      ],
      redeems: [0, 1],
      amount: null,
    });
  });

  test("a cost in per cent of the basket has an amount of its own", () => {
    const block = blockOf(400, (i) => ({ arm: i % 2, rewards: [i % 5], cost: i % 2 === 1 ? (i % 5) * 10 : 0 }));
    const { cost, heads } = planHeads(block, amount, 2);
    expect(heads.at(-1)).toMatchObject({ name: "cost given that", kind: "amount", pooling: 0 });
    expect(cost.amount).toBe(heads.length - 1);
  });

  test("an arm of one face value costs that face, whatever is said of the amounts of arms in per cent", () => {
    const block = blockOf(600, (i) => ({
      arm: i % 3,
      rewards: [i % 5],
      cost: i % 5 === 0 ? 0 : [0, (i % 5) * 10, 300][i % 3]!,
    }));
    const plan = planHeads(block, amount, 3);
    const answers = Float32Array.from(plan.heads, ({ name }) => (name === "cost given that" ? 2 : 0.5));
    const effects = emptyEffects(1, 3);
    for (const arm of [0, 1, 2]) addTogether(plan, answers, arm, 1, effects, arm);
    expect(Array.from(effects.redemption.subarray(1))).toEqual([0.5, 0.5]);
    expect(Array.from(effects.cost)).toEqual([0, 0.5 * 25 * 2, 0.5 * 300]);
  });

  test("one question where redemption is the reward itself", () => {
    const tasks: Tasks = {
      rewards: [{ name: "visit", weight: 1, kind: "binary" }],
      cost: { kind: "redeemed", faceMinor: [0, 60], sendMinor: [0, 1], givenReward: 0 },
      dose: null,
    };
    const block = blockOf(100, (i) => ({ arm: i % 2, rewards: [Number(i % 5 === 0)], redeemed: Number(i % 5 === 0) }));
    const { heads, cost } = planHeads(block, tasks, 2);
    expect(heads).toHaveLength(1);
    expect(cost.redeems).toEqual([0]);
    expect(cost.arms).toEqual([
      { kind: "certain", minor: 0 },
      { kind: "redeemed", send: 1, amount: 60, varies: false },
    ]);
  });
});

describe("an arm's level", () => {
  const head = {
    name: "order",
    kind: "logit" as const,
    pooling: 1,
    target: (b: Block, row: number) => b.rewards[row]!,
  };
  const log = (n: number, rates: readonly number[], seed = 1): Block => {
    const random = seededRandom(`levels:${seed}`);
    return blockOf(n, (i) => ({ arm: i % rates.length, rewards: [Number(random.unit() < rates[i % rates.length]!)] }));
  };
  const spread = (levels: Float64Array): number => Math.max(...levels) - Math.min(...levels);

  test("is drawn to the others' where the log can not tell them apart", () => {
    const total = (shrink: boolean): number =>
      Array.from({ length: 20 }, (_, seed) =>
        spread(armLevels(head, log(1000, [0.1, 0.1, 0.1, 0.1], seed), null, 4, null, shrink)),
      ).reduce((sum, one) => sum + one, 0);
    expect(total(true)).toBeLessThan(0.4 * total(false));
  });

  test("stays its own where the log can", () => {
    const block = log(40_000, [0.05, 0.1, 0.2, 0.4]);
    const plain = armLevels(head, block, null, 4, null, false);
    armLevels(head, block, null, 4, null, true).forEach((level, arm) => expect(level).toBeCloseTo(plain[arm]!, 1));
  });

  test("follows the trend of ordered arms", () => {
    const block = log(6000, [0.1, 0.12, 0.14, 0.16, 0.18, 0.2]);
    const levels = armLevels(head, block, null, 6, [0, 1, 2, 3, 4, 5], true);
    for (let arm = 1; arm < 6; arm += 1) expect(levels[arm]!).toBeGreaterThan(levels[arm - 1]!);
  });

  test("is everybody's, not that of those whom a policy chose: rows are weighted by their propensity", () => {
    const random = seededRandom("policy");
    // Good users, who order half the time, get arm 1 nine times in ten; the others, who never do, once in ten.
    const block = blockOf(20_000, () => {
      const good = random.unit() < 0.5;
      const arm = Number(random.unit() < (good ? 0.9 : 0.1));
      return { arm, rewards: [Number(good && random.unit() < 0.5)], cost: good === (arm === 1) ? 0.9 : 0.1 };
    });
    const levels = armLevels(head, { ...block, propensity: block.cost }, null, 2, null, false);
    for (const level of levels) expect(1 / (1 + Math.exp(-level))).toBeCloseTo(0.25, 1);
  });
});
