// What others wrote is shown as text: markup in ids, arms, attributes and reasons stays what it is, on every page.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codecFor } from "../../src/log/codec/codec.ts";
import { openEmbeddedLog } from "../../src/log/embedded/log.ts";
import { SAMPLES } from "../../fixtures/samples.ts";
import { expectWellMade, openBrowser, show } from "./browser.ts";
import { openLiveHouse, TOKEN, type LiveHouse } from "./live-house.ts";

const EVIL = `"><img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;

let house: LiveHouse;
let browser: Browser;

beforeAll(async () => {
  house = await openLiveHouse({ commands: true });
  const nowMs = Date.now();
  let tokens = 0;
  const log = await openEmbeddedLog({
    folder: house.shell.env["STIPEND_DIR"] ?? "",
    now: Date.now,
    newToken: () => `t-${(tokens += 1)}`,
  });
  const partition = (await log.ranges("decisions")).length - 1;
  const status = {
    ...SAMPLES["budget-status"],
    campaign: EVIL,
    atMs: nowMs,
    revision: 7,
    state: "live" as const,
    alarm: { atMs: nowMs, shards: [0], detail: EVIL },
    answers: SAMPLES["budget-status"].answers.map((answer) => ({
      ...answer,
      commandId: "c-evil",
      actor: EVIL,
      reason: EVIL,
    })),
  };
  const command = {
    ...SAMPLES["budget-pacing"],
    commandId: "c-evil",
    campaign: EVIL,
    actor: EVIL,
    reason: EVIL,
    dryRun: false,
  };
  const decision = {
    ...SAMPLES.decisions,
    campaign: EVIL,
    userId: EVIL,
    armId: EVIL,
    arm: 1,
    reason: "planned" as const,
    decidedAtMs: nowMs,
  };
  const session = { ...SAMPLES.sessions, userId: EVIL, sessionId: EVIL, campaign: EVIL, attributes: { [EVIL]: EVIL } };
  const letter = { ...SAMPLES["dead-letters"], atMs: nowMs, topic: EVIL, detail: EVIL };
  const key = Buffer.from(EVIL);
  const { partitionOf } = await import("../../src/log/partitioner.ts");
  const home = partitionOf(key, { partitioner: log.partitioner, partitions: partition + 1 });
  // Onto the topics that tasks read, nothing is put that they would act on.
  await log.send([
    { topic: "budget-status", key, value: codecFor("budget-status").encode(status) },
    { topic: "budget-pacing", key, value: codecFor("budget-pacing").encode(command) },
    { topic: "decisions", partition: home, key, value: codecFor("decisions").encode(decision) },
    { topic: "sessions", partition: home, key, value: codecFor("sessions").encode(session) },
    { topic: "dead-letters", partition: 0, key, value: codecFor("dead-letters").encode(letter) },
  ]);
  await log.close();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await house.close();
});

const id = encodeURIComponent(EVIL);

test.each(["/", `/campaigns/${id}`, "/changes", `/users?id=${id}`, "/health", "/releases"])("%s", async (path) => {
  const shown = await show(browser, `${house.address}${path}`, { width: 400, token: TOKEN });
  await shown.page.getByText(EVIL).first().waitFor();
  expect(await shown.page.title()).toBe("Stipend");
  expect(await shown.page.locator("main img, main script").count()).toBe(0);
  await expectWellMade(shown);
  await shown.page.close();
});

test("the server answers them as JSON that no browser takes for a page", async () => {
  const response = await fetch(`${house.address}/api/campaigns/${id}`);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
});
