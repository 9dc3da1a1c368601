// Rows for the student that no log has.

import { expect, test } from "vitest";
import { seededRandom } from "../../src/domain/random.ts";
import type { FeatureSpec } from "../../src/domain/session/features.ts";
import { syntheticRows } from "../../src/learn/distil/synthetic-rows.ts";

const SPEC: FeatureSpec = {
  features: [
    { name: "spent", kind: "numeric", default: 0 },
    { name: "city", kind: "categorical", categories: ["a", "b", "c"], default: "a" },
    { name: "orders", kind: "numeric", default: 0 },
    { name: "isNew", kind: "boolean", default: false },
  ],
};
const WIDTH = 6;

/** `orders` follows `spent`. */
function logOf(n: number): Float32Array {
  const random = seededRandom("a log");
  const x = new Float32Array(n * WIDTH);
  for (let row = 0; row < n; row += 1) {
    const spent = random.normal();
    const cities = [0, 0, 0];
    cities[random.below(3)] = 1;
    x.set([spent, ...cities, 100 * spent + random.normal(), random.below(2)], row * WIDTH);
  }
  return x;
}

const column = (x: Float32Array, at: number): number[] => [...x].filter((_, cell) => cell % WIDTH === at);

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (of: readonly number[]): number => of.reduce((sum, each) => sum + each, 0) / of.length;
  const [ma, mb] = [mean(a), mean(b)];
  const [va, vb] = [mean(a.map((each) => (each - ma) ** 2)), mean(b.map((each) => (each - mb) ** 2))];
  return mean(a.map((each, at) => (each - ma) * (b[at]! - mb))) / Math.sqrt(va * vb);
}

test("have values that rows of the log have, a category whole, and keep what features have to do with each other", () => {
  const x = logOf(500);
  const more = syntheticRows(SPEC, x, 500, 4000, seededRandom("more"));
  expect(more.length).toBe(4000 * WIDTH);
  for (let at = 0; at < WIDTH; at += 1) {
    const known = new Set(column(x, at));
    expect(column(more, at).filter((value) => !known.has(value))).toEqual([]);
  }
  const cities = [1, 2, 3].map((at) => column(more, at));
  expect(cities[0]!.map((value, row) => value + cities[1]![row]! + cities[2]![row]!).every((sum) => sum === 1)).toBe(
    true,
  );
  expect(correlation(column(more, 0), column(more, 4))).toBeGreaterThan(0.9);
  const rowsOf = (of: Float32Array): string[] =>
    Array.from({ length: of.length / WIDTH }, (_, row) => of.subarray(row * WIDTH, (row + 1) * WIDTH).join());
  const seen = new Set(rowsOf(x));
  expect(rowsOf(more).filter((row) => !seen.has(row)).length, "half are of no row of the log").toBeGreaterThan(1500);
});

test("are the same for the same seed, and can be made of a single row", () => {
  const x = logOf(50);
  const made = (seed: string): Float32Array => syntheticRows(SPEC, x, 50, 20, seededRandom(seed));
  expect(made("one")).toEqual(made("one"));
  expect(made("one")).not.toEqual(made("another"));
  const one = x.slice(0, WIDTH);
  expect(syntheticRows(SPEC, one, 1, 2, seededRandom("one"))).toEqual(Float32Array.from([...one, ...one]));
});
