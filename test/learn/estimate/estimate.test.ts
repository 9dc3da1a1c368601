import { describe, expect, test } from "vitest";
import { estimate, ESTIMATE_OPTIONS, type Estimate } from "../../../src/learn/estimate/estimate.ts";
import { estimatesBy } from "../../../src/learn/estimate/shrink.ts";
import type { Effects } from "../../../src/learn/nouns.ts";
import { madeUpLog } from "../memory-dataset.ts";

const CLUSTERS = 25;
const log = madeUpLog(60_000, 3);
const { arms } = log;

/** Clusters by what a user orders without a coupon and with the dearest. */
const labelOf = (row: number): number => {
  const low = log.truth.reward[row * arms] ?? 0;
  const gain = (log.truth.reward[row * arms + arms - 1] ?? 0) - low;
  return 5 * Math.min(4, Math.floor(low / 130)) + Math.min(4, Math.floor(gain / 60));
};
const classes = (x: Float32Array): Int32Array => Int32Array.from(x, labelOf);

/** A network that is wrong everywhere by a share of each arm's uplift, and in its level. */
const network =
  (uplift: number, level: number) =>
  (x: Float32Array): Effects => {
    const pick = (values: Float32Array, change: (value: number, control: number) => number): Float32Array =>
      Float32Array.from({ length: x.length * arms }, (_, at) => {
        const row = x[Math.floor(at / arms)] ?? 0;
        return change(values[row * arms + (at % arms)] ?? 0, values[row * arms] ?? 0);
      });
    return {
      reward: pick(log.truth.reward, (value, control) => level * (control + uplift * (value - control))),
      cost: pick(log.truth.cost, (value) => value),
      redemption: pick(log.truth.redemption, (value) => (value === 1 ? 1 : value * level)),
    };
  };

const run = (effects: (x: Float32Array) => Effects, blockRows = 8_192): Promise<Estimate> =>
  estimate({
    dataset: log.dataset,
    clusters: CLUSTERS,
    classes,
    effects,
    outOfFold: (block) => ({ effects: effects(block.x), labels: classes(block.x) }),
    options: { ...ESTIMATE_OPTIONS, blockRows },
    progress: () => undefined,
  });

/** True means by cluster × arm. */
const truth = (values: Float32Array): number[][] => {
  const sums = Array.from({ length: CLUSTERS }, () => Array.from({ length: arms }, () => 0));
  const sizes = Array.from({ length: CLUSTERS }, () => 0);
  for (let row = 0; row < log.n; row += 1) {
    const label = labelOf(row);
    sizes[label] = (sizes[label] ?? 0) + 1;
    const sum = sums[label] ?? [];
    for (let arm = 0; arm < arms; arm += 1) sum[arm] = (sum[arm] ?? 0) + (values[row * arms + arm] ?? 0);
  }
  return sums.map((row, label) => row.map((sum) => sum / (sizes[label] || 1)));
};
const error = (found: readonly (readonly number[])[], mix: readonly number[], right: number[][]): number =>
  found.reduce(
    (sum, row, k) => sum + row.reduce((s, value, j) => s + (mix[k] ?? 0) * (value - (right[k]?.[j] ?? 0)) ** 2, 0),
    0,
  );

describe("reading out", () => {
  const measured = (mean: number[], variance: number[]) => ({
    clusters: 2,
    arms: 2,
    count: Float64Array.from(variance, (each) => (each === Infinity ? 0 : 100)),
    mean: Float64Array.from(mean),
    variance: Float64Array.from(variance),
  });
  const mix = Float64Array.from([0.5, 0.5]);
  const units = Float64Array.from([1, 1]);
  const net = Float64Array.from([1, 2, 3, 4]);

  test("a measurement without noise is taken whole, a cell without rows is the model's", () => {
    const exact = estimatesBy("shrunk", net, net, measured([1, 3, 3, 9], [1e-12, 1e-12, 1e-12, 1e-12]), mix, units);
    expect([...exact.values].map((value) => Number(value.toFixed(4)))).toEqual([1, 3, 3, 9]);
    const blind = estimatesBy(
      "shrunk",
      net,
      net,
      measured([0, 0, 0, 0], [Infinity, Infinity, Infinity, Infinity]),
      mix,
      units,
    );
    expect([...blind.values]).toEqual([1, 2, 3, 4]);
  });
  test("differences no larger than their noise move only the common level", () => {
    const noisy = estimatesBy("shrunk", net, net, measured([2, 3, 4, 5], [9, 9, 9, 9]), mix, units);
    expect([...noisy.values]).toEqual([2, 3, 4, 5]);
    const crossed = estimatesBy("shrunk", net, net, measured([2, 1, 2, 5], [9, 9, 9, 9]), mix, units);
    expect([...crossed.values]).toEqual([1, 2, 3, 4]);
    expect(Math.min(...crossed.variance)).toBeGreaterThan(0);
  });
  test("what is certain is not corrected, and says nothing of how far the others are off", () => {
    const certain = estimatesBy("shrunk", net, net, measured([1, 3, 3, 3], [0, 0.01, 0, 0.01]), mix, units);
    expect([...certain.values.map((value, cell) => (cell % 2 === 0 ? value : 0))]).toEqual([1, 0, 3, 0]);
    expect([...certain.variance.map((value, cell) => (cell % 2 === 0 ? value : 1))]).toEqual([0, 1, 0, 1]);
    expect(certain.armVariance[0]).toBe(0);
  });
});

describe("estimates of a randomised log", () => {
  test("with a good network are nearer to the truth than what was measured", async () => {
    const found = await run(network(1, 1));
    const right = truth(log.truth.reward);
    expect(found.estimators).toEqual({ reward: "model", cost: "model" });
    expect(error(found.values.reward, found.values.mix, right)).toBeLessThan(
      0.5 * error(found.measured.reward, found.values.mix, right),
    );
  });
  test("with a model that is off are nearer to the truth than the model", async () => {
    const found = await run(network(0.2, 0.7));
    const right = truth(log.truth.reward);
    expect(found.estimators).toEqual({ reward: "shrunk", cost: "shrunk" });
    const off = truth(network(0.2, 0.7)(log.rows.x).reward);
    const ours = error(found.values.reward, found.values.mix, right);
    expect(ours).toBeLessThan(0.5 * error(off, found.values.mix, right));
    expect(ours).toBeLessThan(error(found.measured.reward, found.values.mix, right));
  });
  test("with costs that are off by one share in every arm give that share back, whatever the control's row says", async () => {
    const found = await run(network(1, 0.85));
    const right = truth(log.truth.cost);
    const total = (values: readonly (readonly number[])[], arm: number): number =>
      values.reduce((sum, row, k) => sum + (found.values.mix[k] ?? 0) * (row[arm] ?? 0), 0);
    for (let arm = 1; arm < arms; arm += 1)
      expect(Math.abs(total(found.values.cost, arm) / total(right, arm) - 1)).toBeLessThan(0.05);
  });
  test("of measured costs: an arm that is free and one that always costs the same are certain", async () => {
    const cost = Float32Array.from(log.rows.cost, (each, row) => [0, 0, 7][log.rows.arm[row] ?? 0] ?? each);
    const rows = { ...log.rows, cost };
    const effects = (x: Float32Array): Effects => ({
      ...network(1, 1)(x),
      cost: Float32Array.from(network(1, 1)(x).cost, (each, at) => [0, 0, 7][at % arms] ?? 0.8 * each),
    });
    const { values, armCostSe, estimators } = await estimate({
      dataset: {
        ...log.dataset,
        tasks: { ...log.dataset.tasks, cost: { kind: "column" } },
        blocks: async function* () {
          yield await Promise.resolve(rows);
        },
      },
      clusters: CLUSTERS,
      classes,
      effects,
      outOfFold: (block) => ({ effects: effects(block.x), labels: classes(block.x) }),
      options: ESTIMATE_OPTIONS,
      progress: () => undefined,
    });
    expect(estimators.cost).toBe("shrunk");
    for (const [arm, exact] of [0, 0, 7].entries()) {
      expect(values.cost.map((row) => row[arm])).toEqual(values.cost.map(() => exact));
      expect(values.costSe.map((row) => row[arm])).toEqual(values.cost.map(() => 0));
      expect(armCostSe[arm]).toBe(0);
    }
    expect(values.costSe.every((row) => row.slice(3).every((se) => se > 0 && se < Infinity))).toBe(true);
  });
  test("raw measured means are taken only when asked for, however few the clusters", async () => {
    const labels = (x: Float32Array): Int32Array => classes(x).map((label) => Math.floor(label / 5));
    const few = (estimator: "measured" | null): Promise<Estimate> =>
      estimate({
        dataset: log.dataset,
        clusters: 5,
        classes: labels,
        effects: network(0.2, 0.7),
        outOfFold: (block) => ({ effects: network(0.2, 0.7)(block.x), labels: labels(block.x) }),
        options: { ...ESTIMATE_OPTIONS, estimator },
        progress: () => undefined,
      });
    expect((await few(null)).estimators).toEqual({ reward: "shrunk", cost: "shrunk" });
    const asked = await few("measured");
    expect(asked.values.reward).toEqual(asked.measured.reward);
  });
  test("their standard errors cover the truth in most cells", async () => {
    const found = await run(network(0.8, 0.9));
    const right = truth(log.truth.reward);
    let [inside, cells] = [0, 0];
    found.values.reward.forEach((row, k) =>
      row.forEach((value, j) => {
        if ((found.counts[k]?.[j] ?? 0) < 50) return;
        cells += 1;
        if (Math.abs(value - (right[k]?.[j] ?? 0)) < 2 * (found.values.rewardSe[k]?.[j] ?? 0)) inside += 1;
      }),
    );
    expect(inside / cells).toBeGreaterThan(0.85);
  });
  test("cost is face times redemption in every cell, the control is free, and the mix sums to 1", async () => {
    const { values } = await run(network(1, 1));
    const faces = log.dataset.tasks.cost.kind === "redeemed" ? log.dataset.tasks.cost.faceMinor : [];
    values.cost.forEach((row, k) =>
      row.forEach((cost, j) => expect(cost).toBeCloseTo((faces[j] ?? 0) * (values.redemption[k]?.[j] ?? 0), 9)),
    );
    expect(values.cost.every((row) => row[0] === 0)).toBe(true);
    expect(values.mix.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });
  test("do not depend on the size of the blocks but for rounding, and name cells with few rows", async () => {
    const [small, large] = [await run(network(1, 1), 1_000), await run(network(1, 1), 60_000)];
    small.values.reward.forEach((row, k) =>
      row.forEach((value, j) => expect(value).toBeCloseTo(large.values.reward[k]?.[j] ?? 0, 6)),
    );
    expect(small.counts).toEqual(large.counts);
    expect(small.warnings.join()).toMatch(
      /cells of segment × offer have fewer than 100 rows \(segment \d+ × arm-\d+: \d+/,
    );
  });
});
