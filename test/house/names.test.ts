// One word for one thing: no exported type of src/ has the name of another.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./files.ts";

const EXPORTED = /^export (?:interface|type|class|abstract class) (\w+)/gm;

test("no exported type has the name of another", () => {
  const files = new Map<string, string[]>();
  for (const file of globSync("src/**/*.ts", { cwd: ROOT }))
    for (const [, name = ""] of readFileSync(join(ROOT, file), "utf8").matchAll(EXPORTED))
      files.set(name, [...(files.get(name) ?? []), file]);
  expect(files.size).toBeGreaterThan(500);
  expect([...files].filter(([, where]) => where.length > 1)).toEqual([]);
});
