// The benchmarks' bodies, small, so that they do not rot; and what they promise of every day, however short.

import { expect, test } from "vitest";
import { benchmarkPacing } from "../../benchmarks/pacing.ts";
import { PACING_CONTROLLERS } from "../../src/domain/campaign.ts";

test("days paced by the real treasurer and shards never pass their budget, whoever paces; a shared counter does", async () => {
  const { campaigns, controllers } = await benchmarkPacing({ campaigns: 6, sessions: 400, workers: 1 });
  expect(campaigns).toBe(6);
  for (const name of [...PACING_CONTROLLERS, "none"]) expect(controllers[name]).toMatchObject({ overspend: 0 });
  for (const name of PACING_CONTROLLERS) expect(controllers[name]?.early).toBe(0);
  expect(controllers["naive, counted when redeemed"]?.overspend).toBeGreaterThan(0.02);
}, 60_000);
