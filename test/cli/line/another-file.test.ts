// A file that is given in the place of another is called what it is not, with what one looks like: no parser's own words alone.

import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openShell } from "../shell.ts";

const ROOT = join(import.meta.dirname, "../../..");
const README = join(ROOT, "README.md");
const shell = openShell();
beforeAll(() => shell.ok("topics create"));
const fresh = openShell();
afterAll(() => {
  shell.close();
  fresh.close();
});

// Each in its place; a backup goes into a folder of its own.
test.each<[string, number, RegExp]>([
  [
    `campaign create ${README}`,
    2,
    /README\.md: no campaign file: line \d+ is neither YAML nor JSON .*A campaign file has lines such as/,
  ],
  [
    `campaign create ${join(ROOT, "package.json")}`,
    2,
    /package\.json: no campaign file: it has none of id, currency, .*examples\/campaign\.yaml/,
  ],
  [`campaign create ${ROOT}`, 2, new RegExp(`${ROOT}: EISDIR`)],
  [
    `train --data x.csv --out o --mapping ${README}`,
    2,
    /README\.md: not YAML, and so no mapping: [^]*examples\/hillstrom\.yaml/,
  ],
  [
    `releases publish ${README} --campaign spring`,
    2,
    /README\.md: no release: .*a folder with manifest\.json, classifier\.onnx/,
  ],
  [`log restore ${README}`, 1, /README\.md: is no backup of a log: `stipend log backup FILE` makes one/],
])("stipend %s", async (line, code, says) => {
  const ended = await (line.startsWith("log restore") ? fresh : shell).run(line);
  expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(says)]);
});
