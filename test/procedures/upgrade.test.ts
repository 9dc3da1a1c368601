// docs/OPERATIONS.md, Upgrading, and back: an instance that meets what a newer version wrote holds and says so, nothing is
// lost or dead-lettered, and after the upgrade it goes on; the same on the way back.

import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Program } from "../cli/programs/program-process.ts";
import { openShell, type Shell } from "../cli/shell.ts";
import { sessionLine, writeCampaign, writeRelease } from "../cli/small-campaign.ts";
import { answered } from "./readiness.ts";

const NEWER = { file: fileURLToPath(new URL("newer-version.ts", import.meta.url)) };
const RUN = "run --json --without-retraining";

let shell: Shell;
let running: Program | null = null;

beforeEach(() => {
  shell = openShell({ STIPEND_HTTP: "127.0.0.1:0" });
});
afterEach(async () => {
  await running?.kill();
  shell.close();
});

async function start(preload?: typeof NEWER): Promise<Program> {
  running = new Program(shell, RUN, preload);
  await answered(running, "/healthz", /./);
  return running;
}

/** Drained and ended well, whether it held or not. */
async function stop(program: Program): Promise<void> {
  program.child.kill("SIGTERM");
  expect(await program.ended(), program.err).toBe(0);
}

async function newer(line: string): Promise<Program> {
  const program = new Program(shell, line, NEWER);
  await program.ended();
  return program;
}

const decided = async (): Promise<readonly string[]> =>
  (await shell.run("tail decisions --json")).json
    .map(({ value }) => {
      const { sessionId, reason } = value as { readonly sessionId: string; readonly reason: string };
      return `${sessionId} ${reason}`;
    })
    .toSorted();

test("a pause of a newer version is held at, not dead-lettered, and is done after the upgrade; so on the way back", async () => {
  const old = await start();
  await answered(old, "/readyz", /^ready/);
  const { folder, release } = writeRelease(shell.folder, "first");
  await shell.ok(`campaign create ${writeCampaign(shell.folder)}`);
  await shell.ok(`releases publish ${folder} --campaign spring`);
  await shell.ok(`releases promote ${release.hash} --campaign spring --wait`);
  await shell.ok("send sessions", sessionLine(1));

  // The tool that steers was upgraded first.
  const pause = await newer("pacing pause --campaign spring --timeout 2s");
  expect(pause.err + pause.out).toMatch(/no answer/);
  const says = await answered(old, "/readyz", /needs Stipend format 2/);
  expect(says).toMatch(
    /^(not ready\n)?treasury 0 is held: partition 0 of budget-pacing holds: the record at offset \d+ needs Stipend format 2, this one speaks 1: upgrade it/m,
  );
  await answered(old, "/metrics", /^stipend_task_needs_format\{kind="treasury",partition="0"\} 2$/m);
  await shell.ok("send sessions", sessionLine(2));
  await expect.poll(decided, { timeout: 20_000 }).toHaveLength(2);
  await stop(old);
  expect((await shell.run("dead-letters list --json")).json).toEqual([]);

  const upgraded = await start(NEWER);
  await answered(upgraded, "/readyz", /^ready/);
  await expect
    .poll(async () => (await newer("pacing status --json")).out, { timeout: 20_000 })
    .toContain('"state":"paused"');
  await answered(upgraded, "/metrics", /^stipend_shards_behind\{campaign="spring"\} 0$/m);
  await shell.ok("send sessions", sessionLine(3));
  await expect.poll(decided, { timeout: 20_000 }).toHaveLength(3);
  expect((await shell.run("pacing status")).err).toMatch(/passed over on budget-status: .* needs Stipend format 2/);
  await stop(upgraded);

  const back = await start();
  await answered(back, "/readyz", /serve \d is \w+: partition \d of state holds: .* needs Stipend format 2/);
  await answered(back, "/readyz", /treasury 0 is \w+: partition 0 of treasury-state holds: /);
  await shell.ok("send sessions", sessionLine(4));
  await stop(back);
  expect(await decided()).toHaveLength(3);

  const again = await start(NEWER);
  await answered(again, "/readyz", /^ready/);
  await expect.poll(decided, { timeout: 20_000 }).toHaveLength(4);
  expect((await decided()).slice(2)).toEqual(["s-3 campaign_paused", "s-4 campaign_paused"]);
  await stop(again);
  expect((await newer("verify")).out).toMatch(/every law holds/);
  expect((await shell.run("dead-letters list --json")).json).toEqual([]);
}, 120_000);
