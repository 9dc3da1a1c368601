// How far arms differ from user to user: by the log's outcomes, and what is made of it.

import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/domain/random.ts";
import type { Effects } from "../../../src/learn/nouns.ts";
import { applyCalibration, calibrate, SLOPE } from "../../../src/learn/represent/calibrate.ts";
import type { HeadPlan } from "../../../src/learn/represent/heads.ts";

const ARMS = 3;
const TASKS = [{ name: "orders", weight: 2, kind: "amount" }] as const;
const USUAL = [0.9, 1, 1.1];

/** A log in which a user's own part of an arm's reward is `slope` times what is foretold of it, and noise. */
function logOf(n: number, slope: number, noise: number, propensities = [1 / 3, 1 / 3, 1 / 3]) {
  const random = seededRandom(`log ${n} ${slope} ${noise}`);
  const foretold = new Float32Array(n * ARMS);
  const arm = new Uint8Array(n);
  const rewards = new Float32Array(n);
  for (let row = 0; row < n; row += 1) {
    const level = 10 + 2 * random.normal();
    const own = Array.from({ length: ARMS }, () => random.normal());
    const mean = own.reduce((sum, each) => sum + each / ARMS, 0);
    const [drawn, [first, second]] = [random.unit(), propensities as [number, number, number]];
    arm[row] = drawn < first ? 0 : drawn < first + second ? 1 : 2;
    own.forEach((each, at) => (foretold[row * ARMS + at] = USUAL[at]! * level + each - mean));
    const truth = USUAL[arm[row]!]! * level + slope * (own[arm[row]!]! - mean);
    rewards[row] = (truth + noise * random.normal()) / TASKS[0].weight;
  }
  const propensity = Float32Array.from(arm, (each) => propensities[each]!);
  return { block: { n, arm, propensity, rewards }, foretold };
}

const slopeIn = ({ block, foretold }: ReturnType<typeof logOf>) => calibrate(block, TASKS, foretold);

describe("how far arms differ from user to user", () => {
  test.each([1.2, 2, 2.6])("is what the log's outcomes say where they say it well: %s times as far", (slope) => {
    const { slope: found, measured, usual } = slopeIn(logOf(20_000, slope, 1));
    expect(found).toBeCloseTo(slope, 1);
    expect(Math.abs(measured!.slope - slope)).toBeLessThan(4 * measured!.error);
    usual.forEach((each, at) => expect(each).toBeCloseTo(USUAL[at]!, 1));
  });

  test("moves away from the usual slope no further than the log's error allows", () => {
    const { slope, measured } = slopeIn(logOf(1_000, 2.5, 12));
    const share = SLOPE.deviation ** 2 / (SLOPE.deviation ** 2 + measured!.error ** 2);
    expect(share).toBeLessThan(0.6);
    expect(slope).toBeCloseTo(SLOPE.mean + share * (measured!.slope - SLOPE.mean), 10);
  });

  test("is never less than foretold, nor more than three times as far", () => {
    expect(slopeIn(logOf(20_000, 0.2, 1)).slope).toBe(1);
    expect(slopeIn(logOf(20_000, 9, 1)).slope).toBe(SLOPE.most);
  });

  test("does not depend on how often an arm was given", () => {
    const even = slopeIn(logOf(20_000, 1.8, 1));
    const uneven = slopeIn(logOf(20_000, 1.8, 1, [0.7, 0.2, 0.1]));
    expect(Math.abs(even.slope - uneven.slope)).toBeLessThan(0.1);
  });

  test("does not mind users of whom a loss is expected", () => {
    const { block, foretold } = logOf(20_000, 2, 1);
    const before = calibrate(block, TASKS, foretold);
    // Near nothing over all arms, so that an arm's share of it would be anything.
    for (let row = 0; row < 1000; row += 1) foretold.set([-10, 5, 5.0001], row * ARMS);
    const { slope, usual } = calibrate(block, TASKS, foretold);
    expect(Math.abs(slope - before.slope)).toBeLessThan(0.1);
    usual.forEach((each, at) => expect(each).toBeCloseTo(before.usual[at]!, 2));
  });

  test("is as foretold where arms differ for everybody alike, or nothing is expected of anybody", () => {
    const { block } = logOf(300, 2, 1);
    const alike = Float32Array.from({ length: 300 * ARMS }, () => 1);
    expect(calibrate(block, TASKS, alike)).toEqual({ slope: 1, measured: null, usual: [1, 1, 1] });
    expect(calibrate(block, TASKS, new Float32Array(300 * ARMS))).toMatchObject({ slope: 1, measured: null });
  });
});

describe("effects that are calibrated", () => {
  const plan = (
    redeems: number[],
    amount: { head: number; mean: number } | null,
  ): Pick<HeadPlan, "rewards" | "cost"> => ({
    rewards: [{ weight: 1, occurs: 0, amount }],
    cost: {
      arms: [
        { kind: "certain", minor: 0 },
        ...Array.from({ length: 2 }, () => ({ kind: "redeemed", send: 5, amount: 300, varies: false }) as const),
      ],
      redeems,
      amount: null,
    },
  });
  const calibration = { slope: 2, measured: null, usual: USUAL };
  const effectsOf = (reward: number[]): Effects => ({
    reward: Float32Array.from(reward),
    cost: Float32Array.of(0, 35, 65),
    redemption: Float32Array.of(1, 0.1, 0.2),
  });
  const near = (found: Float32Array, expected: number[]): void =>
    expected.forEach((value, at) => expect(found[at]).toBeCloseTo(value, 4));

  test("keep the user's level and double what is the user's own; costs that follow the reward go with it", () => {
    const effects = effectsOf([9, 9, 12]);
    applyCalibration(calibration, plan([0, 1], { head: 2, mean: 1 }), effects);
    near(effects.reward, [9, 8, 13]);
    near(effects.cost, [0, 5 + (30 * 8) / 9, 5 + (60 * 13) / 12]);
    near(effects.redemption, [1, 0.8 / 9, 2.6 / 12]);
  });

  test("leave costs alone that come about without the reward", () => {
    const effects = effectsOf([9, 9, 12]);
    applyCalibration(calibration, plan([1], { head: 2, mean: 1 }), effects);
    near(effects.reward, [9, 8, 13]);
    near(effects.cost, [0, 35, 65]);
    near(effects.redemption, [1, 0.1, 0.2]);
  });

  test("bring no less than nothing, and no more than can happen", () => {
    const scarce = effectsOf([12, 17.9, 0.1]);
    applyCalibration(calibration, plan([0, 1], { head: 2, mean: 1 }), scarce);
    expect(scarce.reward[2]).toBeCloseTo(0.005, 4);
    const certain = effectsOf([0.6, 0.6, 0.95]);
    applyCalibration(calibration, plan([0, 1], null), certain);
    expect(certain.reward[2]).toBe(1);
    const loss = effectsOf([-4, 9, 12]);
    applyCalibration(calibration, plan([0, 1], { head: 2, mean: 1 }), loss);
    near(loss.reward, [-4, 9, 12]);
    const nothing = effectsOf([0, 0, 0]);
    applyCalibration(calibration, plan([0, 1], null), nothing);
    near(nothing.reward, [0, 0, 0]);
    near(nothing.cost, [0, 35, 65]);
  });
});
