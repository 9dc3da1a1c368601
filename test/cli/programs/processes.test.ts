// The program as processes: asked to end, killed and started again, refused beside another, at the ends of pipes.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { environmentOf, Program } from "./program-process.ts";
import { openShell, type Shell } from "../shell.ts";
import { sessionLine, writeCampaign, writeRelease } from "../small-campaign.ts";

let shell: Shell;
let programs: Program[];

beforeEach(async () => {
  shell = openShell();
  programs = [];
  expect(await shell.run("topics create")).toMatchObject({ code: 0 });
});

afterEach(async () => {
  for (const program of programs) await program.kill();
  shell.close();
});

function start(line: string): Program {
  const program = new Program(shell, line);
  programs.push(program);
  return program;
}

async function decisions(): Promise<readonly string[]> {
  const { json } = await shell.run("tail decisions --json");
  return json.map(({ value }) => (value as { sessionId: string }).sessionId);
}

async function sent(from: number, to: number): Promise<void> {
  const lines = Array.from({ length: to - from }, (_, index) => sessionLine(from + index)).join("\n");
  expect(await shell.run("send sessions --json", lines)).toMatchObject({ code: 0 });
}

async function decided(count: number): Promise<readonly string[]> {
  for (;;) {
    const found = await decisions();
    if (found.length >= count) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function campaignInForce(): Promise<void> {
  const { folder, release } = writeRelease(shell.folder, "release");
  for (const line of [
    `campaign create ${writeCampaign(shell.folder)}`,
    `releases publish ${folder} --campaign spring`,
    `releases promote ${release.hash} --wait`,
  ])
    expect(await shell.run(line)).toMatchObject({ code: 0 });
}

test("SIGTERM lets it finish what is under way and end with 0; the next one goes on from there", async () => {
  const first = start("run --json");
  await first.said('"serve":[0,1],"treasury":[0]');
  await campaignInForce();
  await sent(0, 300);
  await decided(1);
  first.child.kill("SIGTERM");
  expect(await first.ended(), first.err).toBe(0);
  expect(first.out.trim().split("\n").at(-1)).toContain('"event":"stopped"');

  const second = start("run --json");
  await sent(300, 400);
  const found = await decided(400);
  expect([found.length, new Set(found).size]).toEqual([400, 400]);
  second.child.kill("SIGINT");
  expect(await second.ended(), second.err).toBe(0);
  expect(await shell.run("verify")).toMatchObject({ code: 0 });
});

test("SIGKILL in the middle of the work loses nothing and doubles nothing", async () => {
  let allocator = start("run --json");
  await allocator.said('"treasury":[0]');
  await campaignInForce();
  let total = 0;
  for (let round = 0; round < 4; round += 1) {
    await sent(total, total + 500);
    total += 500;
    // Now and then before, within and after the cycles that decide them.
    await new Promise((resolve) => setTimeout(resolve, 40 * round));
    await allocator.kill();
    allocator = start("run --json");
  }
  const found = await decided(total);
  expect([found.length, new Set(found).size]).toEqual([total, total]);
  expect((await shell.run("verify --json")).json[0]).toMatchObject({ ok: true });
}, 180_000);

test("a second run beside a living one is refused, and beside a killed one takes over at once", async () => {
  const first = start("run --json");
  await first.said('"treasury":[0]');
  const second = start("run --log text");
  expect(await second.ended()).toBe(1);
  expect(second.out).toContain(`already running: treasury of stipend is run by process ${first.pid}`);
  await first.kill();
  const third = start("run --json");
  await third.said('"serve":[0,1],"treasury":[0]');
});

test("send and tail are the two ends of a pipe: what is written to one is read from the other, until a signal", async () => {
  const tail = start("tail sessions --follow --json --from beginning");
  const send = start("send sessions --json");
  must(send.child.stdin, "stdin").write(`${sessionLine(1)}\n${sessionLine(2)}\n`);
  await tail.said('"key":"u-2"');
  must(send.child.stdin, "stdin").write(`${sessionLine(3)}\n`);
  await tail.said('"key":"u-3"');
  // What has been taken is on the log; the half line is not a record.
  must(send.child.stdin, "stdin").write('{"sessionId":');
  send.child.kill("SIGTERM");
  expect(await send.ended(), send.err).toBe(0);
  expect(JSON.parse(send.out)).toEqual({ topic: "sessions", lines: 3, sent: 3, refused: 0 });
  tail.child.kill("SIGTERM");
  expect(await tail.ended(), tail.err).toBe(0);
  expect(tail.out.trim().split("\n")).toHaveLength(3);
});

test("a reader that has had enough ends a tail quietly", async () => {
  await sent(0, 2_000);
  const tail = start("tail sessions --json");
  const stdout = must(tail.child.stdout, "stdout");
  await once(stdout, "data");
  stdout.destroy();
  expect(await tail.ended()).toBe(0);
  expect(tail.err).toBe("");
});

test("what is said on the way may be read by nobody: the work goes on, and its result comes", async () => {
  const send = start("send sessions --keep-going --json");
  must(send.child.stderr, "stderr").destroy();
  must(send.child.stdin, "stdin").end(`[]\n${sessionLine(1)}\n[]\n`);
  expect(await send.ended()).toBe(1);
  expect(JSON.parse(send.out)).toEqual({ topic: "sessions", lines: 3, sent: 1, refused: 2 });
});

test("no library of it keeps anything of its own, nor tells anybody of it", async () => {
  const own = mkdtempSync(join(shell.folder, "own-"));
  for (const name of ["HOME", "XDG_CACHE_HOME", "TMPDIR"]) shell.env[name] = own;
  // On a machine of tests they are quiet by themselves.
  shell.env["CI"] = "";
  const allocator = start("run --json");
  await allocator.said('"treasury":[0]');
  await campaignInForce();
  await sent(0, 1);
  await decided(1);
  allocator.child.kill("SIGTERM");
  expect(await allocator.ended(), allocator.err).toBe(0);
  expect(readdirSync(own, { recursive: true })).toEqual([]);
});

test("bin/stipend is the same program, from any folder", async () => {
  const bin = spawn(join(import.meta.dirname, "..", "..", "..", "bin", "stipend"), ["topics", "check", "--json"], {
    env: environmentOf(shell),
    cwd: shell.folder,
  });
  let out = "";
  bin.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  expect(await once(bin, "close")).toEqual([0, null]);
  expect(JSON.parse(out)).toMatchObject({ ok: true });
});
