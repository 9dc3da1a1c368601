// The tree can be read: small files, folders that say what is in them, and no figure in the place of a wrong index.

import { dirname, extname } from "node:path";
import { expect, test } from "vitest";
import { files, read } from "./files.ts";

const LINES_MOST = 300;
const FILES_MOST = 12;

/** What is longer: written by a program, or in a form of somebody else. */
const LONG: Readonly<Record<string, string>> = {
  "package-lock.json": "npm's lock file",
  "benchmarks/quality/RESULTS.md": "what `npm run bench:quality` has written",
  "benchmarks/quality/results.json": "what `npm run bench:quality` has measured",
  "deploy/grafana/board.json": "Grafana's own format",
};

/** Folders of more files, and what each file in them is. */
const FULL: Readonly<Record<string, string>> = {
  ".": "what tools and readers look for at the root",
  docs: "a page a subject, and its pictures",
  "benchmarks/quality": "the benchmark, its results and their pictures",
  "src/console/server": "the console's doors, a file for each",
  schemas: "a schema a topic, and those within them",
  "test/cli/line/help": "the help of each command",
};

const BINARY = new Set([".png", ".ico", ".gz", ".woff2"]);

test(`no file has more than ${LINES_MOST} lines but for schemas and what is named here`, () => {
  const long = files.filter(
    (file) =>
      !file.startsWith("schemas/") && !BINARY.has(extname(file)) && read(file).split("\n").length - 1 > LINES_MOST,
  );
  expect(long.toSorted()).toEqual(Object.keys(LONG).toSorted());
});

test(`no folder has more than ${FILES_MOST} files but for those named here`, () => {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  const full = [...counts].filter(([, count]) => count > FILES_MOST).map(([folder]) => folder);
  expect(full.filter((folder) => !Object.hasOwn(FULL, folder))).toEqual([]);
});

/** What is looked up by a name, or is bytes of others, may be missing; an item of a list by its place may not. */
const BY_NAME = /\[(?:"[\w-]+"|(?:\w+\.)?(?:name|topic|input|fault|reason|armId|account|record\.topic))\]/;
const MAY_BE_MISSING: Readonly<Record<string, string>> = {
  "src/domain/release/frontier.ts": "a cluster of which no session has come",
  "src/workflows/replay/what-if.ts": "a release may be gone from the log",
  "src/treasury/forecast/traffic.ts": "the median of no hour at all",
  "src/treasury/slices/holdings.ts": "the sums grow with the clusters that shards tell",
  "src/log/kafka/protocol/batches/lz4.ts": "the bytes of a stranger may end within a length",
  "src/log/varint.ts": "a place behind the bytes' end reads as 0",
  "src/learn/data/log/record-lines.ts": "a log without records has no line",
  "src/learn/data/log/csv-copy.ts": "a record may have no field",
};

test("no figure stands in for a list's item at a wrong place", () => {
  const source = files.filter((file) => /^src\/(?!console\/)[^]*\.ts$/.test(file));
  expect(source.length).toBeGreaterThan(500);
  const found = source.filter((file) =>
    read(file)
      .split("\n")
      .some((line) => [...line.matchAll(/\[[^\][]*\] \?\? \d/g)].some(([part]) => !BY_NAME.test(part))),
  );
  expect(found.toSorted()).toEqual(Object.keys(MAY_BE_MISSING).toSorted());
});

const SENTENCES_MOST = 3;

/** What a file's head says before its invariants and how it is called; its first line is its name. */
function headOf(text: string): string {
  const lines = text.split("\n").filter((line) => !line.startsWith("#!") && line !== "// @ts-check");
  const head = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith("//")),
  );
  const said = head.map((line) => line.slice(2).trim()).join(" ");
  return said.replace(/(?:Invariants?:| npm run | node )[^]*$/, "");
}

test(`a file's head says in ${SENTENCES_MOST} sentences what it is for, besides its invariants`, () => {
  const source = files.filter((file) => /^(?:src|test|benchmarks|bin)\/[^]*\.m?[jt]s$/.test(file));
  expect(source.length).toBeGreaterThan(800);
  const long = source.filter((file) => headOf(read(file)).split(/[.!?](?:\s|$)/).length - 1 > SENTENCES_MOST);
  expect(long).toEqual([]);
});
