// The README's pictures: three pages of the console of `stipend dev`, taken in every run by what is tested here; with
// STIPEND_WRITE_DOCS=1 (npm run docs:made) they are those in docs/.

import { statSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openShell, type Background, type Shell } from "../cli/shell.ts";
import { doorOf, type Door } from "../gateway/world.ts";
import { expectWellMade, openBrowser, show } from "./browser.ts";

// A browser beside everything that there is, on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const SESSIONS = 400;
/** Smaller, and it is a page without what it should show. */
const LEAST_BYTES = 20_000;
let shell: Shell;
let dev: Background;
let door: Door;
let console: string;
let browser: Browser;

beforeAll(async () => {
  shell = openShell();
  shell.env["STIPEND_DIR"] = join(shell.folder, "dev", "log");
  dev = shell.start(`dev --port 0 --json --folder ${join(shell.folder, "dev")}`);
  const ready = JSON.parse(await dev.said('"ready"')) as { gateway: string; console: string };
  door = doorOf(ready.gateway);
  console = ready.console;
  for (let from = 0; from < SESSIONS; from += 50)
    await Promise.all(
      Array.from({ length: 50 }, (_, at) => visit(`s-${from + at}`, `u-${from + at}`, (from + at) % 9)),
    );
  // A user who comes, redeems, and comes again.
  await visit("first", "ana", 7, true);
  await visit("second", "ana", 8);
  await shell.ok("pacing set-budget --budget 9000.00EUR --reason March_was_dear --actor maria --wait");
  await shell.ok("pacing exploration --share 0.04 --budget 50000 --reason enough_learned --actor tom --wait");
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await dev.stop();
  shell.close();
});

/** What is given is redeemed by every third user, and by whoever is said to. */
async function visit(sessionId: string, userId: string, visits: number, redeems = visits % 3 === 0): Promise<void> {
  const request = { campaign: null, userId, attributes: { visits, member: visits > 4 } };
  const { body } = await door.decide(sessionId, request);
  if (!redeems || body["incentive"] === null) return;
  const outcome = { outcomeId: `of ${sessionId}`, decisionId: body["decisionId"], userId, kind: "redeemed" };
  await door.ask("POST", "/v1/outcomes", { outcomes: [{ ...outcome, rewards: { ordered: 1 } }] });
}

test.each([
  ["console-campaigns", "/", "article"],
  ["console-campaign", "/campaigns/spring", ".chart canvas, .chart svg"],
  ["console-user", "/users?id=ana", ".timeline"],
])("%s.png shows a page as it is", async (name, url, content) => {
  const shown = await show(browser, `${console}${url}`, { width: 1_100 });
  await shown.page.locator(content).first().waitFor();
  await expectWellMade(shown);
  const folder = process.env["STIPEND_WRITE_DOCS"] === "1" ? join(import.meta.dirname, "../../docs") : shell.folder;
  const file = join(folder, `${name}.png`);
  await shown.page.screenshot({ path: file });
  expect(statSync(file).size).toBeGreaterThan(LEAST_BYTES);
  await shown.page.close();
});
