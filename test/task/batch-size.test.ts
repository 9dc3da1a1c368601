// How many records the next cycle may take.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BatchSize, nextBatchSize, type BatchRule } from "../../src/task/cycle/batch-size.ts";

const rule: BatchRule = { targetMs: 100, min: 10, max: 1_000 };

describe("the next cycle", () => {
  it.each([
    ["is half as large again after a full and quick one", 400, 400, 40, 600],
    ["is as large after a quick one that was not full", 400, 399, 40, 400],
    ["is as large after a full one near the target", 400, 400, 60, 400],
    ["shrinks in proportion after one over the target", 400, 400, 125, 320],
    ["shrinks by half at the most", 400, 400, 5_000, 200],
    ["shrinks also when a long one was not full", 400, 30, 200, 200],
    ["is never smaller than the least", 12, 12, 5_000, 10],
    ["is never larger than the most", 900, 900, 1, 1_000],
  ])("%s", (_name, size, records, tookMs, expected) => {
    expect(nextBatchSize(size, { records, tookMs }, rule)).toBe(expected);
  });

  it("comes to rest within the target, whatever a record and a transaction cost", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 5, noNaN: true }),
        fc.double({ min: 0, max: 40, noNaN: true }),
        (a, b) => {
          let size = 500;
          const took = (): number => b + a * size;
          for (let cycle = 0; cycle < 60; cycle += 1)
            size = nextBatchSize(size, { records: size, tookMs: took() }, rule);
          expect(took()).toBeLessThanOrEqual(rule.targetMs);
          expect(size === rule.max || took() >= rule.targetMs / 2 - 1e-9 || size * 1.5 > rule.max).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("counts each cycle once: one that is told again, after trouble, changes nothing", () => {
    const size = new BatchSize(400, rule);
    const slow = { records: 400, tookMs: 200 };
    expect([size.after(null), size.after(slow), size.after(slow), size.after({ ...slow })]).toEqual([
      400, 200, 200, 100,
    ]);
  });

  it("is bounded by the most even where that is less than the least", () => {
    const size = new BatchSize(500, { targetMs: 100, min: 20, max: 5 });
    expect([size.after(null), size.after({ records: 5, tookMs: 900 })]).toEqual([5, 5]);
  });
});
