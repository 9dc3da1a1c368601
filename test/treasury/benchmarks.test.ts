// The benchmarks' bodies, small, so that they do not rot; and what they promise of every day, however short.

import { expect, test } from "vitest";
import { benchmarkLedger } from "../../benchmarks/ledger.ts";
import { benchmarkPacing } from "../../benchmarks/pacing.ts";
import { PACING_CONTROLLERS } from "../../src/domain/campaign.ts";

test("days paced by the real treasurer and shards never pass their budget, whoever paces; a shared counter does", async () => {
  const { campaigns, controllers, reservations } = await benchmarkPacing({ campaigns: 6, sessions: 400, workers: 1 });
  expect(campaigns).toBe(6);
  for (const name of [...PACING_CONTROLLERS, "expected", "none"])
    expect(controllers[name]).toMatchObject({ overspend: 0 });
  for (const name of PACING_CONTROLLERS) expect(controllers[name]?.early).toBe(0);
  expect(reservations.map(({ expected }) => expected.overspend)).toEqual([0, 0, 0]);
  expect(controllers["naive, counted when redeemed"]?.overspend).toBeGreaterThan(0.02);
}, 60_000);

test("the ledger's benchmark measures each way of a reservation next to a Map", () => {
  const figures = benchmarkLedger({ operations: 500, rounds: 2 });
  expect(figures.map(({ what }) => what)).toContain("book: reserve");
  for (const { ns } of figures) expect(ns.median).toBeGreaterThan(0);
  expect(figures[0]).toMatchObject({ what: "Map increment", timesMap: 1 });
});
