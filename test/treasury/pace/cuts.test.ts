// What a cut of the budget promises once it is acknowledged, over seeded days in which reports are late and shards silent:
// nobody is given anything above it any more, and what can still come back of the excess is asked for.

import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../../src/domain/random.ts";
import { arrivals } from "../shard.ts";
import { campaign, World } from "../world.ts";

const END_MS = 100_000;

/** Draws above an acknowledged cut, and how many acknowledged cuts left less than was used. */
function cutDay(seed: number): { readonly above: readonly string[]; readonly cutsBelowUsed: number } {
  const random = seededRandom(`cuts/${seed}`);
  const spring = campaign({ budgetMinor: 100_000n, explorationShare: 0, endMs: END_MS });
  const world = new World(spring, 2 + random.below(4));
  world.command({ kind: "create", campaign: spring });
  world.command({ kind: "promote_release", release: world.release("a") });
  world.cycle(0);
  const above: string[] = [];
  const counted = new Set<string>();
  let cut = "";
  let wasBudget = spring.budgetMinor;
  for (let nowMs = 500; nowMs < END_MS; nowMs += 500) {
    const isApplied = world.answer(cut).startsWith("applied");
    const budget = world.status.budgetMinor;
    if (isApplied && !counted.has(cut) && world.used() > budget) counted.add(cut);
    for (const shard of world.shards) {
      if (random.unit() < 0.3) continue;
      shard.settle(nowMs);
      shard.giveBack();
      for (let left = arrivals(random, 6); left > 0; left -= 1) {
        if ((shard.grant?.throttle ?? 0) === 0) continue;
        const isDrawn = shard.draw(1 + random.below(2), random.unit() < 0.4, nowMs + random.below(15_000));
        if (isDrawn && isApplied && world.used() > budget) above.push(`${nowMs}: ${world.used()} of ${budget}`);
      }
      if (random.unit() < 0.8) world.sendReport(shard.report("spring", nowMs));
    }
    if (random.unit() < 0.06) {
      const budgetMinor = BigInt(20_000 + random.below(150_000));
      const id = world.command({ kind: "set_budget", budgetMinor, currency: "EUR" });
      cut = budgetMinor < wasBudget ? id : "";
      wasBudget = budgetMinor;
    }
    world.cycle(nowMs);
  }
  return { above, cutsBelowUsed: counted.size };
}

test("from the acknowledgement of a cut on nobody is given a unit above it, whoever still held what before", () => {
  let cutsBelowUsed = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
      const day = cutDay(seed);
      cutsBelowUsed += day.cutsBelowUsed;
      expect(day.above, `seed ${seed}`).toEqual([]);
    }),
    { numRuns: 60, seed: 20_260_103 },
  );
  expect(cutsBelowUsed).toBeGreaterThan(30);
}, 60_000);

test("what was asked of a shard that has spent it since is asked of the others, and then all goes on", () => {
  const world = new World(campaign({ explorationShare: 0 }), 2);
  const [spender, other] = [world.shards[0]!, world.shards[1]!];
  const step = (nowMs: number): void => {
    for (const shard of world.shards) {
      shard.settle(nowMs);
      shard.giveBack();
      world.sendReport(shard.report("spring", nowMs));
    }
    world.cycle(nowMs);
  };
  world.command({ kind: "create", campaign: world.campaign });
  world.cycle(0);
  while (spender.draw(2, true, 3_500));
  while (other.draw(2, false, 3_500));
  const heldEach = spender.plan.reserved;
  step(1_000);
  // Less than both hold, more than one: half of the excess is asked of each, and one of them will spend all that it holds.
  const budgetMinor = heldEach + heldEach / 2n;
  world.command({ kind: "set_budget", budgetMinor, currency: "EUR" });
  step(2_000);
  step(3_000);
  expect([spender.grant?.throttle, other.grant?.throttle]).toEqual([0, 0]);
  for (let nowMs = 4_000; nowMs <= 7_000; nowMs += 1_000) step(nowMs);
  expect(spender.plan.settled).toBe(heldEach);
  const { granted, returned } = world.status.totals.plan;
  expect(granted - returned).toBeLessThanOrEqual(budgetMinor);
  expect([spender.grant?.throttle, other.grant?.throttle]).toEqual([1, 1]);
  expect(other.draw(2, true, 9_000)).toBe(true);
});

test.each(["strict", "expected"] as const)(
  "what exploration holds above its cut is asked back under %s, and is not drawn again once it is released",
  (policy) => {
    const world = new World(campaign({ reservation: { policy, ttlMs: 7_200_000 } }), 2);
    const [holder] = world.shards;
    world.command({ kind: "create", campaign: world.campaign });
    world.cycle(0);
    while (holder?.draw(2, false, 3_500, "exploration"));
    const held = holder?.exploration.reserved ?? 0n;
    expect(held).toBeGreaterThan(0n);
    world.command({ kind: "set_exploration", share: 0.05, budgetMinor: held / 2n });
    for (let nowMs = 1_000; nowMs <= 5_000; nowMs += 1_000) {
      for (const shard of world.shards) {
        shard.settle(nowMs);
        shard.giveBack();
        while (shard.draw(2, false, nowMs + 2_500, "exploration"));
        world.sendReport(shard.report("spring", nowMs));
      }
      world.cycle(nowMs);
    }
    const { granted, returned } = world.status.totals.exploration;
    expect(granted - returned).toBeLessThanOrEqual(held / 2n);
  },
);
