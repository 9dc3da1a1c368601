// The page of a training holds what it was given, in a thousand sessions and in words, and asks nothing of anybody.

import { beforeAll, describe, expect, test } from "vitest";
import { renderTrainingReport } from "../../src/report/training/training-report.ts";
import { TRAINING } from "./reports.ts";

describe("the page of a training", () => {
  let page = "";
  let text = "";
  beforeAll(async () => {
    page = await renderTrainingReport(TRAINING);
    text = page
      .replace(/<svg[^]*?<\/svg>/g, "")
      .replace(/<[^>]+>/g, " ")
      .replace(/[\s\u00a0]+/g, " ");
  });

  test("is one file without a script and without a request to anywhere", () => {
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|<img|src=|href=|@import|url\((?!["']?#)/);
    expect(page.match(/<svg/g)).toHaveLength(22);
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

  test("tells the profit where somebody said what one of the reward is worth, how users are ranked and what it rests on", async () => {
    expect(text).toContain("Profit, one orders being worth 2.00 EUR");
    expect(text).toMatch(/Profit of this release, EUR 21 15 5 to 25/);
    expect(text).toMatch(/this release &#60;ten off&#62; 0\.7 \(0\.6 to 0\.8\) 4 \(2 to 6\)/);
    expect(text).toMatch(/age &#38; more 6 \(3 to 9\) 40\.0 % city not looked at 0\.0 %/);
    const without = await renderTrainingReport({ ...TRAINING, value: null, driving: null });
    expect(without).not.toMatch(/Profit|What the segments rest on/);
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
    (await renderTrainingReport({ ...TRAINING, currency }))
      .replace(/<svg[^]*?<\/svg>/g, "")
      .replace(/<[^>]+>/g, " ")
      .replace(/[\s\u00a0]+/g, " ");
  const [yen, dinar] = [await textIn("JPY"), await textIn("KWD")];
  expect(yen).toMatch(/\+71 for 8,400 JPY .* 2,500 2,100 2,000 to 2,200 17\.8 16\.8 to 18\.8 0\.0085 /);
  expect(dinar).toMatch(/\+71 for 8\.4 KWD .* 2\.5 2\.1 2 to 2\.2 17\.8 16\.8 to 18\.8 8\.5 /);
});
