// The benchmarks' bodies, small, so that they do not rot.

import { expect, it } from "vitest";
import { benchmarkCodec } from "../../benchmarks/log/codec.ts";
import { benchmarkLog, QUICK } from "../../benchmarks/log/log.ts";
import { SAMPLES } from "../../fixtures/samples.ts";

it("the codec's benchmark measures every topic", () => {
  const figures = benchmarkCodec({ roundMs: 1, rounds: 2 });
  expect(figures.map(({ topic }) => topic)).toEqual(Object.keys(SAMPLES));
  for (const row of figures) {
    expect(row.encode.median).toBeGreaterThan(0);
    expect(row.bytes).toBeLessThan(row.jsonBytes);
  }
});

it("the log's benchmark measures commits, restore and compaction", async () => {
  const figures = await benchmarkLog({ ...QUICK, rounds: 1, commitsPerRound: 8 });
  expect(figures.peak.oneTask.decisionsPerSecond.median).toBeGreaterThan(0);
  expect(figures.paced).toHaveLength(2);
  expect(figures.compaction.kept).toBeLessThanOrEqual(figures.compaction.records);
}, 30_000);
