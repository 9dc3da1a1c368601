// Scripts of package.json that run a file of benchmarks/ or test/: what they take on their line is a table, so that a typing
// error does not start hours of another run.

import { spawnSync } from "node:child_process";
import { CommanderError } from "commander";
import { describe, expect, it, test, vi } from "vitest";
import { listOf, USUAL, valuesOf } from "../../fixtures/script.ts";
import { option } from "../../src/cli/options.ts";
import { asInteger } from "../../src/settings/parse.ts";
import { read, ROOT } from "./files.ts";

const { scripts } = JSON.parse(read("package.json")) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const files = Object.entries(scripts).flatMap(([name, command]) => {
  const file = /bootstrap\.mjs run ((?:benchmarks|test)\/\S+\.ts)/.exec(command)?.[1];
  return file === undefined ? [] : [{ name, file }];
});

describe("a script of package.json", () => {
  it.each(files)("$name knows its options and its name", ({ name, file }) => {
    const text = read(file);
    const table = text + (file === "benchmarks/quality/quality.ts" ? read("benchmarks/quality/options.ts") : "");
    expect(text).toMatch(/await runScript\(\s*import\.meta\.url,/);
    expect(table).toContain(`name: "${name}"`);
    expect(text).not.toMatch(/process\.argv\.(includes|indexOf|find|slice)/);
  });

  it("refuses a word that it does not know before anything runs, with what there is instead", () => {
    const { status, stderr } = spawnSync(process.execPath, ["benchmarks/log/codec.ts", "--qiuck"], {
      cwd: ROOT,
      encoding: "utf8",
    });
    expect(stderr).toContain("Did you mean --quick?");
    expect(stderr).toContain("npm run bench:codec -- --help");
    expect(stderr).not.toContain("    at ");
    expect(status).toBe(2);
  });
});

const SCRIPT = {
  name: "bench:rows",
  summary: "",
  options: { ...USUAL, rows: option("a,b,…", "sizes", listOf(asInteger({ min: 1 }))) },
};

test("a script's values have the types of its table", () => {
  expect(valuesOf(SCRIPT, ["--quick", "--rows", "10,20"])).toEqual({ quick: true, json: false, rows: [10, 20] });
  expect(valuesOf(SCRIPT, [])).toEqual({ quick: false, json: false, rows: undefined });
});

test.each([["--rows", "10,x"], ["--rows", "0"], ["--rows", ""], ["--rows"], ["10"], ["--row", "1"]])(
  "a line that cannot be meant is refused: %s %s",
  (...line) => {
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(() => valuesOf(SCRIPT, line)).toThrow(CommanderError);
    expect(said.mock.calls.join("")).toContain("error: ");
  },
);
