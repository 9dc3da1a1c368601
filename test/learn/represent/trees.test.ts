import { describe, expect, test } from "vitest";
import fc from "fast-check";
import type { FeatureSpec } from "../../../src/domain/session/features.ts";
import { seededRandom } from "../../../src/domain/random.ts";
import { binRows, boundsOf, someRows, type BinnedRows } from "../../../src/learn/trees/bins.ts";
import { boost, type Boosted, type BoostInput } from "../../../src/learn/trees/boost.ts";
import { gammaDeviance, logLoss } from "../../../src/learn/trees/losses.ts";
import { TREE_DEFAULTS, treeOptions, type FullTreeOptions } from "../../../src/learn/trees/options.ts";
import { addForest, forestOf } from "../../../src/learn/trees/predict.ts";

const SPEC: FeatureSpec = {
  features: [
    { name: "a", kind: "numeric", default: 0 },
    { name: "b", kind: "numeric", default: 0 },
    { name: "k", kind: "categorical", categories: ["0", "1", "2", "3"], default: "0" },
  ],
};
const WIDTH = 6;
const ARMS = 3;

interface Drawn {
  readonly x: Float32Array;
  readonly arm: Uint8Array;
  readonly happened: Float32Array;
  readonly amount: Float32Array;
}

/** The sample of benchmarks/quality/reference_trees.py. */
function drawn(rows: number): Drawn {
  let state = 1;
  const draw = (): number => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
  const sample = {
    x: new Float32Array(rows * WIDTH),
    arm: new Uint8Array(rows),
    happened: new Float32Array(rows),
    amount: new Float32Array(rows),
  };
  for (let row = 0; row < rows; row += 1) {
    const [a, b] = [Math.floor(draw() * 40), Math.floor(draw() * 200)];
    const [k, t] = [Math.floor(draw() * 4), Math.floor(draw() * ARMS)];
    const chance = 0.1 + 0.3 * Number(a > 20) + 0.2 * Number(k === 1) + 0.15 * t * Number(b > 120);
    sample.x.set([a, b], row * WIDTH);
    sample.x[row * WIDTH + 2 + k] = 1;
    sample.arm[row] = t;
    sample.happened[row] = Number(draw() < chance);
    sample.amount[row] = (1 + a / 20 + Number(k === 2)) * (0.5 + draw());
  }
  return sample;
}

const PLAIN: Partial<FullTreeOptions> = { rate: 0.1, columns: 1, rows: 1, leafRows: 1, maxRounds: 40 };

function binned({ x, arm }: Pick<Drawn, "x" | "arm">, dose: readonly number[] | null = null): BinnedRows {
  return binRows(SPEC, x, arm.length, { arm, arms: ARMS, dose }, 255);
}

async function boosted(
  rows: BinnedRows,
  targets: Float32Array,
  given: Partial<FullTreeOptions> = {},
  more: Partial<BoostInput> = {},
): Promise<Boosted> {
  return await boost({
    learns: { rows, targets },
    holds: { rows: someRows(rows, new Uint32Array(0)), targets: new Float32Array(0) },
    loss: logLoss,
    isArmSeen: true,
    options: treeOptions({ ...PLAIN, ...given }, rows.n),
    random: seededRandom("trees"),
    pause: () => Promise.resolve(),
    ...more,
  });
}

/** What trees answer for each row under its own arm. */
function answersOf(model: Boosted, rows: BinnedRows, { x, arm }: Pick<Drawn, "x" | "arm">): number[] {
  const all = new Float64Array(arm.length * ARMS);
  addForest(forestOf(model, rows.features, ARMS), x, arm.length, all);
  return Array.from(arm, (own, row) => all[row * ARMS + own]!);
}

/** Printed by benchmarks/quality/reference_trees.py: LightGBM 4.7.0, the same settings and sample. */
const LOGIT = { losses: [0.62411, 0.59339, 0.527755], answers: [-1.02662, -1.02662, -0.70584] };
const AMOUNT = { losses: [1.79814, 1.77427, 1.7517], answers: [0.528263, 0.830485, 0.870106] };
const LIGHTGBM = [
  { kind: "ordered", target: "happened", ...LOGIT },
  { kind: "nominal", target: "happened", ...LOGIT },
  { kind: "ordered", target: "amount", ...AMOUNT },
  { kind: "nominal", target: "amount", ...AMOUNT },
] as const;

describe("boosted trees", () => {
  test.each(LIGHTGBM)("learn what LightGBM's do: $target, $kind arms", async ({ kind, target, losses, answers }) => {
    const sample = drawn(1500);
    const rows = binned(sample, kind === "ordered" ? [0, 1, 2] : null);
    const loss = target === "happened" ? logLoss : gammaDeviance;
    const model = await boosted(rows, sample[target], {}, { loss });
    [1, 5].forEach((round, at) => expect(model.losses[round]!.learns).toBeCloseTo(losses[at]!, 5));
    const found = answersOf({ ...model, trees: model.trees.slice(0, 5) }, rows, sample);
    answers.forEach((answer, row) => expect(found[row]).toBeCloseTo(answer, 5));
    // Its slopes are in single precision: two splits that gain the same are then told apart otherwise.
    expect(Math.abs(model.losses[40]!.learns / losses[2]! - 1)).toBeLessThan(5e-4);
  });

  test("are the same for the same seed, and others for another", async () => {
    const sample = drawn(800);
    const rows = binned(sample);
    const answers = async (seed: string): Promise<number[]> => {
      const model = await boosted(rows, sample.happened, { columns: 0.5, rows: 0.8 }, { random: seededRandom(seed) });
      return answersOf(model, rows, sample);
    };
    const first = await answers("one");
    expect(await answers("one")).toEqual(first);
    expect(await answers("two")).not.toEqual(first);
  });

  test("answer alike for binned rows, which they learn from, and for rows as the log has them", async () => {
    const sample = drawn(900);
    const rows = binned(sample, [0, 5, 5]);
    const model = await boosted(rows, sample.happened, { columns: 0.6, rows: 0.7 });
    const own = logLoss.mean(Float64Array.from(answersOf(model, rows, sample)), sample.happened);
    expect(own).toBeCloseTo(model.losses.at(-1)!.learns, 10);
  });

  test("give arms of one dose one answer, and an arm without rows a finite one", async () => {
    const sample = drawn(900);
    const arm = sample.arm.map((each) => Math.min(each, 1));
    for (const dose of [null, [0, 1, 1]]) {
      const rows = binned({ ...sample, arm }, dose);
      const forest = forestOf(await boosted(rows, sample.happened), rows.features, ARMS);
      const all = new Float64Array(900 * ARMS);
      addForest(forest, sample.x, 900, all);
      expect(all.every(Number.isFinite)).toBe(true);
      const differ = Array.from({ length: 900 }, (_, row) => all[row * ARMS + 1]! - all[row * ARMS + 2]!);
      if (dose !== null) expect(differ.every((each) => each === 0)).toBe(true);
    }
  });

  test("see no arm where they are not to", async () => {
    const sample = drawn(900);
    const rows = binned(sample);
    const forest = forestOf(await boosted(rows, sample.amount, {}, { isArmSeen: false }), rows.features, ARMS);
    const all = new Float64Array(900 * ARMS);
    addForest(forest, sample.x, 900, all);
    for (let row = 0; row < 900; row += 1) expect(all[row * ARMS + 2]).toBe(all[row * ARMS]);
  });

  test("stop when rows kept back are no longer foretold better, and keep the best round", async () => {
    const sample = drawn(1500);
    const rows = binned(sample);
    const part = (isIn: (row: number) => boolean): BoostInput["learns"] => {
      const picked = Uint32Array.from({ length: 1500 }, (_, row) => row).filter(isIn);
      return { rows: someRows(rows, picked), targets: Float32Array.from(picked, (row) => sample.happened[row]!) };
    };
    const holds = part((row) => row % 4 === 0);
    const options = { rate: 0.3, maxRounds: 500, patience: 15, leafRows: 5 };
    const model = await boosted(part((row) => row % 4 !== 0).rows, part((row) => row % 4 !== 0).targets, options, {
      holds,
    });
    const held = model.losses.map((each) => each.holds);
    expect(held.length).toBeLessThan(500);
    expect(model.trees.length).toBe(held.indexOf(Math.min(...held)));
    expect(held.length - 1 - model.trees.length).toBe(15);
  });

  test("have no leaf with fewer rows than asked for", async () => {
    const sample = drawn(700);
    const rows = binned(sample);
    const { trees } = await boosted(rows, sample.happened, { leafRows: 90, maxRounds: 10 });
    for (const tree of trees) {
      const counts = new Map<number, number>();
      for (let row = 0; row < rows.n; row += 1) {
        let node = tree.feature.length === 0 ? ~0 : 0;
        while (node >= 0) {
          const bin = rows.bins[tree.feature[node]! * rows.n + row]!;
          const isLeft = tree.other[node] === 1 ? bin !== tree.bin[node] : bin <= tree.bin[node]!;
          node = isLeft ? tree.left[node]! : tree.right[node]!;
        }
        counts.set(~node, (counts.get(~node) ?? 0) + 1);
      }
      expect(counts.size).toBe(tree.values.length);
      expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(90);
    }
  });
});

describe("any log", () => {
  const values = fc.oneof(fc.constant(NaN), fc.double({ min: -5, max: 5, noNaN: true }), fc.constantFrom(0, 1, 2, 2));
  const logs = fc.array(fc.tuple(values, fc.constant(3), fc.nat(4), fc.nat(ARMS - 1), fc.double({ min: 0, max: 1 })), {
    minLength: 1,
    maxLength: 120,
  });
  type Row = readonly [number, number, number, number, number];

  function logOf(rows: readonly Row[]): Drawn {
    const x = new Float32Array(rows.length * WIDTH);
    rows.forEach(([a, b, k], row) => {
      x.set([a, b], row * WIDTH);
      // The fifth category is one that the log's features do not know.
      if (k < 4) x[row * WIDTH + 2 + k] = 1;
    });
    return {
      x,
      arm: Uint8Array.from(rows, ([, , , arm]) => arm),
      happened: Float32Array.from(rows, ([, , , , u]) => Number(u > 0.5)),
      amount: Float32Array.from(rows, ([, , , , u]) => (Number.isNaN(u) ? 1 : u + 0.01)),
    };
  }

  test.each(["happened", "amount"] as const)(
    "with missing numbers, unknown categories and a constant: the loss of %s never rises while every row is learned from",
    async (target) => {
      await fc.assert(
        fc.asyncProperty(logs, async (rows) => {
          const log = logOf(rows);
          const bins = binned(log);
          const loss = target === "happened" ? logLoss : gammaDeviance;
          const model = await boosted(bins, log[target], { leafRows: 1, maxRounds: 12, l2: 1 }, { loss });
          const learns = model.losses.map((each) => each.learns);
          learns.slice(1).forEach((now, before) => expect(now).toBeLessThanOrEqual(learns[before]! + 1e-9));
          expect(answersOf(model, bins, log).every(Number.isFinite)).toBe(true);
        }),
        { numRuns: 60 },
      );
    },
  );

  test("is binned in the order of its values, into no more bins than asked for", () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 300 }), fc.integer({ min: 2, max: 40 }), (some, most) => {
        const column = Float32Array.from(some);
        const bounds = boundsOf(column, most);
        expect(bounds.length).toBeLessThan(most);
        expect(Array.from(bounds)).toEqual(Array.from(new Set(bounds)).toSorted((a, b) => a - b));
        const known = new Set(Array.from(column).filter((value) => !Number.isNaN(value))).size;
        if (known <= most) expect(bounds.length).toBe(Math.max(0, known - 1));
      }),
    );
  });
});

describe("a target of one kind", () => {
  test.each([0, 1])("all %d: a finite answer, the same for all", async (only) => {
    const sample = drawn(300);
    const rows = binned(sample);
    const model = await boosted(rows, sample.happened.fill(only));
    const answers = answersOf(model, rows, sample);
    expect(Math.sign(answers[0]!)).toBe(only === 1 ? 1 : -1);
    for (const each of answers) expect(Math.abs(each)).toBeLessThan(20);
  });

  test("no row at all: the answer of nobody, and no tree", async () => {
    const sample = drawn(50);
    const none = someRows(binned(sample), new Uint32Array(0));
    const model = await boosted(none, new Float32Array(0));
    expect(model.trees).toHaveLength(0);
    expect(model.start).toBe(0);
  });
});

test("options that make no sense are refused by name", () => {
  expect(treeOptions({}, 40_000)).toMatchObject({ ...TREE_DEFAULTS, leafRows: 50 });
  expect(treeOptions({}, 60_000).leafRows).toBe(100);
  expect(() => treeOptions({ bins: 256 }, 1)).toThrow("tree option bins: a whole number of 2 to 255, not 256");
  expect(() => treeOptions({ rate: 0 }, 1)).toThrow("tree option rate: more than 0 and at most 1, not 0");
  expect(() => treeOptions({ l2: -1 }, 1)).toThrow("tree option l2: at least 0, not -1");
  expect(() => treeOptions({ maxRounds: 0.5 }, 1)).toThrow("tree option maxRounds: a whole number of 1 or more");
});
