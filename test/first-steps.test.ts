// The first steps (docs/FIRST-STEPS.md), followed word for word as a new user would, in an empty folder: each command ends as the
// page says, and says what the page says, but for figures, times and hashes. With STIPEND_WRITE_DOCS=1 (npm run docs:made) the page is written anew.

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { must } from "../src/domain/assert.ts";
import { freePorts } from "../bin/servers/server.mjs";

const ROOT = join(import.meta.dirname, "..");
const PAGE = join(ROOT, "docs/FIRST-STEPS.md");
const WRITE = process.env["STIPEND_WRITE_DOCS"] === "1";
/** A training on a machine that does other things too. */
const LIMIT_MS = 900_000;

const folder = mkdtempSync(join(tmpdir(), "first-steps-"));
mkdirSync(join(folder, "bin"));
for (const name of ["bin/stipend", "examples"]) symlinkSync(join(ROOT, name), join(folder, name));
let dev: ChildProcess | null = null;

afterAll(async () => {
  if (dev?.exitCode === null) {
    dev.kill("SIGINT");
    await once(dev, "close");
  }
  rmSync(folder, { recursive: true, force: true });
});

test("each command of the page says what the page says that it says", { timeout: LIMIT_MS }, async () => {
  const ports = await freePorts([0, 0]);
  const [gateway = 0, pages = 0] = ports;
  const here = (text: string): string => text.replaceAll("8080", `${gateway}`).replaceAll("8230", `${pages}`);
  const there = (text: string): string =>
    text.replaceAll(`${gateway}`, "8080").replaceAll(`${pages}`, "8230").replaceAll(folder, "…").trimEnd();
  const text = readFileSync(PAGE, "utf8");
  const written = new Map<string, string>();
  let env: NodeJS.ProcessEnv = environment();
  const blocks = [...text.matchAll(/```sh\n([^]*?)```\n(?:\n```text\n([^]*?)```\n)?/g)];
  expect(blocks.length).toBeGreaterThan(8);
  for (const [whole, commands = "", shown = ""] of blocks) {
    const told: string[] = [];
    for (const command of commands.trim().split(/(?<!\\)\n/)) {
      const exported = /^export (\w+)=(\S+)$/.exec(command);
      if (exported !== null) env = { ...env, [must(exported[1], "a name")]: must(exported[2], "a value") };
      else if (command === "bin/stipend dev") told.push(there(await startDev(env, gateway, pages)));
      else told.push(there(await said(here(command), env)));
    }
    const answer = told.filter((each) => each !== "").join("\n");
    if (WRITE) written.set(whole, pageBlock(commands, answer));
    else expect(shape(answer), commands).toEqual(shape(shown.trimEnd()));
  }
  if (WRITE)
    writeFileSync(
      PAGE,
      [...written].reduce((page, [from, to]) => page.replace(from, () => to), text),
    );
});

/** As a new user has it: no setting of this project, and nobody who watches. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(STIPEND|KAFKA|VITEST)/.test(name));
  return { ...Object.fromEntries(own), CI: "1", USER: "you", STIPEND_ACTOR: "you" };
}

/** What it says until it is ready. */
async function startDev(env: NodeJS.ProcessEnv, gateway: number, pages: number): Promise<string> {
  const words = ["dev", "--port", `${gateway}`, "--console-port", `${pages}`];
  const started = spawn(join(folder, "bin/stipend"), words, { cwd: folder, env });
  dev = started;
  let out = "";
  started.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  while (!out.includes("Ctrl-C")) {
    if (started.exitCode !== null) throw new Error(`dev ended with ${started.exitCode}: ${out}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return out;
}

/** A line that does not end well has its exit code behind it. */
async function said(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  return await new Promise((resolve) => {
    execFile("/bin/sh", ["-c", command], { cwd: folder, env, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      // Of what goes to stderr a terminal shows the errors; how far it is, is gone by then.
      const errors =
        error === null ? "" : `${stderr.replace(/^(?!error).*\n(?=error)/gm, "")}(exit code ${String(error.code)})\n`;
      resolve(`${stdout.trimEnd()}\n${errors}`.trim());
    });
  });
}

function pageBlock(commands: string, answer: string): string {
  return `\`\`\`sh\n${commands}\`\`\`\n${answer === "" ? "" : `\n\`\`\`text\n${answer}\n\`\`\`\n`}`;
}

/** Lines that are there or not by how fast the machine is, and by what computes there. */
const PASSING =
  /^(warning: \d+ of \d+ cells|warning: the student|serve runs|shards:|cost of the users who come|that is \S+ EUR more than the new budget)/;

/** The lines without what differs from one run and machine to the next: numbers, times, hashes, places, and their order. */
function shape(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => !PASSING.test(line))
    .map((line) =>
      line
        .replace(/\S*stipend-dev-\w+/, "…")
        .replace(/^(Took|On unseen rows) .*/, "$1")
        .replace(/, which these rows do not tell from nothing/, "")
        // Who is held out is drawn anew for each campaign.
        .replace(/"incentive":(null|\{.*?\}),"reason":"\w+","holdout":(true|false)/g, "incentive")
        .replace(/"(outcomes|settlements)":\[.*?\]/g, "$1")
        .replace(/\b[0-9a-f]{8,}\b/g, "#")
        .replace(/[-+−]?\d[\d,.:]*/g, "0")
        .replace(/ \(0 to 0\)/g, "")
        .replace(/–/g, "0")
        .replace(/\s+/g, " ")
        .trim(),
    )
    .toSorted();
}
