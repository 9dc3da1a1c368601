// The procedure of docs/OPERATIONS.md, From the embedded log to Kafka, step by step, to whatever log the second shell names.

import { expect } from "vitest";
import type { Shell } from "../cli/shell.ts";
import { redemption, sessionLine, writeCampaign, writeRelease } from "../cli/small-campaign.ts";

const RUN = "run --json --without-retraining";
const USERS = 40;
const PATIENCE = { timeout: 60_000 };

interface Row {
  readonly decisionId: string;
  readonly sessionId: string;
  readonly userId: string;
  readonly reason: string;
  readonly reservedMinor: number;
}

async function decisions(shell: Shell): Promise<readonly Row[]> {
  const { json } = await shell.run("tail decisions --json");
  return json.map(({ value }) => value as Row);
}

async function decided(shell: Shell, count: number): Promise<readonly Row[]> {
  await expect.poll(async () => (await decisions(shell)).length, PATIENCE).toBe(count);
  return await decisions(shell);
}

const numbered = (numbers: readonly number[], session: (of: number) => number = (number) => number): string =>
  numbers.map((number) => sessionLine(number).replace(`"s-${number}"`, `"s-${session(number)}"`)).join("\n");
const ALL = Array.from({ length: USERS }, (_, number) => number);

/** A campaign that is amid its day: incentives are open, some are redeemed, and some of what has come has not been read. */
export async function moves(from: Shell, to: Shell): Promise<void> {
  const old = from.start(RUN);
  await old.said('"treasury":[0]');
  const { folder, release } = writeRelease(from.folder, "first");
  await from.ok(`campaign create ${writeCampaign(from.folder, "spring", { budgetMinor: 6_000, holdoutShare: 0.3 })}`);
  await from.ok(`releases publish ${folder} --campaign spring`);
  await from.ok(`releases promote ${release.hash} --campaign spring --wait`);
  const day = numbered(ALL);
  await from.ok("send sessions", day);
  const before = await decided(from, USERS);
  const [first, second] = before.filter(({ reservedMinor }) => reservedMinor > 0);
  if (first === undefined || second === undefined) throw new Error("nobody was given anything");
  await from.ok("send outcomes", JSON.stringify(redemption(first)));
  await expect.poll(async () => (await from.run("tail settlements --json")).json.length, PATIENCE).toBe(1);
  const running = await to.run(`log copy ${from.env["STIPEND_DIR"]}`);
  expect([running.code, running.err]).toEqual([
    2,
    expect.stringMatching(/stop the allocator first: serve of .* is run by process/),
  ]);

  // The allocator stops first, then the producers: what came between them is not lost.
  expect((await old.stop()).code).toBe(0);
  await from.ok(
    "send sessions",
    numbered(ALL.slice(0, 5), (number) => number + 100),
  );
  const moved = await to.ok(`log copy ${from.env["STIPEND_DIR"]}`);
  expect(moved).toMatchObject({ users: 2, control: 1 });
  const again = await to.run(`log copy ${from.env["STIPEND_DIR"]}`);
  expect([again.code, again.err]).toEqual([2, expect.stringMatching(/the log to copy to is not empty/)]);

  const fresh = to.start(RUN);
  await decided(to, USERS + 5);
  // A session of before is a repetition, an outcome settles what it is about.
  await to.ok("send sessions", day.split("\n").slice(7, 9).join("\n"));
  await to.ok("send outcomes", JSON.stringify(redemption(second)));
  await expect.poll(async () => (await to.run("tail settlements --json")).json.length, PATIENCE).toBe(2);
  // The secret of its chances has come with it: who was in the holdout is in it, and nobody else.
  await to.ok(
    "send sessions",
    numbered(ALL, (number) => number + 200),
  );
  const after = await decided(to, 2 * USERS + 5);
  const held = (rows: readonly Row[]) => rows.filter(({ reason }) => reason === "holdout").map(({ userId }) => userId);
  expect(new Set(held(before)).size).toBeGreaterThan(2);
  expect(held(after.filter(({ sessionId }) => /^s-2\d\d$/.test(sessionId))).toSorted()).toEqual(
    held(before).toSorted(),
  );
  // Commands go on from the revision that was there, and are applied everywhere.
  await to.ok("pacing set-budget --budget 7000 --campaign spring --wait");
  expect((await fresh.stop()).code).toBe(0);
  expect((await to.run("verify")).out).toMatch(/every law holds/);
  expect((await to.run("dead-letters list --json")).json).toEqual([]);
}
