// The console on a real broker: its pages, an action that goes through, and a broker that goes away and comes back.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startBroker, type RunningBroker } from "../../../fixtures/broker.ts";
import { expectWellMade, openBrowser, show } from "../../console/browser.ts";
import { openLiveHouse, TOKEN, type LiveHouse } from "../../console/live-house.ts";

// A broker, an allocator, a console and a browser, on a busy machine.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let broker: RunningBroker;
let house: LiveHouse;
let browser: Browser;

beforeAll(async () => {
  broker = await startBroker();
  house = await openLiveHouse({
    commands: true,
    env: { KAFKA_BROKERS: broker.brokers, KAFKA_TOPIC_PREFIX: `console-${process.pid}.`, STIPEND_PARTITIONS: "3" },
  });
  await house.visit("spring", 30);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await house.close();
  await broker.stop();
});

const day = new Date().toISOString().slice(0, 10);

describe("the console on a broker", () => {
  it.each([
    ["/", "article"],
    ["/campaigns/spring", ".chart"],
    ["/changes", ".changes"],
    ["/users?id=user-spring-0", ".timeline"],
    ["/releases", ".releases"],
    ["/health", "table"],
    [`/look-back?campaign=spring&from=${day}&to=${day}`, "iframe.report"],
  ])("shows %s", async (path, content) => {
    const shown = await show(browser, `${house.address}${path}`);
    await shown.page.waitForSelector(content);
    await expectWellMade(shown);
    await shown.page.close();
  });

  it("says which brokers there are, and who has each partition", async () => {
    const { page } = await show(browser, `${house.address}/health`);
    await page.getByRole("region", { name: "Brokers" }).getByText(broker.brokers).waitFor();
    const decisions = page.getByRole("region", { name: "Decisions, by partition" });
    await decisions
      .getByText(/ at .*127\.0\.0\.1/)
      .first()
      .waitFor();
    expect(await decisions.getByText(/ at .*127\.0\.0\.1/).count()).toBe(3);
    expect(await decisions.getByText("nobody").count()).toBe(0);
    await page.close();
  });

  it("lets an action through, into the campaign's status", async () => {
    const { page } = await show(browser, `${house.address}/campaigns/spring`, { token: TOKEN });
    await page.getByRole("button", { name: "Pause…" }).click();
    await page.getByLabel("Why (kept with the command)").fill("to see that it goes through");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText(/Accepted: revision \d+/).waitFor();
    const { json } = await house.shell.run("pacing status --campaign spring --json");
    expect(json[0]).toMatchObject({ state: "paused" });
    await house.shell.ok("pacing resume --campaign spring --wait");
    await page.close();
  });

  it("says that the log cannot be read while the broker is away, keeps what it showed, and goes on when it is back", async () => {
    const { page } = await show(browser, `${house.address}/campaigns/spring`);
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    process.kill(broker.pid, "SIGKILL");
    const trouble = page.getByRole("alert").getByText("The log cannot be read");
    await trouble.waitFor();
    expect(await page.getByRole("heading", { name: "Settings" }).isVisible()).toBe(true);
    const { page: looking } = await show(browser, `${house.address}/look-back?campaign=spring&from=${day}&to=${day}`);
    await looking.getByRole("alert").getByText("The log could not be read").waitFor();
    broker = await startBroker({ dir: broker.dir, port: Number(broker.brokers.split(":")[1]) });
    await trouble.waitFor({ state: "detached" });
    await house.visit("spring", 10);
    await looking.reload();
    await looking.waitForSelector("iframe.report");
    await looking.close();
    await page.close();
  });
});
