// What a training cannot be made of is refused with exit code 2, before anything is written; the refusal names the place and
// the count.

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openShell, type Shell } from "../../cli/shell.ts";
import { logCsv, MAPPING } from "../log-files.ts";

const LOG = logCsv(600, 4);
let shell: Shell;

beforeAll(() => {
  shell = openShell({ STIPEND_TF_BACKEND: "wasm" });
});
afterAll(() => shell.close());

async function refused(
  files: { csv?: string | Buffer; mapping?: string },
  more: readonly string[] = [],
): Promise<string> {
  const [log, map, out] = ["log.csv", "mapping.yaml", "out"].map((name) => join(shell.folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(log, files.csv ?? LOG);
  writeFileSync(map, files.mapping ?? MAPPING);
  const ended = await shell.run(["train", "--data", log, "--mapping", map, "--out", out, "--quick", ...more]);
  expect([ended.code, ended.out], ended.err).toEqual([2, ""]);
  expect(readdirSync(shell.folder).filter((name) => name.includes("out"))).toEqual([]);
  return ended.err.replaceAll(`${shell.folder}/`, "");
}

const replaced = (column: string, by: (row: number) => string): string => {
  const [header = "", ...rows] = LOG.trimEnd().split("\n");
  const at = header.split(",").indexOf(column);
  const changed = rows.map((line, row) =>
    line
      .split(",")
      .map((cell, index) => (index === at ? by(row) : cell))
      .join(","),
  );
  return [header, ...changed].join("\n");
};

describe("a mapping that does not fit", () => {
  test.each([
    [
      "names a column that is not there",
      MAPPING.replace("age: numeric", "years: numeric"),
      /features.years: no column years in the data\n.*has: user, age/,
    ],
    [
      "names an arm that never occurs",
      MAPPING.replace("id: large", "id: huge"),
      /column offer: \d+ rows have an arm that the mapping does not name/,
    ],
    ["is not YAML", "features: [1", /mapping.yaml: not YAML/],
    ["forgets the arms", MAPPING.replace(/arm:[^]*rewards/, "rewards"), /mapping.yaml: arm/],
    [
      "has a propensity outside (0, 1)",
      MAPPING.replaceAll("propensity: 0.3333", "propensity: 1"),
      /arm none: propensity 1 is outside \(0, 1\)/,
    ],
    [
      "makes the outcome a feature",
      MAPPING.replace("member: boolean", "ordered: boolean"),
      /column ordered is also the reward ordered/,
    ],
  ])("%s", async (_, mapping, told) => {
    expect(await refused({ mapping })).toMatch(told);
  });
});

describe("a log that nothing can be learned from", () => {
  test.each([
    ["has no rows", LOG.slice(0, LOG.indexOf("\n") + 1), /log.csv: no rows/],
    [
      "has outcomes that are none",
      replaced("ordered", (row) => (row < 400 ? "perhaps" : "1")),
      /column ordered: 400 rows have neither 0 nor 1 as a binary reward/,
    ],
    [
      "has no outcome at all",
      replaced("ordered", () => "0").replaceAll(/,1$/gm, ",0"),
      /column ordered: no row has any reward/,
    ],
    ["has a feature without a value", replaced("age", () => ""), /column age: every value is missing/],
    ["has a dozen rows", LOG.split("\n").slice(0, 13).join("\n"), /too few to learn from: 100 are the fewest/],
    [
      "has two orders in all",
      replaced("ordered", (row) => (row === 5 || row === 300 ? "1" : "0")).replaceAll(/,1$/gm, ",0"),
      /column ordered: 2 of 600 rows have any reward, too few to learn from: 10 are the fewest/,
    ],
    ["is no text", Buffer.alloc(3000, 0xff), /error: /],
  ])("%s", async (_, csv, told) => {
    expect(await refused({ csv })).toMatch(told);
  });
});

describe("a line that cannot be meant", () => {
  test.each([
    [["--data", "nowhere.csv"], /data: no file nowhere.csv/],
    [["--data", "/"], /data: \/ is a folder; name the files in it/],
    [["--mapping", "nowhere.yaml"], /--mapping nowhere.yaml: ENOENT/],
    [["--scratch", "nowhere"], /--scratch nowhere: there is no such folder/],
    [["--clusters", "20", "10"], /--clusters 20 10: name them by rising number/],
    [["--cluster", "kmeans"], /Expected one of hidden, profile, regret, got "kmeans"/],
    [["--estimator", "guess"], /Expected one of model, shrunk, measured, got "guess"/],
    [["--memory", "much"], /Expected a size such as 800MB or 2GB, got "much"/],
    [["--epochs", "0"], /Expected at least 1, got 0/],
  ])("%s", async (more, told) => {
    expect(await refused({}, more)).toMatch(told);
  });
});
