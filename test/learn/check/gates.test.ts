// Each gate is broken by exactly its own evidence, and says which it is and by how much.

import { describe, expect, test } from "vitest";
import type { ClusterValues } from "../../../src/domain/release/release.ts";
import {
  brokenClassifier,
  brokenClusters,
  brokenErrors,
  brokenPlan,
  GateFailed,
  holdGates,
} from "../../../src/learn/check/gates.ts";
import type { StudentCheck } from "../../../src/learn/distil/student-check.ts";
import { LEARN_OPTIONS } from "../../../src/learn/train-options.ts";

const ARMS = ["none", "small"];
const CHECKED: StudentCheck = {
  onnxDifference: 3e-7,
  onnxRows: 600,
  agreement: 0.9,
  valueRatio: 0.998,
  keptByTeacher: 0.997,
  keptByStudent: 0.996,
  rows: 5000,
};
const VALUES: ClusterValues = {
  reward: [
    [0.1, 0.2],
    [0.1, 0.1],
  ],
  rewardSe: [
    [0.01, 0.01],
    [0.01, 0.01],
  ],
  cost: [
    [0, 20],
    [0, 10],
  ],
  costSe: [
    [0, 1],
    [0, 1],
  ],
  redemption: [
    [0, 0.2],
    [0, 0.1],
  ],
  mix: [0.5, 0.5],
};
const { gates } = LEARN_OPTIONS;

describe("sound evidence", () => {
  test("breaks no gate", () => {
    expect(brokenClassifier(CHECKED, gates)).toEqual([]);
    expect(brokenClusters([1, 4000])).toEqual([]);
    expect(brokenErrors(VALUES, ARMS)).toEqual([]);
    expect(brokenPlan({ maxGap: 0.005, gapBound: 0.005 })).toEqual([]);
    expect(() => holdGates([])).not.toThrow();
  });
});

describe("broken evidence is named with how much it is off", () => {
  test.each([0.02, Number.NaN])("an ONNX graph that answers %d off", (onnxDifference) => {
    expect(brokenClassifier({ ...CHECKED, onnxDifference }, gates)).toEqual([
      `classifier: onnxruntime and the trained student differ by up to ${onnxDifference} in a probability on 600 rows; ` +
        "at most 0.0001 is allowed",
    ]);
  });
  test.each([0.91, Number.NaN])("a student that keeps %d of the teacher's value", (valueRatio) => {
    expect(brokenClassifier({ ...CHECKED, valueRatio }, gates)).toEqual([
      `classifier: it keeps ${(100 * valueRatio).toFixed(2)} % of the segments' added reward on 5000 rows ` +
        "kept back; at least 97 % is needed: give it more rows or fewer segments (--clusters)",
    ]);
  });
  test("empty clusters", () => {
    expect(brokenClusters([10, 0, 5, 0])).toEqual([
      "segments: 2 of 4 have no row (1, 3); train with fewer segments (--clusters)",
    ]);
  });
  test.each([
    ["rewardSe", Number.NaN],
    ["rewardSe", Infinity],
    ["costSe", -1],
  ] as const)("a %s of %d", (key, error) => {
    const broken = { ...VALUES, [key]: [VALUES[key][0] ?? [], [0.01, error]] };
    expect(brokenErrors(broken, ARMS)).toEqual([
      `${key}: 1 standard errors are missing or no numbers (cluster 1 × small: ${error})`,
    ]);
  });
  test("standard errors that are not there", () => {
    expect(brokenErrors({ ...VALUES, costSe: [[0, 1]] }, ARMS)).toEqual([
      "costSe: 2 standard errors are missing or no numbers (cluster 1 × none: none, cluster 1 × small: none)",
    ]);
  });
  test.each([0.0123, Number.NaN])("a plan with a gap of %d", (maxGap) => {
    expect(brokenPlan({ maxGap, gapBound: 0.005 })).toEqual([
      `plan: the largest gap to the bound is ${(100 * maxGap).toFixed(3)} %; at most 0.500 % is allowed`,
    ]);
  });
  test("and refuses the release with all of it", () => {
    const refuse = (): void => holdGates(["one thing", "another"]);
    expect(refuse).toThrow(GateFailed);
    expect(refuse).toThrow("the release's evidence is broken, so it is not published:\n  one thing\n  another");
  });
});
