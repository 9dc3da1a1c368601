// Looking back at a campaign from the console: its report for a range, read while one watches; and what is said where there is nothing.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectWellMade, openBrowser, SCHEMES, show, WIDTHS } from "./browser.ts";
import { openLiveHouse, type LiveHouse } from "./live-house.ts";

let house: LiveHouse;
let browser: Browser;
const HOUR_MS = 3_600_000;
const clock = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
const nowMs = Date.now();
const RANGE = `campaign=spring&from=${clock(nowMs - HOUR_MS)}&to=${clock(nowMs + HOUR_MS)}`;

beforeAll(async () => {
  house = await openLiveHouse();
  await house.visit("spring", 60);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await house.close();
});

async function reportOf(page: Page): Promise<string> {
  const src = await page.locator("iframe.report").getAttribute("src");
  return `${house.address}${src ?? ""}`;
}

describe.each(WIDTHS.flatMap((width) => SCHEMES.map((scheme) => ({ width, scheme }))))(
  "at $width px, $scheme",
  ({ width, scheme }) => {
    test("the page and its report are well made, and the report is as high as it is", async () => {
      const shown = await show(browser, `${house.address}/look-back?${RANGE}`, { width, scheme });
      await shown.page.waitForSelector("iframe.report");
      const frame = shown.page.frameLocator("iframe.report");
      await frame.getByRole("heading", { name: "Offers given and redeemed" }).waitFor();
      await expectWellMade(shown);
      const [inner, outer] = await Promise.all([
        frame.locator("html").evaluate((element) => element.scrollHeight),
        shown.page.locator("iframe.report").evaluate((element) => element.clientHeight),
      ]);
      expect(Math.abs(inner - outer)).toBeLessThanOrEqual(2);
      const report = await show(browser, await reportOf(shown.page), { width, scheme });
      await expectWellMade(report);
      await report.page.close();
      await shown.page.close();
    });
  },
);

async function decisionsOf() {
  const { json } = await house.shell.run("tail decisions --json");
  return json.map(({ value }) => value as { reason: string; reservationId: string | null; holdout: boolean });
}

test("the report counts what was decided, given and spent, as the topics have it", async () => {
  const rows = await decisionsOf();
  const { page } = await show(browser, `${house.address}/look-back?${RANGE}`);
  const report = page.frameLocator("iframe.report");
  const tile = (name: string) => report.locator(".figure", { hasText: name }).locator(".value").first();
  expect(await tile("Sessions decided").innerText()).toBe(String(rows.length));
  expect(await tile("Offers given").innerText()).toBe(
    String(rows.filter(({ reservationId }) => reservationId !== null).length),
  );
  await page.close();
});

test.each([
  ["a reversed range", "campaign=spring&from=2026-05-02&to=2026-05-01", "the range ends before it begins"],
  ["a range in the future", "campaign=spring&from=2199-01-01&to=2199-01-02", "in the future: nothing has happened"],
  ["a range before the campaign", "campaign=spring&from=2001-01-01&to=2001-01-02", "the range is before that"],
  ["a day that there is not", "campaign=spring&from=2026-02-30&to=2026-03-01", "February 2026 has 28 days"],
  ["an unknown campaign", "campaign=winter&from=2026-05-01&to=2026-05-02", "there is no campaign winter"],
])("%s gets a plain sentence", async (_, query, text) => {
  const { page } = await show(browser, `${house.address}/look-back?${query}`);
  await page.getByRole("alert").getByText(text).waitFor();
  await page.close();
});

test("a choice of the form goes into the address, which shows the same to others", async () => {
  const { page } = await show(browser, `${house.address}/look-back`);
  await page.getByRole("button", { name: "Last hour" }).click();
  await page.waitForURL(/look-back\?campaign=spring&from=\d{4}-.*&to=\d{4}-/);
  await page.waitForSelector("iframe.report");
  const { page: other } = await show(browser, page.url());
  await other.waitForSelector("iframe.report");
  await page.close();
  await other.close();
});

test("what another budget would have brought is played again, beside what was", async () => {
  const { page } = await show(browser, `${house.address}/look-back?${RANGE}`);
  await page.getByLabel("Another budget, in all").fill("1,000");
  await page.getByRole("button", { name: "Play it again" }).click();
  const shown = page.frameLocator('iframe[title="What would have been"]');
  await shown.getByText("with a budget of 1,000.00 EUR").waitFor();
  expect(page.url()).toContain("budget=1%2C000");
  const src = await page.locator('iframe[title="What would have been"]').getAttribute("src");
  const report = await show(browser, `${house.address}${src ?? ""}`, { width: 400 });
  await expectWellMade(report);
  const row = report.page.locator("tr", { hasText: "in the holdout" });
  expect(await row.count(), "who was held out is not played").toBe(0);
  const spent = report.page.locator(".figure", { hasText: "Sessions drawn" }).locator(".hint").first();
  const drawn = (await decisionsOf()).filter(({ holdout }) => !holdout).length;
  expect(await spent.innerText()).toBe(`played again: ${drawn}`);
  await report.page.close();
  await page.close();
});

test("a curve along points of one's own goes into the address, and is refused in plain words where it cannot be", async () => {
  const { page } = await show(browser, `${house.address}/look-back?${RANGE}&curve=points&points=2001-01-01T00:00Z=1`);
  await page
    .getByRole("alert")
    .getByText(/point 1: must be in the period/)
    .waitFor();
  await page.getByRole("button", { name: "Add a point" }).waitFor();
  await page.close();
});

test("who leaves the page ends the reading", async () => {
  const leaving = new AbortController();
  const reading = await fetch(`${house.address}/api/look-back?${RANGE}`, { signal: leaving.signal });
  leaving.abort();
  await expect(reading.text()).rejects.toThrow(/abort/);
  // It is over on the other side too, once that has heard of it: there is room for as many as ever.
  const two = async () => {
    const others = await Promise.all([1, 2].map(() => fetch(`${house.address}/api/look-back?${RANGE}`)));
    return await Promise.all(others.map((each) => each.text()));
  };
  await expect.poll(two).toEqual([1, 2].map(() => expect.stringMatching(/event: page/)));
});
