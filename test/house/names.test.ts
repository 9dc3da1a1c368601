// One word for one thing: no exported type of src/ has the name of another, and no exported function or constant that of another.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./files.ts";

const TYPES = /^export (?:interface|type|class|abstract class) (\w+)/gm;
const VALUES = /^export (?:async )?(?:function\*?|const|class|abstract class) (\w+)/gm;

/** What every file of its kind exports under one name, and a template tag that the browser has of its own. */
const KINDS: readonly [name: string, files: RegExp][] = [
  ["command", /^src\/cli\/commands\//],
  ["html", /^src\/(console\/client\/parts\/html|report\/page\/page)\.ts$/],
];

/** What is exported under each name, by the files that do. */
function exported(pattern: RegExp): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const file of globSync("src/**/*.ts", { cwd: ROOT }))
    for (const [, name = ""] of readFileSync(join(ROOT, file), "utf8").matchAll(pattern))
      if (!KINDS.some(([kind, where]) => name === kind && where.test(file)))
        files.set(name, [...(files.get(name) ?? []), file]);
  return files;
}

test.each([
  ["type", TYPES, 500],
  ["function or constant", VALUES, 1_000],
])("no exported %s has the name of another", (_what, pattern, most) => {
  const files = exported(pattern);
  expect(files.size).toBeGreaterThan(most);
  expect([...files].filter(([, where]) => where.length > 1)).toEqual([]);
});
