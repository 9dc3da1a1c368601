// docs/OPERATIONS.md, More partitions: a campaign is begun anew beside itself with what is left of its budget, and what the old
// one's holds give back comes to the new one. Both together never pass the budget. On Kafka the second folder is a second prefix.

import { join } from "node:path";
import { expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { openShell, type Shell } from "../cli/shell.ts";
import { redemption, sessionLine, writeCampaign, writeRelease } from "../cli/small-campaign.ts";

const RUN = "run --json --without-retraining";
const PATIENCE = { timeout: 60_000 };
const BUDGET = 6_000;
const HOLD_MS = 20_000;

interface Money {
  readonly budgetMinor: number;
  readonly reservedMinor: number;
  readonly postedMinor: number;
}

async function money(shell: Shell): Promise<Money> {
  return (await shell.ok("pacing status"))["plan"] as Money;
}

async function begin(shell: Shell, budgetMinor: number): Promise<void> {
  const { folder, release } = writeRelease(shell.folder, "first");
  const other = { budgetMinor, reservation: { ttlMs: HOLD_MS } };
  await shell.ok(`campaign create ${writeCampaign(shell.folder, "spring", other)}`);
  await shell.ok(`releases publish ${folder} --campaign spring`);
  await shell.ok(`releases promote ${release.hash} --campaign spring --wait`);
}

async function decide(shell: Shell, from: number, count: number): Promise<readonly Record<string, unknown>[]> {
  const numbers = Array.from({ length: count }, (_, number) => from + number);
  await shell.ok("send sessions", numbered(numbers));
  const rows = async () => (await shell.run("tail decisions --json")).json;
  await expect.poll(async () => (await rows()).length, PATIENCE).toBe(count);
  return (await rows()).map(({ value }) => value as Record<string, unknown>);
}

const numbered = (numbers: readonly number[]): string => numbers.map((number) => sessionLine(number)).join("\n");

test("the money of a campaign that is begun anew with more partitions never passes its budget, and none of it is lost", async () => {
  const old = openShell();
  const oldRun = old.start(RUN);
  await oldRun.said('"treasury":[0]');
  await begin(old, BUDGET);
  const [given] = (await decide(old, 0, 20)).filter(({ reservedMinor }) => Number(reservedMinor) > 0);

  // In place it cannot be.
  const grown = openShell({ STIPEND_DIR: join(old.folder, "log"), STIPEND_PARTITIONS: "5" });
  expect((await grown.run("topics create")).err).toMatch(/has 2 partitions .*, not 5/);
  grown.close();

  // 1. No more is given. 2. What is left. 3. Begin anew with it.
  await old.ok("pacing pause --campaign spring --wait");
  const paused = await money(old);
  expect(paused.reservedMinor).toBeGreaterThan(0);
  const left = BUDGET - paused.reservedMinor - paused.postedMinor;
  const more = openShell({ STIPEND_PARTITIONS: "5" });
  const moreRun = more.start(RUN);
  await moreRun.said('"treasury":[0]');
  await begin(more, left);

  // 4. Sessions go to the new one, outcomes of what the old one gave to the old one, until its holds have ended.
  await decide(more, 100, 40);
  await old.ok("send outcomes", JSON.stringify(redemption(must(given, "a decision"))));
  const now = await money(more);
  expect(now.reservedMinor + now.postedMinor).toBeLessThanOrEqual(left);
  await expect.poll(async () => (await money(old)).reservedMinor, PATIENCE).toBe(0);

  // 5. What they gave back comes to the new one, and the old one ends.
  const spent = (await money(old)).postedMinor;
  expect(spent).toBe(paused.postedMinor + (given?.["arm"] === 2 ? 500 : 100));
  await old.ok("pacing end --campaign spring --wait");
  await more.ok(`pacing set-budget --budget ${BUDGET - spent} --campaign spring --wait`);
  expect((await money(more)).budgetMinor + spent).toBe(BUDGET);
  for (const [shell, run] of [
    [old, oldRun],
    [more, moreRun],
  ] as const) {
    expect((await run.stop()).code).toBe(0);
    expect((await shell.run("verify")).out).toMatch(/every law holds/);
    shell.close();
  }
}, 180_000);
