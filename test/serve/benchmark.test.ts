// The serve benchmark's body, small, so that it does not rot.

import { globSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { FRAMES } from "../../benchmarks/serve/serve-stages.ts";
import { benchmarkServe } from "../../benchmarks/serve/serve.ts";

test("the benchmark measures decisions a second, their latency, bare SQLite, and where the time goes", async () => {
  const figures = await benchmarkServe({
    partitions: 2,
    users: 200,
    rounds: 1,
    sessionsPerRound: 1_000,
    ahead: 500,
    pacedSeconds: 0.2,
  });
  expect(figures.decisionsPerSecond.median).toBeGreaterThan(0);
  expect(figures.bare.ratio).toBeGreaterThan(0);
  expect(figures.paced.decisions).toBeGreaterThan(0);
  expect(figures.paced.p50Ms).toBeGreaterThan(0);
  expect(figures.paced.p50Ms).toBeLessThanOrEqual(figures.paced.p99Ms);
  expect(figures.cpuUsPerDecision).toBeGreaterThan(0);
  expect(figures.cycles.records).toBeGreaterThan(0);
  const shares = Object.values(figures.stages);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 1);
  expect(figures.stages.decide).toBeGreaterThan(0);
  expect(figures.stages.commit).toBeGreaterThan(0);
}, 60_000);

test("each file that a stage is told by is there", () => {
  const src = path.resolve(import.meta.dirname, "../../src");
  const files = globSync("**/*.ts", { cwd: src });
  const gone = FRAMES.filter(([file]) => !files.some((name) => file.test(name)));
  expect(gone.map(([file]) => file.source)).toEqual([]);
});
