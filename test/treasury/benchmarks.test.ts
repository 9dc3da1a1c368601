// The benchmarks' bodies, small, so that they do not rot; and what they promise of every day, however short.

import { expect, test } from "vitest";
import { benchmarkCycle } from "../../benchmarks/treasury/cycle.ts";
import { benchmarkLedger } from "../../benchmarks/treasury/ledger.ts";
import { benchmarkPacing } from "../../benchmarks/treasury/pacing.ts";
import { playNaiveDay } from "../../benchmarks/treasury/pacing-naive.ts";
import { makeDay } from "../../benchmarks/treasury/pacing-world.ts";
import { PACING_CONTROLLERS } from "../../src/domain/campaign/campaign.ts";

test("days paced by the real treasurer and shards never pass their budget, whoever paces", async () => {
  const options = { campaigns: 2, sessions: 300, longHolds: 0, workers: 1 };
  const { campaigns, controllers, reservations } = await benchmarkPacing(options);
  expect(campaigns).toBe(2);
  for (const name of [...PACING_CONTROLLERS, "expected", "none"])
    expect(controllers[name], name).toMatchObject({ overspend: 0 });
  for (const name of PACING_CONTROLLERS) expect(controllers[name]?.early).toBe(0);
  expect(reservations.map(({ campaigns: days }) => days)).toEqual([expect.any(Number), 0, 0, 0]);
}, 300_000);

test("a counter that nodes share passes it, whether it counts what is given or what is redeemed", () => {
  const days = [0, 1, 2, 3, 4, 5].map((seed) => makeDay(seed, "flash", 3_000));
  const over = (counting: "given" | "redeemed"): number =>
    Math.max(...days.map((day) => playNaiveDay(day, counting).overspend));
  expect(over("given")).toBeGreaterThan(0.02);
  expect(over("redeemed")).toBeGreaterThan(0.02);
});

test("the ledger's benchmark measures each way of a reservation next to a Map", () => {
  const figures = benchmarkLedger({ operations: 500, rounds: 2 });
  expect(figures.map(({ what }) => what)).toContain("book: reserve");
  for (const { ns } of figures) expect(ns.median).toBeGreaterThan(0);
  expect(figures[0]).toMatchObject({ what: "Map increment", timesMap: 1 });
});

test("the treasurer's cycle is measured with money on every shard, and writes the same bytes each time", () => {
  const options = { campaigns: 3, shards: 4, cycles: 20 };
  const figures = benchmarkCycle(options);
  expect(figures.grants).toBeGreaterThan(100);
  expect(benchmarkCycle(options).digest).toBe(figures.digest);
});
