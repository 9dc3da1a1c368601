import { beforeAll, describe, expect, test } from "vitest";
import { sha256Hex } from "../../src/domain/canonical.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { distil, QUICK_STUDENT, type DistilInput, type Student } from "../../src/learn/distil/distil.ts";
import { compareOnnx } from "../../src/learn/distil/onnx.ts";
import { useBackend } from "../../src/learn/represent/network/tensorflow.ts";

beforeAll(async () => {
  await useBackend("wasm");
});

const WIDTH = 5;

/** Four clusters in the quarters of the plane of the first two columns; the last column never changes. */
function input(n: number, options: Partial<DistilInput> = {}): DistilInput {
  const random = seededRandom("distil");
  const x = Float32Array.from({ length: n * WIDTH }, (_, i) =>
    i % WIDTH === WIDTH - 1 ? 7 : random.normal() * 10 ** ((i % WIDTH) - 1) + 100,
  );
  const labels = Uint8Array.from({ length: n }, (_, row) => {
    return Number(x[row * WIDTH]! > 100) + 2 * Number(x[row * WIDTH + 1]! > 100);
  });
  const held = Uint32Array.from({ length: n / 10 }, (_, at) => 10 * at);
  return { x, n, width: WIDTH, labels, clusters: 4, held, seed: 1, options: QUICK_STUDENT, ...options };
}

async function difference(student: Student, { x, width }: DistilInput, n: number): Promise<number> {
  const rows = x.slice(0, n * width);
  return compareOnnx(student.toOnnx(), rows, n, student.probabilities(rows, n));
}

describe("the student", () => {
  test("learns the clusters", async () => {
    const log = input(8000);
    const student = await distil(log);
    expect(student.agreement).toBeGreaterThan(0.95);
    const classes = student.classes(log.x, log.n);
    expect(classes.filter((label, row) => label === log.labels[row]).length / log.n).toBeGreaterThan(0.95);
  });

  test("is the same in ONNX, for one row as for many, outliers included", async () => {
    const log = input(3000);
    const student = await distil(log);
    log.x[0] = 1e9;
    log.x[WIDTH + 1] = -1e9;
    expect(await difference(student, log, 1000)).toBeLessThan(1e-4);
    expect(await difference(student, log, 1)).toBeLessThan(1e-4);
  });

  test("gives the same bytes for the same seed, and others for another", async () => {
    const bytes = async (seed: number): Promise<string> => sha256Hex((await distil(input(1000, { seed }))).toOnnx());
    const first = await bytes(1);
    expect(await bytes(1)).toBe(first);
    expect(await bytes(2)).not.toBe(first);
  });

  test("answers with probabilities that sum to 1", async () => {
    const log = input(1000);
    const probabilities = (await distil(log)).probabilities(log.x, 100);
    for (let row = 0; row < 100; row += 1)
      expect(probabilities.subarray(row * 4, (row + 1) * 4).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
  });

  test("heeds the rows' weights: those of weight 0 teach it nothing", async () => {
    const log = input(4000);
    // Half of the rows lie about their cluster, and weigh nothing.
    const labels = log.labels.map((label, row) => (row % 2 === 0 ? label : 3 - label));
    const weights = Float32Array.from({ length: log.n }, (_, row) => (row % 2 === 0 ? 1 : 0));
    const student = await distil({ ...log, labels, weights });
    const classes = student.classes(log.x, log.n);
    expect(classes.filter((label, row) => label === log.labels[row]).length / log.n).toBeGreaterThan(0.9);
  });
});

test("a graph of other weights is told apart", async () => {
  const log = input(1000);
  const [one, other] = [await distil(log), await distil({ ...log, seed: 2 })];
  const rows = log.x.slice(0, 100 * WIDTH);
  expect(await compareOnnx(one.toOnnx(), rows, 100, other.probabilities(rows, 100))).toBeGreaterThan(1e-3);
});
