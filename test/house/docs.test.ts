// The documents name files and commands that are there: a page that points to nothing is worse than none.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { CATALOGUE } from "../../src/cli/catalogue.ts";
import { read, ROOT } from "./files.ts";

const PAGES = [
  "README.md",
  "deploy/README.md",
  ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`),
].filter((name) => name.endsWith(".md"));
/** A file is named from the root, or within a room. */
const ROOMS = ["", "src", "test", "benchmarks", "deploy", "test/kafka", "src/log", "src/log/embedded", "src/treasury"];
const SCRIPTS = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };

const isThere = (name: string): boolean => ROOMS.some((room) => existsSync(join(ROOT, room, name)));

test("docs/ARCHITECTURE.md names only folders that are there, and answers nine questions first", () => {
  const text = read("docs/ARCHITECTURE.md");
  const folders = [...text.matchAll(/`((?:[\w.-]+\/)+)`/g)].map(([, name = ""]) => name);
  expect(folders.filter((name) => !isThere(name))).toEqual([]);
  const answers = must(text.split("## Where is what")[1]?.split("\n## ")[0], "the answers");
  expect(answers.match(/^\| .*\?/gm)).toHaveLength(9);
  for (const [, row = ""] of answers.matchAll(/^\| .*\? +\|(.*)\|$/gm)) expect(row).toMatch(/`[\w./-]+(?:\.ts|\/)`/);
});

test.each(PAGES)("%s names only files of the project that are there", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");
  const named = [...text.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|mjs|md|sh|yml))`/g)].map(([, name = ""]) => name);
  expect(named.filter((name) => !isThere(name))).toEqual([]);
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, name = ""]) => name);
  expect(linked.filter((name) => !existsSync(join(ROOT, page, "..", name)))).toEqual([]);
});

test.each(PAGES)("%s names only commands and scripts that there are", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");
  const names = Object.keys(CATALOGUE);
  const commands = [...text.matchAll(/\bstipend ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?/g)]
    .filter(([all]) => text.includes(`\`${all}`) || text.includes(`bin/${all}`))
    .filter(([, first = ""]) => first !== "");
  const unknown = commands
    .filter(([, first = "", second = ""]) => !names.some((name) => name === first || name === `${first} ${second}`))
    .filter(([, first = ""]) => !names.some((name) => name.startsWith(`${first} `)))
    .map(([all]) => all);
  expect(unknown).toEqual([]);
  const scripts = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);
  expect(scripts.filter((name) => !Object.hasOwn(SCRIPTS.scripts, name))).toEqual([]);
});
