// What a log's cells say, and how well they are taken to know it.

import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/domain/random.ts";
import { addBlock, emptyCells, measure } from "../../../src/learn/estimate/cells.ts";
import { estimatesBy } from "../../../src/learn/estimate/shrink.ts";

describe("cells", () => {
  test("by hand: self-normalised means, whatever the blocks", () => {
    const cells = emptyCells(1, 2, 1);
    const tasks = {
      rewards: [{ name: "r", weight: 2, kind: "amount" as const }],
      cost: { kind: "column" as const },
      dose: null,
    };
    const block = {
      n: 3,
      x: new Float32Array(3),
      fold: new Uint8Array(3),
      arm: Uint8Array.from([1, 1, 0]),
      propensity: Float32Array.from([0.5, 0.25, 0.5]),
      rewards: Float32Array.from([1, 4, 7]),
      redeemed: null,
      cost: Float32Array.from([10, 40, 0]),
    };
    addBlock(cells, block, [0, 0, 0], tasks);
    expect([...measure(cells, "reward", [0]).mean]).toEqual([14, (2 * 2 + 4 * 8) / 6]);
    expect([...measure(cells, "cost", [0]).mean]).toEqual([0, 30]);
    expect([...measure(cells, "cost", [0]).count]).toEqual([1, 2]);
  });
});

test("an arm under which nothing was seen yet is as uncertain as the others, and a constant is certain", () => {
  const cells = emptyCells(1, 3, 1);
  const tasks = { rewards: [], cost: { kind: "column" as const }, dose: null };
  const cost = Float32Array.from({ length: 300 }, (_, row) => [0, 0.1, row % 2][row % 3] ?? 0);
  const block = {
    n: 300,
    x: new Float32Array(300),
    fold: new Uint8Array(300),
    arm: Uint8Array.from({ length: 300 }, (_, row) => row % 3),
    propensity: new Float32Array(300).fill(1 / 3),
    rewards: new Float32Array(0),
    redeemed: null,
    cost,
  };
  addBlock(cells, block, new Uint8Array(300), tasks);
  const { mean, variance } = measure(cells, "cost", [0]);
  expect(mean[0]).toBe(0);
  expect(variance[0]).toBeGreaterThan(0);
  expect(mean[1]).toBeCloseTo(0.1, 6);
  expect(variance[1]).toBe(0);
  expect(variance[2]).toBeGreaterThan(variance[0] ?? Infinity);
});

test("an arm with one row in each cell is not certain", () => {
  const cells = emptyCells(3, 1, 1);
  const block = {
    n: 3,
    x: new Float32Array(3),
    fold: new Uint8Array(3),
    arm: new Uint8Array(3),
    propensity: new Float32Array(3).fill(1),
    rewards: new Float32Array(0),
    redeemed: null,
    cost: Float32Array.from([0, 0, 9]),
  };
  addBlock(cells, block, [0, 1, 2], { rewards: [], cost: { kind: "column" }, dose: null });
  expect([...measure(cells, "cost", [0]).variance]).toEqual([18, 18, 18]);
});

test("a cell that brought nothing by chance is believed no more than one that brought much", () => {
  const [clusters, rows] = [400, 60];
  const random = seededRandom("rare");
  const n = clusters * rows;
  const labels = Int32Array.from({ length: n }, (_, row) => Math.floor(row / rows));
  const isRare = (cluster: number): boolean => cluster % 2 === 0;
  const block = {
    n,
    x: new Float32Array(n),
    fold: new Uint8Array(n),
    arm: new Uint8Array(n),
    propensity: new Float32Array(n).fill(1),
    rewards: new Float32Array(0),
    redeemed: null,
    cost: Float32Array.from(labels, (cluster) => (random.unit() < (isRare(cluster) ? 0.01 : 0.03) ? 100 : 0)),
  };
  const cells = emptyCells(clusters, 1, 1);
  addBlock(cells, block, labels, { rewards: [], cost: { kind: "column" }, dose: null });
  const foretold = new Float64Array(clusters).fill(2);
  const measured = measure(cells, "cost", [0], foretold);
  const mix = new Float64Array(clusters).fill(1 / clusters);
  const { values } = estimatesBy("shrunk", foretold, foretold, measured, mix, Float64Array.from([2]));
  const mean = (of: Float64Array): number => of.reduce((sum, each) => sum + each / clusters, 0);
  expect(mean(values)).toBeCloseTo(mean(measured.mean), 8);
  expect(Math.max(...values) - Math.min(...values), "and what is seen moves it").toBeGreaterThan(0.5);
});
