// The reports as people see them, in a browser: at both widths, light and dark, each from figures alone.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderDayReport } from "../../src/report/day/day-report.ts";
import { renderEvaluationReport } from "../../src/report/evaluation/evaluation-report.ts";
import { renderWhatIf } from "../../src/report/evaluation/what-if-report.ts";
import { PALETTE } from "../../src/report/page/palette.ts";
import { renderTrainingReport } from "../../src/report/training/training-report.ts";
import { expectWellMade, openBrowser, SCHEMES, show, WIDTHS } from "../console/browser.ts";
import { DAY, EVALUATION, TRAINING, WHAT_IF } from "./reports.ts";

const PAGES = {
  day: async () => await renderDayReport(DAY),
  evaluation: async () => await renderEvaluationReport(EVALUATION),
  training: async () => await renderTrainingReport(TRAINING),
  "what-if": async () => await renderWhatIf(WHAT_IF),
};
const NAMES = Object.keys(PAGES) as (keyof typeof PAGES)[];

const folder = mkdtempSync(path.join(tmpdir(), "reports-"));
const urlOf = (name: string): string => pathToFileURL(path.join(folder, `${name}.html`)).href;
let browser: Browser;

beforeAll(async () => {
  for (const name of NAMES) writeFileSync(path.join(folder, `${name}.html`), await PAGES[name]());
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

describe.each(NAMES)("the %s report", (name) => {
  test.each(WIDTHS.flatMap((width) => SCHEMES.map((scheme) => ({ width, scheme }))))(
    "is well made at $width px, $scheme",
    async ({ width, scheme }) => {
      const shown = await show(browser, urlOf(name), { width, scheme });
      await shown.page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))");
      await expectWellMade(shown);
      const heights = await shown.page
        .locator("tbody tr")
        .evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().height));
      expect(Math.max(0, ...heights)).toBeLessThan(HIGHEST_ROW);
      await shown.page.close();
    },
  );

  test("draws each picture for the width that it is shown at", async () => {
    for (const [width, form] of [
      [400, "narrow"],
      [1_300, "wide"],
    ] as const) {
      const { page } = await show(browser, urlOf(name), { width });
      const shown = page.locator("figure svg").filter({ visible: true });
      const fits = page.locator(`figure .${form} svg`).filter({ visible: true });
      expect(await shown.count()).toBe(await page.locator("figure").count());
      expect(await fits.count()).toBe(await shown.count());
      await page.close();
    }
  });
});

/** Pixels: rows of a word a line fill a screen each. */
const HIGHEST_ROW = 200;

test.each([
  ["day", "28,577.00 EUR spent, 98.5 % of the budget: +3,617 orders (2,967 to 4,268)"],
  ["evaluation", "+900 orders (720 to 1,080) for 4,500.00 EUR"],
  ["evaluation", "Better than one mix for all at 4 of 5 budgets: +3,000 orders (2,500 to 3,500)"],
  ["evaluation", "Most at a budget of 400 EUR for 1,000 sessions: +1,000 EUR (700 to 1,300)"],
  ["training", "Better than one mix for all at 1 of 1 budgets: +8 orders (4 to 12)"],
  ["what-if", "427.00 EUR less spent, -305 expected reward (-60.4 %)"],
])("the %s report says first: %s", async (name, verdict) => {
  const { page } = await show(browser, urlOf(name));
  const tiles = await page.locator("dl").first().locator(".value").allInnerTexts();
  expect(tiles.map((text) => text.replaceAll("\u00a0", " "))).toContain(verdict);
  await page.close();
});

test("a colour is the same in the reports as in the console", () => {
  const css = readFileSync(new URL("../../src/console/client/style/colours.css", import.meta.url), "utf8");
  const defined = (name: string): string[] =>
    [...css.matchAll(new RegExp(`--${name}: (#[0-9a-f]{6});`, "g"))].map(([, value]) => value ?? "").slice(0, 2);
  const shared = Object.entries(PALETTE).filter(([name]) => defined(name).length > 0);
  expect(shared.length).toBeGreaterThan(10);
  for (const [name, colours] of shared) expect(defined(name), name).toEqual([...colours]);
});
