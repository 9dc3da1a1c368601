// The console's pages as people see them, in a browser: at both widths, light and dark, live.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectWellMade, openBrowser, SCHEMES, show, WIDTHS } from "./browser.ts";
import { openLiveHouse, type LiveHouse } from "./live-house.ts";

let house: LiveHouse;
let browser: Browser;

beforeAll(async () => {
  house = await openLiveHouse();
  await house.visit("spring", 60);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await house.close();
});

const PAGES = [
  ["/", "article"],
  ["/campaigns/spring", ".chart"],
  ["/changes", ".changes"],
  ["/users", ".empty"],
  ["/users?id=user-spring-0", ".timeline"],
  ["/releases", ".releases"],
  ["/health", "table"],
] as const;

describe.each(PAGES)("the page at %s", (path, content) => {
  test.each(WIDTHS.flatMap((width) => SCHEMES.map((scheme) => ({ width, scheme }))))(
    "is well made at $width px, $scheme",
    async ({ width, scheme }) => {
      const shown = await show(browser, `${house.address}${path}`, { width, scheme });
      await shown.page.waitForSelector(content);
      await expectWellMade(shown);
      await shown.page.close();
    },
  );
});

test("a browser that cannot go through a stream by itself shows them all the same", async () => {
  const page = await browser.newPage();
  await page.addInitScript(
    "delete ReadableStream.prototype[Symbol.asyncIterator]; delete ReadableStream.prototype.values;",
  );
  await page.goto(house.address);
  await page.getByRole("article", { name: "spring" }).waitFor();
  await page.close();
});

test("a campaign's row follows what its sessions do", async () => {
  const { page } = await show(browser, house.address);
  const row = page.getByRole("article", { name: "spring" });
  await row.getByText(/of \d+ in 15 min/).waitFor();
  const before = await row.innerText();
  await house.visit("spring", 40);
  await expect.poll(async () => await row.innerText()).not.toBe(before);
  await page.close();
});
