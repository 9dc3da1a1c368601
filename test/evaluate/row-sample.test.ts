// A bounded sample of rows, drawn as they go by.

import { expect, test } from "vitest";
import { RowSample } from "../../src/workflows/evaluate/rows/row-sample.ts";

const WIDTH = 2;

/** Rows from … below, each of which says its number in every place. */
function block(from: number, below: number) {
  const numbers = Array.from({ length: below - from }, (_, row) => from + row);
  const rows = { n: numbers.length, lot: numbers, arm: numbers, propensity: numbers, reward: numbers, cost: numbers };
  return { rows, x: Float32Array.from(numbers.flatMap((number) => [number, -number])) };
}

function sampled(most: number, sizes: readonly number[], seed = 1) {
  const sample = new RowSample(WIDTH, most, seed);
  let from = 0;
  for (const size of sizes) {
    const { rows, x } = block(from, from + size);
    sample.see(rows, x);
    from += size;
  }
  return sample.end();
}

test("fewer rows than it may hold are all kept, in their order", () => {
  expect([...(sampled(100, [30, 20]).rows.lot as Float64Array)]).toEqual(Array.from({ length: 50 }, (_, row) => row));
});

test("of more it holds as many as it may, each whole: its features with its outcome", () => {
  const { rows, x } = sampled(100, [5_000]);
  expect(rows.n).toBe(100);
  const numbers = Array.from({ length: rows.n }, (_, row) => rows.lot[row] ?? -1);
  expect(new Set(numbers).size).toBe(100);
  expect([...x]).toEqual(numbers.flatMap((number) => [number, -number]));
  expect(rows.cost).toEqual(rows.lot);
});

test("every row has the same chance to be in it", () => {
  const seen = new Array<number>(10).fill(0);
  for (let seed = 0; seed < 400; seed += 1) {
    const { rows } = sampled(50, [1_000], seed);
    for (let row = 0; row < rows.n; row += 1)
      seen[Math.floor((rows.lot[row] ?? 0) / 100)] = (seen[Math.floor((rows.lot[row] ?? 0) / 100)] ?? 0) + 1;
  }
  // 2,000 expected of each tenth; a deviation of 4.5 in a normal's units.
  for (const count of seen) expect(Math.abs(count - 2_000)).toBeLessThan(4.5 * Math.sqrt(1_800));
});

test("the same rows in blocks of another size, and the same seed, give the same sample", () => {
  expect(sampled(20, [500])).toEqual(sampled(20, [1, 7, 300, 192]));
  expect(sampled(20, [500], 2)).not.toEqual(sampled(20, [500]));
});
