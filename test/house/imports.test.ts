// The import rules catch what they forbid, let pass what the architecture has, and every room has one.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { read, ROOT } from "./files.ts";

const RULES_FILE = join(ROOT, ".dependency-cruiser.mjs");
const { default: config } = (await import(pathToFileURL(RULES_FILE).href)) as {
  readonly default: { readonly forbidden: readonly { readonly name: string; readonly comment: string }[] };
};
const RULES = config.forbidden.map(({ name }) => name);

/** A file, what it imports, and how. */
type Import = readonly [from: string, to: string, type?: "type"];

/** For each rule the least that breaks it. */
const BREACHES: Readonly<Record<string, readonly Import[]>> = {
  "no-circle": [
    ["src/cli/one.ts", "src/cli/two.ts"],
    ["src/cli/two.ts", "src/cli/one.ts", "type"],
  ],
  "domain-alone": [["src/domain/noun.ts", "node:fs"]],
  "live-without-learn": [["src/treasury/teacher.ts", "src/learn/lesson.ts"]],
  "log-port": [["src/log/port.ts", "src/log/kafka/protocol/bytes.ts"]],
  "log-adapters-apart": [["src/log/embedded/reader.ts", "src/log/kafka/protocol/bytes.ts"]],
  "task-without-incentives": [["src/task/curious.ts", "src/domain/money/money.ts", "type"]],
  "workflows-above-rooms": [["src/evaluate/starter.ts", "src/workflows/day/play.ts"]],
  "cli-is-outermost": [["src/workflows/asker.ts", "src/cli/options.ts"]],
  "commands-call-workflows": [["src/cli/doer.ts", "src/serve/processor.ts"]],
  "one-door-to-adapters": [["src/cli/impatient.ts", "src/log/embedded/log.ts", "type"]],
  "known-rooms": [["src/cli/lost.ts", "src/attic/box.ts"]],
  "src-alone": [["src/cli/tester.ts", "test/helper.ts"]],
  "no-dev-packages": [["src/cli/checker.ts", "fast-check"]],
  "room-task": [["src/task/eager.ts", "src/serve/processor.ts"]],
  "room-serve": [["src/serve/spender.ts", "src/treasury/cycle.ts", "type"]],
  "room-treasury": [["src/treasury/peeper.ts", "src/serve/processor.ts"]],
  "room-learn": [["src/learn/listener.ts", "src/log/port-alone.ts"]],
  "room-retrain": [["src/retrain/shortcut.ts", "src/learn/lesson.ts"]],
  "room-evaluate": [["src/evaluate/trusting.ts", "src/serve/processor.ts"]],
  "room-simulate": [["src/simulate/insider.ts", "src/treasury/cycle.ts"]],
  "room-http": [["src/http/knowing.ts", "src/log/port-alone.ts"]],
  "room-gateway": [["src/gateway/short-cut.ts", "src/serve/processor.ts"]],
  "room-report": [["src/report/page/asker.ts", "src/log/port-alone.ts"]],
  "room-console": [["src/console/server/meddler.ts", "src/treasury/cycle.ts"]],
  "room-observe": [["src/observe/meddler.ts", "src/treasury/cycle.ts"]],
  "room-settings": [["src/settings/opener.ts", "src/log/kafka/log.ts"]],
  "room-terminal": [["src/terminal/teller.ts", "src/serve/processor.ts"]],
  "package-lmdb": [["src/serve/keeper.ts", "lmdb"]],
  "package-sqlite": [["src/serve/keeper.ts", "node:sqlite"]],
  "package-kafkajs": [["src/cli/broker.ts", "kafkajs"]],
  "package-avsc": [["src/cli/encoder.ts", "avsc"]],
  "package-commander": [["src/observe/typist.ts", "commander"]],
  "package-duckdbnode-api": [["src/serve/analyst.ts", "@duckdb/node-api"]],
  "package-tensorflow": [["src/serve/student.ts", "@tensorflow/tfjs"]],
  "package-ml-kmeans": [["src/evaluate/grouper.ts", "ml-kmeans"]],
  "package-highs": [["src/evaluate/solver.ts", "highs"]],
  "package-prom-client": [["src/task/counter.ts", "prom-client"]],
  "package-fastify": [["src/serve/listener.ts", "fastify"]],
  "package-opossum": [["src/treasury/breaker.ts", "opossum"]],
};

/** What the rules let pass, so that none of them forbids everything. */
const ALLOWED: readonly Import[] = [
  ["src/domain/noun.ts", "src/domain/money/money.ts"],
  ["src/domain/noun.ts", "zod"],
  ["src/domain/noun.ts", "node:crypto"],
  ["src/log/port-alone.ts", "src/domain/money/money.ts"],
  ["src/log/kafka/log.ts", "kafkajs"],
  ["src/log/kafka/log.ts", "src/log/port-alone.ts"],
  ["src/log/embedded/log.ts", "node:sqlite"],
  ["src/log/codec/codec.ts", "avsc"],
  ["src/task/cycle/cycle.ts", "src/log/port-alone.ts"],
  ["src/serve/processor.ts", "src/task/cycle/cycle.ts"],
  ["src/serve/processor.ts", "src/log/codec/codec.ts"],
  ["src/serve/processor.ts", "opossum"],
  ["src/treasury/cycle.ts", "src/task/cycle/cycle.ts"],
  ["src/learn/lesson.ts", "src/evaluate/policy/value.ts"],
  ["src/learn/lesson.ts", "@tensorflow/tfjs"],
  ["src/learn/lesson.ts", "ml-kmeans"],
  ["src/learn/lesson.ts", "highs"],
  ["src/retrain/export.ts", "@duckdb/node-api"],
  ["src/evaluate/verify.ts", "src/log/codec/codec.ts"],
  ["src/simulate/world/world.ts", "src/log/port-alone.ts"],
  ["src/observe/metrics.ts", "prom-client"],
  ["src/observe/metrics.ts", "src/task/observer.ts"],
  ["src/observe/metrics.ts", "src/http/door.ts"],
  ["src/http/door.ts", "fastify"],
  ["src/gateway/routes.ts", "src/http/door.ts"],
  ["src/gateway/routes.ts", "src/log/codec/codec.ts"],
  ["src/cli/options.ts", "commander"],
  ["src/workflows/connect/open-log.ts", "src/log/kafka/log.ts"],
  ["src/workflows/day/play.ts", "src/log/embedded/log.ts"],
  ["src/workflows/day/play.ts", "src/serve/processor.ts"],
  ["src/workflows/day/play.ts", "src/learn/lesson.ts"],
  ["src/cli/program.ts", "src/workflows/day/play.ts"],
  ["src/main.ts", "src/cli/program.ts"],
];

const DEPENDENCIES = [
  ...["@duckdb/node-api", "@tensorflow/tfjs", "avsc", "commander", "fastify", "highs", "kafkajs", "lmdb", "ml-kmeans"],
  ...["opossum", "prom-client", "zod"],
];

function write(folder: string, file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** A small project with just these imports; answers what the rules say of it, as `rule: from → to`. */
function violationsOf(imports: readonly Import[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "stipend-house-"));
  try {
    const text = new Map<string, string>();
    for (const [from, to, type] of imports) {
      const levels = "../".repeat(from.split("/").length - 1);
      const specifier = to.endsWith(".ts") ? `${levels === "" ? "./" : levels}${to}` : to;
      const line = type === "type" ? `import type { a } from "${specifier}";` : `import "${specifier}";`;
      text.set(from, `${text.get(from) ?? ""}${line}\n`);
      if (to.endsWith(".ts") && !text.has(to)) text.set(to, "");
    }
    for (const [file, lines] of text) write(folder, file, `${lines}export type a = 1;\n`);
    const named = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "1.0.0"]));
    const manifest = {
      name: "small",
      type: "module",
      dependencies: named(DEPENDENCIES),
      devDependencies: named(["fast-check"]),
    };
    write(folder, "package.json", JSON.stringify(manifest));
    for (const name of [...DEPENDENCIES, "fast-check"]) {
      write(folder, `node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
      write(folder, `node_modules/${name}/index.js`, "");
    }
    return cruise(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Cruised {
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
      readonly to: string;
    }[];
  };
}

function cruise(folder: string): string[] {
  const tool = join(ROOT, "node_modules", "dependency-cruiser", "bin", "dependency-cruiser.mjs");
  const line = [tool, "--config", RULES_FILE, "--output-type", "json", "src"];
  const { summary } = JSON.parse(execFileSync(process.execPath, line, { cwd: folder, encoding: "utf8" })) as Cruised;
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

describe("the house rules", () => {
  let found: readonly string[];
  beforeAll(() => {
    found = violationsOf(Object.values(BREACHES).flat());
  });

  test("each has its breach here", () => {
    expect(Object.keys(BREACHES).toSorted()).toEqual(RULES.toSorted());
  });

  test.each(RULES)("%s catches what it forbids", (rule) => {
    const [from, to] = must(BREACHES[rule]?.[0], rule);
    // A module of Node's own goes by its name with or without the prefix.
    const places = /\.ts$|^node:/.test(to) ? [to, to.replace("node:", "")] : [`node_modules/${to}/index.js`];
    expect(places.some((place) => found.includes(`${rule}: ${from} → ${place}`))).toBe(true);
  });

  test("they let pass what the architecture has", () => {
    expect(violationsOf(ALLOWED)).toEqual([]);
  });

  test("each says why it is there", () => {
    for (const { name, comment } of config.forbidden) expect(comment.length, name).toBeGreaterThan(40);
  });

  test("every room under src/ has one, and every rule of a room has its room", () => {
    const rooms = readdirSync(join(ROOT, "src"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    // These have rules of their own kind.
    const own = {
      domain: "domain-alone",
      log: "log-port",
      workflows: "workflows-above-rooms",
      cli: "cli-is-outermost",
    };
    const ruled = RULES.filter((name) => name.startsWith("room-")).map((name) => name.slice("room-".length));
    expect(rooms.toSorted()).toEqual([...ruled, ...Object.keys(own)].toSorted());
    for (const rule of Object.values(own)) expect(RULES).toContain(rule);
  });

  test("the rooms of docs/ARCHITECTURE.md are those of src/", () => {
    const [, drawn = ""] = must(/```\nsrc\/\n([^]*?)```/.exec(read("docs/ARCHITECTURE.md")), "the drawing of src/");
    const rooms = [...drawn.matchAll(/^ {2}([\w.-]+)\/? /gm)].map(([, name]) => must(name, "a room"));
    const entries = readdirSync(join(ROOT, "src"));
    expect([...rooms, ...(/^ {2}main\.ts$/m.test(drawn) ? ["main.ts"] : [])].toSorted()).toEqual(entries.toSorted());
  });
});
