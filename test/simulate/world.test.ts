// The synthetic world is what it says: seeded, with the truth it draws from, and a best possible that nobody beats.

import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { parseMapping } from "../../src/learn/data/mapping/mapping.ts";
import { bestPossible, greedy, policyValue, shareOfBest } from "../../src/simulate/world/best.ts";
import { createWorld, drawLuck, population } from "../../src/simulate/world/world.ts";
import { csvChunks, mappingText, writeLog } from "../../src/simulate/world/world-log.ts";

const world = createWorld({ seed: 7 });

test("the same seed gives the same log, another seed another", () => {
  const text = (seed: number): string => [...csvChunks(createWorld({ seed: 7 }), { rows: 500, seed })].join("");
  expect(text(1)).toBe(text(1));
  expect(text(1)).not.toBe(text(2));
});

test("orders and redemptions are drawn with the probabilities of the truth", () => {
  const { users } = population(world, "check", 20_000);
  const random = seededRandom("luck");
  const seen = { ordered: 0, redeemed: 0, cost: 0 };
  const expected = { ordered: 0, redeemed: 0, cost: 0 };
  users.forEach((user, index) => {
    const arm = index % world.arms.length;
    const { ordered, redeemed } = world.outcome(user, arm, drawLuck(random));
    const order = must(user.truth.order[arm], "order");
    seen.ordered += Number(ordered);
    seen.redeemed += Number(redeemed);
    seen.cost += redeemed ? must(world.arms[arm], "arm").faceMinor : 0;
    expected.ordered += order;
    expected.redeemed += order * must(user.truth.redeem[arm], "redeem");
    expected.cost += must(user.truth.cost[arm], "cost");
  });
  expect(seen.ordered / expected.ordered).toBeCloseTo(1, 1);
  expect(seen.redeemed / expected.redeemed).toBeCloseTo(1, 1);
  expect(seen.cost / expected.cost).toBeCloseTo(1, 1);
});

test("a dearer coupon never makes an order less likely, nor costs less", () => {
  for (const user of population(world, "rising", 500).users) {
    const { order, cost } = user.truth;
    for (let arm = 1; arm < order.length; arm += 1) {
      expect(must(order[arm], "order")).toBeGreaterThan(must(order[arm - 1], "order"));
      expect(must(cost[arm], "cost")).toBeGreaterThan(must(cost[arm - 1], "cost"));
    }
  }
});

test("no policy beats the best possible at its own spend", () => {
  const { truth } = population(world, "best", 3_000);
  const random = seededRandom("policies");
  for (let round = 0; round < 30; round += 1) {
    const price = 0.02 * random.unit();
    const shares = new Float64Array(truth.n * truth.arms);
    for (let row = 0; row < truth.n; row += 1) {
      const tilt = round % 2 === 0 ? random.below(truth.arms) : Math.floor(price * 400) % truth.arms;
      shares[row * truth.arms + tilt] = 1;
    }
    expect(must(shareOfBest(truth, policyValue(truth, shares)), "share")).toBeLessThanOrEqual(1 + 1e-9);
  }
});

test("the best possible is the greedy policy where one spends exactly that, and rises with the spend", () => {
  const { truth } = population(world, "best", 3_000);
  for (const price of [0.0005, 0.001, 0.003]) {
    const policy = greedy(truth, price);
    expect(bestPossible(truth, policy.spendMinor).incrementalReward).toBeCloseTo(policy.incrementalReward, 6);
  }
  expect(bestPossible(truth, 0).incrementalReward).toBeCloseTo(0, 9);
  expect(bestPossible(truth, 2_000).incrementalReward).toBeLessThan(bestPossible(truth, 4_000).incrementalReward);
});

test("examples/synthetic.yaml is the mapping of the world's log", () => {
  const text = readFileSync("examples/synthetic.yaml", "utf8");
  expect(text).toBe(mappingText(world));
  const mapping = parseMapping(text, "examples/synthetic.yaml");
  expect(mapping.arm.arms.map((arm) => arm.id)).toEqual(world.arms.map((arm) => arm.id));
});

test("a log can be written as CSV, gzipped CSV and Parquet", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stipend-world-"));
  try {
    for (const name of ["log.csv", "log.csv.gz", "log.parquet"]) {
      await writeLog(world, { rows: 300, seed: 1, file: join(folder, name) });
      expect((await stat(join(folder, name))).size).toBeGreaterThan(1000);
    }
    const lines = (await readFile(join(folder, "log.csv"), "utf8")).trim().split("\n");
    expect(lines).toHaveLength(301);
  } finally {
    await rm(folder, { recursive: true });
  }
});
