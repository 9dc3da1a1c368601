// What people do beside a campaign's own page: releases put in force and taken back, changes undone, an alarm cleared, dead letters sent
// again, the money proved: each from its button into the topic that it steers.

import { randomUUID } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codecFor } from "../../src/log/codec/codec.ts";
import { openEmbeddedLog } from "../../src/log/embedded/log.ts";
import type { EventLog } from "../../src/log/event-log.ts";
import { must } from "../../src/domain/assert.ts";
import { writeRelease } from "../cli/small-campaign.ts";
import { expectWellMade, openBrowser, show } from "./browser.ts";
import { openLiveHouse, TOKEN, type LiveHouse } from "./live-house.ts";

let house: LiveHouse;
let browser: Browser;
let log: EventLog;

beforeAll(async () => {
  house = await openLiveHouse({ commands: true });
  await house.visit("spring", 40);
  log = await openEmbeddedLog({
    folder: house.shell.env["STIPEND_DIR"] ?? "",
    now: Date.now,
    newToken: randomUUID,
  });
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await log.close();
  await house.close();
});

interface Status {
  readonly state: string;
  readonly revision: number;
  readonly release: { readonly inForce: string } | string;
  readonly alarm: unknown;
  readonly commands: readonly { readonly action: string; readonly actor: string; readonly outcome: string }[];
}

async function status(): Promise<Status> {
  const { json } = await house.shell.run("pacing status --campaign spring --json");
  return json[0] as unknown as Status;
}

async function pageAt(path: string): Promise<Page> {
  const { page } = await show(browser, `${house.address}${path}`, { token: TOKEN });
  return page;
}

/** In the dialog that is open: looks where there is something to fill in, says why, sends. */
async function send(page: Page, reason: string): Promise<void> {
  const look = page.getByRole("button", { name: "See what it would do" });
  const why = page.getByLabel(/^Why/);
  await look.or(why).first().waitFor();
  if (await look.isVisible()) await look.click();
  await why.fill(reason);
  await page.getByRole("button", { name: "Send", exact: true }).click();
}

test("a release is promoted and rolled back from the page of releases", async () => {
  const before = await status();
  const { folder, release } = writeRelease(house.shell.folder, "a-second-release");
  await house.shell.ok(`releases publish ${folder} --campaign spring`);
  const page = await pageAt("/releases");
  const row = page.locator("li", { hasText: release.hash.slice(0, 12) });
  await row.getByRole("button", { name: "Promote…" }).click();
  await send(page, "it was better on the holdout");
  await page.getByText(/Accepted: revision \d+/).waitFor();
  expect(JSON.stringify((await status()).release)).toContain(release.hash);
  expect((await status()).commands.at(-1)).toMatchObject({ action: "promote_release", actor: "ana" });
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await row.getByText("in force").waitFor();
  await page.getByRole("button", { name: "Roll back…" }).click();
  await send(page, "it was not");
  await page.getByText(/Accepted: revision \d+/).waitFor();
  expect(JSON.stringify((await status()).release)).toBe(JSON.stringify(before.release));
  expect((await status()).commands.at(-1)).toMatchObject({ action: "rollback_release", actor: "ana" });
  await page.close();
});

test("a change is undone by a command that has the old value in it, and a stale one is refused in sight", async () => {
  await house.shell.ok("pacing set-budget --campaign spring --budget 2500000 --wait");
  const page = await pageAt("/changes?campaign=spring");
  const change = page.locator("li", { hasText: "25,000.00 EUR" }).first();
  await change.getByRole("button", { name: "Undo…" }).click();
  expect(await page.getByLabel("Budget, EUR").inputValue()).toBe("10,000.00");
  await page.getByRole("button", { name: "See what it would do" }).click();
  await page.getByLabel(/^Why/).fill("too much");
  // It changes by more than half.
  await page.getByLabel(/type the campaign's name/).fill("spring");
  const { revision } = await house.shell.ok("pacing pause --campaign spring --wait");
  await page.getByText(/The campaign has changed since this was opened/).waitFor();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page
    .getByRole("alert")
    .getByText(/Refused: .*revision/)
    .waitFor();
  await page.getByRole("button", { name: `Look again at revision ${String(revision)}` }).click();
  await page.getByRole("dialog").getByText("25,000.00 EUR → 10,000.00 EUR").waitFor();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText(/Accepted: revision/).waitFor();
  expect((await status()) as unknown).toMatchObject({ plan: { budgetMinor: 1_000_000 } });
  await house.shell.ok("pacing resume --campaign spring --wait");
  await page.close();
});

test("a curve's points are typed, added and taken out, seen before they are sent, and in force", async () => {
  const page = await pageAt("/campaigns/spring");
  await page.getByRole("button", { name: "Curve…" }).click();
  await page.getByLabel("The budget goes out").selectOption("points");
  await page.getByRole("button", { name: "Add a point" }).click();
  await page.getByLabel("share, %").nth(0).fill("30");
  await page.getByLabel("share, %").nth(1).fill("60");
  await page
    .getByRole("img", { name: "The curve: what share of the budget may be out by when" })
    .locator("canvas")
    .waitFor();
  await page.getByRole("button", { name: "Remove point 2" }).click();
  await send(page, "the weekend is strong");
  await page.getByText(/Accepted: revision/).waitFor();
  const [grant] = await latest("grants");
  expect(codecFor("grants").decode(must(grant, "a grant")).campaign.pacing).toMatchObject({
    mode: "points",
    points: [{ share: 0.3 }, { share: 1 }],
  });
  await page.close();
});

/** Of its first partition, newest first. */
async function latest(topic: string): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  const range = must((await log.ranges(topic))[0], topic);
  for await (const batch of log.read(topic, 0, range.start))
    for (const { value } of batch) if (value !== null) found.unshift(value);
  return found;
}

test("an alarm is cleared once somebody has looked, and the campaign goes on", async () => {
  const reports = codecFor("shard-reports");
  const [last] = await latest("shard-reports");
  const report = reports.decode(must(last, "a report"));
  // Of a revision that there is not: a shard that says so has lost its way.
  const impossible = { ...report, cycle: report.cycle + 1_000, atMs: Date.now(), revision: report.revision + 100 };
  await log.send([{ topic: "shard-reports", key: Buffer.from("spring"), value: reports.encode(impossible) }]);
  const page = await pageAt("/campaigns/spring");
  await page.getByRole("button", { name: "Clear the alarm…" }).click();
  await send(page, "a report of a test");
  await page.getByText(/Accepted: revision/).waitFor();
  expect(await status()).toMatchObject({ state: "live", alarm: null });
  expect((await status()).commands.at(-1)).toMatchObject({ action: "clear_alarm", actor: "ana" });
  await page.close();
});

async function sessionsOnLog(): Promise<number> {
  return (await log.ranges("sessions")).reduce((sum, { start, end }) => sum + end - start, 0);
}

test("dead letters are sent again for a reason, after it is said how many that would be", async () => {
  await log.send([{ topic: "sessions", partition: 0, key: Buffer.from("u-odd"), value: Buffer.from("no session") }]);
  await house.shell.until("dead-letters list --json", ({ json }) => json.length > 0);
  const before = await sessionsOnLog();
  const page = await pageAt("/health");
  const group = page.locator("li", { hasText: "on sessions" });
  await group.getByRole("button", { name: "Send again…" }).click();
  await page.getByRole("button", { name: "See what it would do" }).click();
  await page.getByText("1 record would go to sessions once more").waitFor();
  expect(await sessionsOnLog()).toBe(before);
  const button = page.getByRole("button", { name: "Send", exact: true });
  expect(await button.isDisabled()).toBe(true);
  await page.getByLabel(/^Why/).fill("the producer is mended");
  await button.click();
  await page.getByText("1 record was sent again.").waitFor();
  expect(await sessionsOnLog()).toBe(before + 1);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await page.getByText("the producer is mended").waitFor();
  const answer = await fetch(`${house.address}/api/dead-letters/redrive`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ topic: "sessions", reason: "undecodable", dryRun: false }),
  });
  expect({ status: answer.status, body: await answer.json() }).toMatchObject({ status: 400, body: { field: "why" } });
  await page.close();
});

test.each([400, 1_300])(
  "at %d px, health says who has each partition, and that the money was proved and when",
  async (width) => {
    const shown = await show(browser, `${house.address}/health`, { width });
    const { page } = shown;
    await page.getByText(`process ${process.pid}`).first().waitFor();
    await page.getByRole("button", { name: "Prove it now" }).click();
    await page.getByText(/Every budget was kept|violations in/).waitFor();
    await page.getByText(/decisions and .* ends of offers/).waitFor();
    await expectWellMade(shown);
    await page.close();
  },
);
