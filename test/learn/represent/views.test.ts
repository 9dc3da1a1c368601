import { describe, expect, test } from "vitest";
import type { Feature, FeatureSpec } from "../../../src/domain/session/features.ts";
import { crossedView, plainView } from "../../../src/learn/represent/network/views.ts";

const category = (name: string, count: number): Feature => ({
  ...{ name, kind: "categorical", default: "0" },
  categories: Array.from({ length: count }, (_, at) => String(at)),
});
const number = (name: string): Feature => ({ name, kind: "numeric", default: 0 });
/** Two numbers, then two categories of 2 and 3. */
const SPEC: FeatureSpec = { features: [number("a"), number("b"), category("c", 2), category("d", 3)] };
const WIDTH = 7;
const ROWS = 600;
const x = Float32Array.from({ length: ROWS * WIDTH }, (_, at) => {
  const [row, column] = [Math.floor(at / WIDTH), at % WIDTH];
  if (column < 2) return Math.sin(row * (1.3 + column)) * 5 + 20 * column;
  return Number(column < 4 ? column - 2 === row % 2 : column - 4 === Math.floor(row / 2) % 3);
});

describe("the crossed view", () => {
  const crossed = crossedView(SPEC, x, ROWS);

  test("has the features as they are, then each pair of categories, then the product of the numbers", () => {
    expect(crossed.width).toBe(WIDTH + 2 * 3 + 1);
    const [plain, rows] = [plainView(x, ROWS, WIDTH).rows(x, 0, ROWS), crossed.rows(x, 0, ROWS)];
    for (let row = 0; row < 50; row += 1) {
      const at = row * crossed.width;
      const own = [...plain.subarray(row * WIDTH, (row + 1) * WIDTH)];
      own.forEach((value, column) => expect(rows[at + column]).toBeCloseTo(value, 4));
      // Of the six pairs the row's own is above its mean, the others are below.
      const pairs = [...rows.subarray(at + WIDTH, at + WIDTH + 6)];
      expect(pairs.map((value) => value > 0)).toEqual(
        pairs.map((_, pair) => pair === 3 * (row % 2) + (Math.floor(row / 2) % 3)),
      );
    }
    const products = Array.from({ length: ROWS }, (_, row) => rows[row * crossed.width + WIDTH + 6]!);
    expect(products.reduce((sum, value) => sum + value, 0) / ROWS).toBeCloseTo(0, 2);
    expect(products.reduce((sum, value) => sum + value * value, 0) / ROWS).toBeCloseTo(1, 1);
  });

  test("is the same for a row alone as among others", () => {
    const rows = crossed.rows(x, 0, ROWS);
    expect(crossed.rows(x, 123, 1)).toEqual(rows.slice(123 * crossed.width, 124 * crossed.width));
  });

  test("leaves out pairs of large features, and is plain where nothing can be multiplied", () => {
    const large: FeatureSpec = { features: [category("e", 9), category("f", 9), number("g")] };
    const some = Float32Array.from({ length: 40 * 19 }, (_, at) => at % 3);
    expect(crossedView(large, some, 40).width).toBe(19);
    expect(crossedView({ features: [number("a")] }, Float32Array.of(1, 2, 3), 3).width).toBe(1);
  });
});
