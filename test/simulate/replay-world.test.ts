// A replayed log answers with what like users did, found exactly.

import { expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { compileRowEncoder, rowWidth, type FeatureSpec } from "../../src/domain/session/features.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { indexNeighbours } from "../../src/simulate/market/neighbours.ts";
import { attributesOf, replayMarket } from "../../src/simulate/market/replay-world.ts";
import { drawLuck } from "../../src/simulate/world/world.ts";

const random = seededRandom("replay");

test("the k-d tree finds the same neighbours as looking at every row, ties included", () => {
  const width = 4;
  const n = 600;
  // Coarse values, so that there are many ties.
  const x = Float32Array.from({ length: n * width }, () => random.below(6));
  const rows = Array.from({ length: n }, (_, row) => row).filter((row) => row % 3 !== 0);
  const index = indexNeighbours(x, width, rows);
  for (let round = 0; round < 200; round += 1) {
    const query = Float32Array.from({ length: width }, () => 6 * random.unit());
    const distance = (row: number): number =>
      query.reduce((sum, value, column) => sum + (value - must(x[row * width + column], "cell")) ** 2, 0);
    const slow = [...rows].sort((a, b) => distance(a) - distance(b) || a - b).slice(0, 5);
    expect(index.nearest(query, 5)).toEqual(slow);
  }
});

test("fewer rows than asked for are all of them", () => {
  expect(indexNeighbours(new Float32Array([0, 1, 2]), 1, [0, 1, 2]).nearest([1.4], 10)).toEqual([1, 2, 0]);
});

const spec: FeatureSpec = {
  features: [
    { name: "age", kind: "numeric", default: 40 },
    { name: "club", kind: "boolean", default: false },
    { name: "town", kind: "categorical", categories: ["a", "b", "c"], default: "a" },
  ],
};

test("a row's attributes encode to the row again", () => {
  const encoder = compileRowEncoder(spec);
  const row = new Float32Array([33, 1, 0, 1, 0, 7, 0, 0, 0, 0]);
  const out = new Float32Array(row.length);
  encoder.encode(attributesOf(spec, row, 0), out, 0);
  encoder.encode(attributesOf(spec, row, 5), out, 5);
  expect(out).toEqual(row);
});

test("a user's outcome under an arm is that of a like user who had that arm, and keeps the arm's mean", () => {
  const n = 2_000;
  const width = rowWidth(spec);
  const x = new Float32Array(n * width);
  const arm = new Uint8Array(n);
  const rewards = new Float32Array(n);
  for (let row = 0; row < n; row += 1) {
    const old = random.unit() < 0.5;
    x[row * width] = (old ? 70 : 20) + random.normal();
    x[row * width + 2 + random.below(3)] = 1;
    arm[row] = random.below(2);
    // Only the old respond.
    rewards[row] = random.unit() < (old && arm[row] === 1 ? 0.8 : 0.1) ? 1 : 0;
  }
  const market = replayMarket({
    rows: { n, x, arm, rewards, redeemed: rewards, cost: new Float32Array(n) },
    spec,
    arms: [
      { id: "none", faceMinor: 0, sendMinor: 0 },
      { id: "offer", faceMinor: 100, sendMinor: 0 },
    ],
    currency: "EUR",
    rewards: [{ name: "visit", weight: 1 }],
    redemption: "face",
  });
  const sums = { old: [0, 0], young: [0, 0] };
  const counts = { old: 0, young: 0 };
  for (let user = 0; user < n; user += 1) {
    const group = Number(market.attributes(user).fast["age"]) > 45 ? "old" : "young";
    counts[group] += 1;
    for (const under of [0, 1])
      sums[group][under] =
        must(sums[group][under], "sum") + (market.outcome(user, under, drawLuck(random)).rewards["visit"] ?? 0);
  }
  expect(must(sums.old[1], "sum") / counts.old).toBeCloseTo(0.8, 1);
  expect(must(sums.old[0], "sum") / counts.old).toBeLessThan(0.2);
  expect(must(sums.young[1], "sum") / counts.young).toBeLessThan(0.2);
  expect(market.truth).toBeNull();
  expect(market.label).toContain("most alike");
});
