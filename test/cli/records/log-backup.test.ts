// Backups from the command line: taken beside a running allocator, and a log again.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TOPICS } from "../../../src/log/topics.ts";
import { openShell, type Shell } from "../shell.ts";

let shell: Shell;
beforeAll(() => void (shell = openShell()));
afterAll(() => shell.close());

const session = (id: string): string =>
  JSON.stringify({ sessionId: id, userId: "u", atMs: Date.now(), surface: "home", attributes: {} });

test("a backup beside `run` is restored into a new folder, where `run` and `tail` go on; what came later is not there", async () => {
  await shell.ok("topics create");
  const running = shell.start("run --json");
  await running.said('"treasury":[0]');
  await shell.ok("send sessions", session("one"));
  const copy = join(shell.folder, "copy.sqlite");
  expect(await shell.ok(`log backup ${copy}`)).toMatchObject({ file: copy, topics: Object.keys(TOPICS).length });
  await shell.ok("send sessions", session("two"));
  await running.stop();

  shell.env["STIPEND_DIR"] = join(shell.folder, "restored");
  expect(await shell.ok(`log restore ${copy}`)).toMatchObject({ file: copy, topics: Object.keys(TOPICS).length });
  const { json } = await shell.run("tail sessions --json");
  expect(json.map((row) => JSON.stringify(row))).toEqual([expect.stringContaining("one")]);
  const again = shell.start("run --json");
  await again.said('"treasury":[0]');
  expect((await again.stop()).code).toBe(0);
});

test("a backup is refused by name on Kafka, over a file, and of no log", async () => {
  const kafka = openShell({ KAFKA_BROKERS: "127.0.0.1:1" });
  for (const command of ["backup", "restore"]) {
    const { code, err } = await kafka.run(`log ${command} file`);
    expect([code, err]).toEqual([2, expect.stringContaining("KAFKA_BROKERS: the log is on Kafka")]);
  }
  kafka.close();
  const empty = openShell();
  const { code, err } = await empty.run("log backup copy.sqlite");
  expect([code, err]).toEqual([1, expect.stringContaining("there is no log in it")]);
  expect(existsSync("copy.sqlite")).toBe(false);
  empty.close();
  const below = join(shell.folder, "no-folder", "copy.sqlite");
  expect(await shell.run(`log backup ${below}`)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/no-folder is no folder/),
  });
});
