// Browser: the machine's Chromium, installed from Debian where it is missing, and what every page must keep to.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type Page } from "playwright-core";
import { expect } from "vitest";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

export const WIDTHS = [400, 1_300] as const;
export const SCHEMES = ["light", "dark"] as const;

export async function openBrowser(): Promise<Browser> {
  const executablePath = PLACES.find((place) => existsSync(place)) ?? installed();
  return await chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

function installed(): string {
  try {
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], { stdio: "pipe" });
  } catch (error) {
    throw new Error(
      "the console's tests need Chromium, which is not on this machine and could not be installed from Debian: " +
        "`apt-get install chromium` as root, then run them again",
      { cause: error },
    );
  }
  return "/usr/bin/chromium";
}

export interface Shown {
  readonly page: Page;
  /** What the page said on its console as an error, and what it threw. */
  readonly errors: readonly string[];
}

export interface ShowOptions {
  readonly width?: number;
  readonly scheme?: (typeof SCHEMES)[number];
  /** Given in the tab before the page is opened. */
  readonly token?: string;
}

export async function show(browser: Browser, url: string, options: ShowOptions = {}): Promise<Shown> {
  const { width = 1_300, scheme = "light", token } = options;
  const page = await browser.newPage({ viewport: { width, height: 850 }, colorScheme: scheme });
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  if (token !== undefined)
    await page.addInitScript((value: string) => sessionStorage.setItem("stipend-token", value), token);
  await page.goto(url);
  return { page, errors };
}

/**
 * How far the page scrolls sideways; of the charts that are shown, the texts that are smaller than 10 px as they are seen, and
 * those printed over one another or cut off. A box around a slanted text is larger than the text: it is not held against others.
 */
const MEASURE = `
  const texts = [...document.querySelectorAll("svg text")]
    .filter((text) => text.getClientRects().length > 0 && text.textContent.trim() !== "")
    .map((text) => {
      const svg = text.ownerSVGElement;
      const drawn = svg.viewBox.baseVal.width;
      const { left, right, top, bottom, width } = svg.getBoundingClientRect();
      return {
        svg,
        frame: { left, right, top, bottom },
        name: text.textContent,
        size: Number.parseFloat(getComputedStyle(text).fontSize) * (drawn > 0 ? width / drawn : 1),
        slanted: Math.abs(text.getScreenCTM().b) > 0.01,
        box: text.getBoundingClientRect(),
      };
    });
  const smaller = texts.filter(({ size }) => size < 9.99).map(({ name, size }) => name + ": " + size);
  const over = (a, b) =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
  const upright = texts.filter(({ slanted }) => !slanted);
  const overprinted = upright.flatMap((a, at) =>
    upright.slice(at + 1).flatMap((b) => (a.svg === b.svg && over(a.box, b.box) ? [a.name + " / " + b.name] : [])),
  );
  const cut = texts
    .filter(({ box, frame }) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
    .map(({ name }) => name);
  const { scrollWidth, clientWidth } = document.documentElement;
  ({ sideways: scrollWidth - clientWidth, smaller, overprinted, cut })
`;

interface Measured {
  readonly sideways: number;
  readonly smaller: readonly string[];
  readonly overprinted: readonly string[];
  readonly cut: readonly string[];
}

/** No sideways scroll, no text of a chart that is too small, nothing on the console, nothing serious by axe. */
export async function expectWellMade({ page, errors }: Shown): Promise<void> {
  const measured = await page.evaluate<Measured>(MEASURE);
  expect(measured).toEqual({ sideways: 0, smaller: [], overprinted: [], cut: [] });
  expect(errors, "on the console").toEqual([]);
  // axe is put in by the debugger: the page's own policy would refuse it.
  const found = await axe(page);
  expect(found, "serious findings of axe").toEqual([]);
}

async function axe(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: AXE });
  const { result } = await session.send("Runtime.evaluate", {
    expression:
      "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => JSON.stringify(violations" +
      ".filter(({ impact }) => impact === 'serious' || impact === 'critical')" +
      ".map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' '))))",
    awaitPromise: true,
    returnByValue: true,
  });
  return JSON.parse(String(result.value)) as string[];
}
