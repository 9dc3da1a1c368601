// What the console does to a campaign: each action from its button over its dry run into `budget-status`; what is stale, unasked for or
// without a token is refused.

import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { openBrowser, show } from "./browser.ts";
import { makeCampaign, openLiveHouse, TOKEN, type LiveHouse } from "./live-house.ts";

let house: LiveHouse;
let browser: Browser;

beforeAll(async () => {
  house = await openLiveHouse({ commands: true });
  await house.visit("spring", 40);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await house.close();
});

interface Status {
  readonly state: string;
  readonly revision: number;
  readonly plan: { readonly budgetMinor: number };
  readonly exploration: { readonly budgetMinor: number };
  readonly commands: readonly {
    readonly action: string;
    readonly actor: string;
    readonly reason: string;
    readonly outcome: string;
  }[];
}

async function status(campaign = "spring"): Promise<Status> {
  const { json } = await house.shell.run(`pacing status --campaign ${campaign} --json`);
  return json[0] as unknown as Status;
}

async function campaignPage(campaign = "spring"): Promise<Page> {
  const { page } = await show(browser, `${house.address}/campaigns/${campaign}`, { token: TOKEN });
  return page;
}

/** From the button to the answer: fills in, looks, says why (and the name, where it is asked for), sends. */
async function act(page: Page, button: string, fill: (page: Page) => Promise<void>, confirm?: string): Promise<void> {
  await page.getByRole("button", { name: `${button}…`, exact: true }).click();
  await fill(page);
  const look = page.getByRole("button", { name: "See what it would do" });
  const why = page.getByLabel("Why (kept with the command)");
  await look.or(why).first().waitFor();
  if (await look.isVisible()) await look.click();
  await why.fill(`because of ${button}`);
  if (confirm !== undefined) await page.getByLabel(/type the campaign's name/).fill(confirm);
  await page.getByRole("button", { name: "Send" }).click();
}

const nothing = async (): Promise<void> => {};

const ACTIONS: readonly {
  readonly button: string;
  readonly action: string;
  readonly fill: (page: Page) => Promise<void>;
  readonly became: (status: Status) => unknown;
  readonly is: unknown;
}[] = [
  {
    button: "Budget",
    action: "set_budget",
    fill: (page) => page.getByLabel("Budget, EUR").fill("12,000.50"),
    became: ({ plan }) => plan.budgetMinor,
    is: 1_200_050,
  },
  { button: "Pause", action: "pause", fill: nothing, became: ({ state }) => state, is: "paused" },
  { button: "Resume", action: "resume", fill: nothing, became: ({ state }) => state, is: "live" },
  {
    button: "Curve",
    action: "set_curve",
    fill: async (page) => void (await page.getByLabel("The budget goes out").selectOption("asap")),
    became: ({ state }) => state,
    is: "live",
  },
  {
    button: "Caps",
    action: "set_caps",
    fill: (page) => page.getByRole("button", { name: "Add a cap" }).click(),
    became: ({ state }) => state,
    is: "live",
  },
  {
    button: "Exploration",
    action: "set_exploration",
    fill: (page) => page.getByLabel("Budget, EUR").fill("50"),
    became: ({ exploration }) => exploration.budgetMinor,
    is: 5_000,
  },
];

test.each(ACTIONS)(
  "$button: looked at first, sent with its reason, and in force",
  async ({ button, action, fill, became, is }) => {
    const page = await campaignPage();
    await act(page, button, fill);
    await page.getByText(/Accepted: revision \d+/).waitFor();
    const now = await status();
    expect(became(now)).toBe(is);
    expect(now.commands.at(-1)).toMatchObject({
      action,
      actor: "ana",
      reason: `because of ${button}`,
      outcome: expect.stringMatching(/^(accepted|applied)$/),
    });
    await page.close();
  },
);

test("a cut below what is out says so, and asks for the campaign's name", async () => {
  const page = await campaignPage();
  const before = await status();
  await page.getByRole("button", { name: "Budget…" }).click();
  await page.getByLabel("Budget, EUR").fill("0.30");
  await page.getByRole("button", { name: "See what it would do" }).click();
  await page.getByRole("dialog").getByText("12,000.50 EUR → 0.30 EUR (-100.0 %)").waitFor();
  await page.getByText(/already out: .* it is asked back/).waitFor();
  await page.getByLabel("Why (kept with the command)").fill("a slip of the hand");
  const send = page.getByRole("button", { name: "Send" });
  expect(await send.isDisabled()).toBe(true);
  await page.getByLabel(/type the campaign's name/).fill("sprung");
  expect(await send.isDisabled()).toBe(true);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect((await status()).revision).toBe(before.revision);
  await page.close();
});

test("what was asked on an older page is refused in sight of who asks, and can be looked at again", async () => {
  const page = await campaignPage();
  await page.getByRole("button", { name: "Budget…" }).click();
  await page.getByLabel("Budget, EUR").fill("12,500");
  await page.getByRole("button", { name: "See what it would do" }).click();
  await page.getByLabel("Why (kept with the command)").fill("more");
  const { revision } = await house.shell.ok("pacing set-budget --campaign spring --budget 1300000");
  await page.getByText(/The campaign has changed since this was opened/).waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page
    .getByRole("alert")
    .getByText(/Refused: .*revision/)
    .waitFor();
  expect((await status()).plan.budgetMinor).toBe(1_300_000);
  await page.getByRole("button", { name: `Look again at revision ${String(revision)}` }).click();
  await page.getByRole("dialog").getByText("13,000.00 EUR → 12,500.00 EUR").waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText(/Accepted: revision/).waitFor();
  expect((await status()).plan.budgetMinor).toBe(1_250_000);
  await page.close();
});

test("an end asks for the campaign's name", async () => {
  await makeCampaign(house.shell, "over", {});
  const page = await campaignPage("over");
  await act(page, "End", nothing, "over");
  await page.getByText(/Accepted: revision/).waitFor();
  expect((await status("over")).state).toBe("ended");
  await page.close();
});

const BUDGET = {
  campaign: "spring",
  revision: 1,
  action: { kind: "set_budget", amount: "1", periodAmount: null },
  reason: "x",
};

async function post(address: string, path: string, body: object, token?: string): Promise<number> {
  return (await answerTo(address, path, body, token)).status;
}

async function answerTo(address: string, path: string, body: object, token?: string) {
  const headers = {
    "content-type": "application/json",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const response = await fetch(`${address}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("without a token of the scope there is no button, and no command is taken", async () => {
  const { page } = await show(browser, `${house.address}/campaigns/spring`);
  await page.getByRole("button", { name: "Unlock commands…" }).waitFor();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  expect(await page.getByRole("button", { name: "Budget…" }).count()).toBe(0);
  for (const path of ["/api/commands", "/api/commands/preview"]) {
    expect(await post(house.address, path, BUDGET)).toBe(401);
    expect(await post(house.address, path, BUDGET, "a-token-that-only-reads")).toBe(403);
  }
  await page.close();
});

test("the server holds who sends to a reason and to the name, whatever the page does", async () => {
  const { revision } = await status();
  expect(await post(house.address, "/api/commands", { ...BUDGET, revision, reason: " " }, TOKEN)).toBe(400);
  expect(await post(house.address, "/api/commands", { ...BUDGET, revision }, TOKEN)).toBe(400);
  expect((await status()).revision).toBe(revision);
});

test.each<[string, object, RegExp]>([
  ["amount", { action: { kind: "set_budget", amount: "1e9" } }, /an amount of EUR such as 7500\.00, got "1e9"$/],
  ["amount", { action: { kind: "set_budget", amount: "1.234" } }, /EUR has 2 at most/],
  ["action.kind", { action: { kind: "stop" } }, /one of set_budget, .*, got "stop"/],
  ["action.caps.0.max", { action: { kind: "set_caps", caps: [{ max: 3e9, windowMs: 1 }] } }, /got 3000000000/],
  ["reason", { reason: "because\u001b[2J" }, /control characters/],
  ["reason", { reason: "half \ud800" }, /control characters/],
])("what cannot be is refused by its field: %s of %j", async (field, wrong, message) => {
  const { revision } = await status();
  const body = { ...BUDGET, revision, action: { kind: "pause" }, ...wrong };
  expect(await answerTo(house.address, "/api/commands", { ...body, confirm: "spring" }, TOKEN)).toMatchObject({
    status: 400,
    body: { error: "invalid", field, message: expect.stringMatching(message) },
  });
  expect((await status()).revision).toBe(revision);
});

test("a console without --commands has no route for them", async () => {
  const reading = house.shell.start("console --port 0 --json");
  const { address } = JSON.parse(await reading.said("address")) as { address: string };
  expect(await post(address, "/api/commands", BUDGET, TOKEN)).toBe(404);
  const { page } = await show(browser, `${address}/campaigns/spring`, { token: TOKEN });
  await page.getByText("read only").waitFor();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  expect(await page.getByRole("button", { name: "Budget…" }).count()).toBe(0);
  await page.close();
  await reading.stop();
});
