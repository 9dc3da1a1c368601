// The quality benchmark's statistics by cases whose answers are known, and what its report says of made-up results.

import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { ExperimentResult } from "../../../benchmarks/quality/experiments/judge.ts";
import { askedOf, checkFiles, QUALITY, type Asked } from "../../../benchmarks/quality/options.ts";
import { valuesOf } from "../../../fixtures/script.ts";
import { reportOf } from "../../../benchmarks/quality/report/report.ts";
import type { Result } from "../../../benchmarks/quality/results.ts";
import { BUDGETS } from "../../../benchmarks/quality/scorer.ts";
import { differenceOf, median } from "../../../benchmarks/quality/statistics.ts";

describe("the verdict", () => {
  test("rests on Student's interval of the pairs", () => {
    // Mean .02, deviation .01 of three: half width 4.303 × .01 / √3.
    const { mean, interval, verdict } = differenceOf([0.01, 0.02, 0.03]);
    expect(mean).toBeCloseTo(0.02, 12);
    expect(interval!.high - mean).toBeCloseTo(0.024843, 5);
    expect(verdict).toBe("not told apart");
  });

  test("is better, worse, or that there are too few seeds; of an error less is better", () => {
    expect(differenceOf([0.02, 0.021, 0.022]).verdict).toBe("better");
    expect(differenceOf([-0.02, -0.021, -0.022]).verdict).toBe("worse");
    expect(differenceOf([0.02, 0.021, 0.022], "less").verdict).toBe("worse");
    expect(differenceOf([-0.02, -0.021, -0.022], "less").verdict).toBe("better");
    expect(differenceOf([0.5, 0.5])).toMatchObject({ interval: null, verdict: "too few seeds" });
  });

  test("a median of evenly many lies between the two in the middle", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([3, 1, 2])).toBe(2);
  });
});

describe("the report", () => {
  const result = (method: string, seed: number, share: number, noise = 0): Result => ({
    ...{ world: "a", rows: 1000, people: 500, noise, seed, method, seconds: 12 },
    ...{ share, error: 0.05, frozen: 0.2, resolved: 0.1, byBudget: BUDGETS.map(() => share) },
  });
  const results = [1, 2, 3].flatMap((seed) => [
    result("ours", seed, 0.8 + seed / 100),
    result("mark", seed, 0.7 + seed / 100),
    result("dfcl", seed, 0.6),
    result("K = 10", seed, 0.79 + seed / 100),
    result("ours", seed, 0.75 + seed / 100, 0.1),
    result("mark", seed, 0.6 + seed / 100, 0.1),
  ]);
  const at = (low: number, high: number) => ({ value: (low + high) / 2, low, high });
  const experiment = (method: string, ...oursLess: ([number, number] | null)[]): ExperimentResult => ({
    ...{ experiment: "penn_bonus", rows: 13_913, folds: 3, repeats: 1, method, seconds: 9, error: 0.04 },
    ...{ aucc: [0.51, null], qini: [0.001, 0.002] },
    budgets: oursLess.map((pair, index) => ({
      budget: [0.1, 0.2][index]!,
      value: at(1, 2),
      oursLess: pair && at(...pair),
    })),
  });
  const experiments = [
    experiment("ours", null, null),
    experiment("mark", [-1, 2], [0.5, 2]),
    experiment("s", [-1, 2], [-2, 2]),
    experiment("t", [-2, -1], [0.5, 2]),
  ];
  const text = reportOf({ versions: "Node.js v0", results, experiments });

  test("begins with one table of all markets, paired differences and words", () => {
    const summary = text.slice(text.indexOf("## In short"), text.indexOf("## What it has to show"));
    expect(summary).toContain("| **ours as served** | .820 ± .010 |");
    expect(summary).toMatch(/the mark.*\| \+\.100 \(\+\.100 to \+\.100\) \*\*better\*\* \|/);
  });

  test("holds the aims to their rules", () => {
    expect(text).toMatch(/two points over the mark \| \*\*met\*\* \+\.100/);
    expect(text).toMatch(/spread no wider than the mark's \| \*\*met\*\* \.010 to \.010/);
    expect(text).toMatch(/least lost to noise \| \*\*met\*\* \.050 to \.100/);
  });

  test("says where a budget error is that of scores and not of money", () => {
    const section = text.slice(text.indexOf("## World a, 1,000 rows"));
    expect(section).toMatch(/decision-focused.* \.600 ± \.000 \| \.050 ± \.000 † \|/);
    expect(section).toContain("† Trained on what its policy earns");
  });

  test("keeps ours with a choice set otherwise apart from the methods", () => {
    const [before, after] = text.split("Ours with one choice set otherwise (seeds 1, 2, 3)");
    expect(before).not.toContain("| K = 10 |");
    expect(after).toMatch(/\| K = 10 \|.*\| \+\.010 \(\+\.010 to \+\.010\) \| better \|/);
  });

  test("tells what noise costs each method, and which real experiment ours is no worse in", () => {
    expect(text).toMatch(/\| \*\*ours as served\*\* \| \.820 \| \.770 \| \+\.050/);
    expect(text).toMatch(/the mark.*\| \.720 \| \.620 \| \+\.100 \([^|]*\) \| \+\.150 \([^|]*\) \|/);
    // A seed that was not tried with noise says nothing of what noise costs.
    const more = reportOf({ versions: "", results: [...results, result("ours", 9, 0.1)], experiments: [] });
    expect(more).toMatch(/\| \*\*ours as served\*\* \| \.820 \| \.770 \|/);
    const section = text.slice(text.indexOf("### penn_bonus, 13,913 rows"));
    expect(section).toMatch(/the mark.*\| better \| \.040 \| \.51, – \| 1\.0, 2\.0 \|/);
    expect(section).toMatch(/S-learner \(causalml.*\| no worse \|/);
    expect(section).toMatch(/T-learner.*\| worse \|/);
  });

  test("says what was not measured", () => {
    expect(text).toContain("- worlds A, B, b, C, D");
    expect(text).toContain("causal forest (EconML): not in a, 1,000");
    expect(text).toContain("- ten seeds in a, 1,000: 3 of 3 methods");
    expect(text).toMatch(/- real experiments: hillstrom, thornton_incentive, social_mail/);
  });
});

const askedOfLine = (line: readonly string[]): Asked => askedOf(valuesOf(QUALITY, line));

test("options are checked by name", () => {
  expect(askedOfLine(["--quick", "--noise", "0,0.05", "--rows", "0,15000"])).toMatchObject({
    noise: [0, 0.05],
    rows: [0, 15_000],
  });
  expect(askedOfLine(["--experiments", "none"]).experiments.names).toEqual([]);
  expect(askedOfLine(["--worlds", "none", "--keep"])).toMatchObject({ worlds: [], keep: true });
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  for (const [line, why] of [
    [["--worlds", "E"], 'Expected one of A, a, B, b, C, D, got "E".'],
    [["--seeds", "one"], 'Expected an integer, got "one".'],
    [["--noise", "2"], "Expected at most 1, got 2."],
    [["--people", "0"], "Expected at least 100, got 0."],
    [["--folds", "1"], "Expected at least 2, got 1."],
    [["--ablations", "all"], 'Expected one of none, network, trainings, got "all".'],
  ] as const) {
    expect(() => askedOfLine(line)).toThrow(why);
    expect(said.mock.lastCall?.join("")).toContain("npm run bench:quality -- --help");
  }
});

test("files that are not there are told before anything is measured", () => {
  const checked = (...line: string[]): void => checkFiles(askedOfLine(line));
  const example = path.join(import.meta.dirname, "../../../examples/hillstrom.yaml");
  expect(() => checked("--experiments", "criteo")).toThrow("experiment criteo: none of hillstrom, thornton_incentive");
  expect(() => checked("--experiments", `${example}=nowhere.csv`)).toThrow(
    "experiment nowhere: there is no file nowhere.csv",
  );
  expect(() => checked("--report", "--results", "nowhere.json")).toThrow("there is no file nowhere.json");
  expect(() => checked("--experiments", "none")).not.toThrow();
});
