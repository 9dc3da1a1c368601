// What the documents list in tables is what the code has: topics, reasons, packages.

import { describe, expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { REASONS } from "../../src/domain/decision/decision.ts";
import { DEAD_LETTER_REASONS } from "../../src/domain/session/dead-letter.ts";
import { TOPICS } from "../../src/log/topics.ts";
import { read } from "./files.ts";

/** The rows of the Markdown table that follows the heading, without its own head; cells trimmed, marks of code gone. */
function tableUnder(text: string, heading: string): string[][] {
  const lines =
    must(text.split(`\n## ${heading}\n`)[1], heading)
      .split("\n## ")[0]
      ?.split("\n") ?? [];
  const rows = lines.filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

test("the topic table of docs/ARCHITECTURE.md is that of the code, row by row", () => {
  const written = tableUnder(read("docs/ARCHITECTURE.md"), "Topics").map((row) => row.slice(0, 4));
  expect(written).toEqual(
    Object.entries(TOPICS).map(([name, { key, partitions, cleanup }]) => [name, key, partitions, cleanup]),
  );
});

describe("docs/REASONS.md", () => {
  test.each<[string, readonly string[]]>([
    ["Decisions", REASONS],
    ["Dead letters", DEAD_LETTER_REASONS],
  ])("%s: lists each reason once, in order, with its meaning and what to do", (heading, reasons) => {
    const rows = tableUnder(read("docs/REASONS.md"), heading);
    expect(rows.map(([name]) => name)).toEqual(reasons);
    for (const row of rows) for (const cell of row) expect(cell).not.toBe("");
  });
});

describe("docs/DEPENDENCIES.md", () => {
  test.each(["dependencies", "devDependencies", "overrides"] as const)(
    "says of each of the %s why it is there",
    (kind) => {
      const manifest = JSON.parse(read("package.json")) as Record<typeof kind, Record<string, string>>;
      const rows = tableUnder(read("docs/DEPENDENCIES.md"), kind);
      expect(rows.map(([name]) => String(name)).toSorted()).toEqual(Object.keys(manifest[kind]).toSorted());
      for (const [name, why] of rows) expect(must(why, "why").length, name).toBeGreaterThan(20);
    },
  );
});
