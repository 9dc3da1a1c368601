// The page of a training holds what it was given, in a thousand sessions and in words, and asks nothing of anybody.

import { beforeAll, describe, expect, test } from "vitest";
import { renderTrainingReport } from "../../src/report/training/training-report.ts";
import type { Ranged, TrainingReport } from "../../src/report/training/training-report-figures.ts";

const ranged = (value: number, spread = 0.1): Ranged => ({ value, low: value - spread, high: value + spread });

const REPORT: TrainingReport = {
  title: "What was learned",
  subtitle: "Release abc",
  label: "From 5,000 rows of log.csv.",
  currency: "EUR",
  reward: "orders",
  rows: 5000,
  arms: ["none", "<ten off>"],
  facts: [{ what: "Files", value: "log & more.csv" }],
  notCausal: null,
  balance: {
    sampleRatioP: 0.4,
    rows: 5000,
    strata: [],
    arms: [
      {
        arm: "<ten off>",
        rows: [2500, 2500],
        auc: { value: 0.503, low: 0.487, high: 0.519 },
        differences: [{ feature: "age & more", smd: 0.012 }],
        chance: 0.055,
      },
    ],
  },
  warnings: ["column age: missing in 3 rows, which take the default"],
  curves: [
    { epoch: 1, train: 0.6, validate: 0.5 },
    { epoch: 2, train: 0.5, validate: 0.45 },
  ],
  bestEpochs: [2, 1, 2, 2],
  clustersTried: [{ clusters: 2, kept: 0.9912 }],
  clusters: [
    {
      cluster: 1,
      share: 0.25,
      rows: 1250,
      words: "very high spend",
      reward: [ranged(0.1, 0.01), ranged(0.171, 0.01)],
      cost: [ranged(0, 0), ranged(8.4, 1)],
    },
    {
      cluster: 0,
      share: 0.75,
      rows: 3750,
      words: "like everybody",
      reward: [ranged(0.2), ranged(0.19)],
      cost: [ranged(0, 0), ranged(5)],
    },
  ],
  frontier: [
    { budget: 0, cost: ranged(0, 0), reward: ranged(0, 0), shadowPrice: 0.02, gap: 0, chanceOver: 0 },
    {
      budget: 2.5,
      cost: ranged(2.1),
      reward: ranged(0.0178, 0.001),
      shadowPrice: 0.0085,
      gap: 0.0012,
      chanceOver: 0.07,
    },
  ],
  maxGap: 0.0012,
  risk: 0.1,
  policies: {
    rows: 1000,
    confidence: 0.95,
    points: [
      { policy: "ours", cost: ranged(2.2), reward: ranged(0.018, 0.005) },
      { policy: "one mix for all", cost: ranged(2.1), reward: ranged(0.01, 0.005) },
      { policy: "<ten off>", cost: ranged(6), reward: ranged(0.03, 0.01) },
    ],
    differences: [
      {
        budget: 2.1,
        oneMix: { reward: ranged(0.008, 0.004), cost: ranged(0.1) },
        individual: { reward: ranged(-0.001, 0.002), cost: ranged(0) },
      },
    ],
  },
  student: {
    agreement: 0.91,
    valueRatio: 0.9987,
    keptByTeacher: 0.995,
    keptByStudent: 0.994,
    rows: 1000,
    onnxDifference: 2.4e-7,
    onnxRows: 620,
  },
  steps: [
    { step: "dataset", seconds: 1.5 },
    { step: "represent", seconds: 30 },
  ],
  footer: "Release abc",
};

describe("the page of a training", () => {
  let page = "";
  let text = "";
  beforeAll(async () => {
    page = await renderTrainingReport(REPORT);
    text = page
      .replace(/<svg[^]*?<\/svg>/g, "")
      .replace(/<[^>]+>/g, " ")
      .replace(/[\s\u00a0]+/g, " ");
  });

  test("is one file without a script and without a request to anywhere", () => {
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|<img|src=|href=|@import|url\((?!["']?#)/);
    expect(page.match(/<svg/g)).toHaveLength(6);
  });

  test("tells of each cluster who it is and what adds most to a thousand of its sessions", () => {
    expect(text).toMatch(/1 1,250 25\.0 % 100 &#60;ten off&#62;: \+71 for 84 EUR very high spend/);
    expect(text).toMatch(/0 3,750 75\.0 % 200 nothing does like everybody/);
  });

  test("tells what a budget buys, with what chance may make of it and at what price", () => {
    expect(text).toMatch(/25 21 20 to 22 17\.8 16\.8 to 18\.8 0\.85 0\.12 % 7\.0 %/);
  });

  test("tells what the plans are worth on other rows, against one mix and against user by user", () => {
    expect(text).toMatch(/21 8 4 to 12 1 0 to 2 -1 -3 to 1 0 -1 to 1/);
  });

  test("names the warnings, the steps, and everything from the data without letting it be markup", () => {
    expect(text).toContain("column age: missing in 3 rows, which take the default");
    expect(text).toMatch(/dataset 1\.5 represent 30\.0/);
    expect(text).toContain("log &#38; more.csv");
    expect(page).not.toContain("<ten off>");
  });
});

test("a page in a currency without decimals, or with three, has its money in its own units", async () => {
  const textIn = async (currency: string) =>
    (await renderTrainingReport({ ...REPORT, currency }))
      .replace(/<svg[^]*?<\/svg>/g, "")
      .replace(/<[^>]+>/g, " ")
      .replace(/[\s\u00a0]+/g, " ");
  const [yen, dinar] = [await textIn("JPY"), await textIn("KWD")];
  expect(yen).toMatch(/\+71 for 8,400 JPY .* 2,500 2,100 2,000 to 2,200 17\.8 16\.8 to 18\.8 0\.0085 /);
  expect(dinar).toMatch(/\+71 for 8\.4 KWD .* 2\.5 2\.1 2 to 2\.2 17\.8 16\.8 to 18\.8 8\.5 /);
});
