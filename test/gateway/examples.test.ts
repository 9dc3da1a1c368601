// The clients under examples/gateway, each as a process of its own against `stipend dev`: what each shows is the decision on
// the topic, and where there is no gateway it is nothing.

import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openShell, type Background, type Shell } from "../cli/shell.ts";
import { doorOf, type Door } from "./world.ts";

const FOLDER = join(import.meta.dirname, "../../examples/gateway");
const run = promisify(execFile);
const has = (command: string, word: string): boolean => spawnSync(command, [word]).status === 0;

const CLIENTS = [
  { name: "Node", command: process.execPath, words: ["decide.mjs"], there: true },
  { name: "Python", command: "python3", words: ["decide.py"], there: has("python3", "--version") },
  { name: "Java", command: "java", words: ["Decide.java"], there: has("java", "-version") },
  { name: "Go", command: "go", words: ["run", "decide.go"], there: has("go", "version") },
];

let shell: Shell;
let program: Background;
let door: Door;
beforeAll(async () => {
  shell = openShell();
  program = shell.start("dev --ephemeral --port 0 --json");
  door = doorOf((JSON.parse(await program.said('"ready"')) as { gateway: string }).gateway);
});
afterAll(async () => {
  await program.stop();
  shell.close();
});

describe.each(CLIENTS)("the client in $name", ({ name, command, words, there }) => {
  const shown = async (gateway: string, user: string): Promise<unknown> => {
    const env = { ...process.env, GATEWAY: gateway, TIMEOUT_MS: "10000", GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local" };
    const { stdout } = await run(command, [...words, `${name} ${user}`, user], { cwd: FOLDER, env });
    return JSON.parse(stdout);
  };

  test.skipIf(!there)(
    "shows what was decided",
    async () => {
      // Some users are held out: one after the other, until one has an incentive.
      for (let user = 1; ; user += 1) {
        const incentive = await shown(door.address, `u-${name}-${user}`);
        const { body } = await door.ask("GET", `/v1/decisions/${encodeURIComponent(`d-${name} u-${name}-${user}`)}`);
        expect(incentive).toEqual(body["incentive"]);
        if (incentive !== null) return;
      }
    },
    120_000,
  );

  test.skipIf(!there)("shows nothing where no gateway answers", async () => {
    expect(await shown("http://127.0.0.1:1", "u-1")).toBeNull();
  });
});
