// The help is part of the contract: a change of it is seen here (vitest -u takes it).

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { CATALOGUE, GROUPS } from "../../../src/cli/catalogue.ts";
import { SETTINGS } from "../../../src/settings/table/settings.ts";
import { openShell } from "../shell.ts";

const shell = openShell();
afterAll(() => shell.close());

const names = Object.keys(CATALOGUE);
const HELP = join(import.meta.dirname, "help");

test("stipend --help lists every command and every setting", async () => {
  const { code, out, err } = await shell.run("--help");
  expect([code, err]).toEqual([0, ""]);
  await expect(out).toMatchFileSnapshot(join(HELP, "stipend.txt"));
  for (const { env } of Object.values(SETTINGS)) expect(out).toContain(env);
  for (const name of names) expect(out).toMatch(new RegExp(`^  ${must(name.split(" ")[0], "a name")} `, "m"));
});

describe.each(names)("stipend %s --help", (name) => {
  test("says what it does, its options, an example that begins with its name, and the exit codes", async () => {
    const { code, out, err } = await shell.run(`${name} --help`);
    expect([code, err]).toEqual([0, ""]);
    await expect(out).toMatchFileSnapshot(join(HELP, `${name.replaceAll(" ", "-")}.txt`));
    expect(out).toContain(`Examples:\n`);
    expect(out).toMatch(new RegExp(`Examples:[^]*stipend ${name}`));
    expect(out).toContain("--json");
    expect(out).toContain("Exit codes: 0 done, 1 a check failed, 2 wrong use or configuration.");
  });

  test("has the summary that the catalogue lists", async () => {
    const entry = must(CATALOGUE[name], name);
    const { command } = await entry.load();
    expect(command.summary).toBe(entry.summary);
  });
});

test.each(Object.keys(GROUPS))("stipend %s --help lists its commands", async (group) => {
  const { code, out } = await shell.run(`${group} --help`);
  expect(code).toBe(0);
  for (const name of names.filter((each) => each.startsWith(`${group} `)))
    expect(out).toMatch(new RegExp(`^  ${must(name.split(" ")[1], "a name")}\\b`, "m"));
});

test("no snapshot is of a command that is gone", () => {
  const expected = ["stipend", ...names.map((name) => name.replaceAll(" ", "-"))].map((name) => `${name}.txt`);
  expect(readdirSync(HELP).toSorted()).toEqual(expected.toSorted());
});
