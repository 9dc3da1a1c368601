// The image is built of what the project has, and runs it.

import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { must } from "../../src/domain/assert.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");

interface Step {
  readonly does: "COPY" | "RUN";
  readonly words: string;
}

/** The COPY and RUN lines of the serving image's stages, in order; what comes from another stage is there already. */
function stepsOf(dockerfile: string): Step[] {
  return dockerfile.split("\n").flatMap((line) => {
    const [, does, words = ""] = /^(COPY|RUN) (.*)$/.exec(line) ?? [];
    if (does !== "COPY" && does !== "RUN") return [];
    return words.startsWith("--from") || words.includes("chown") ? [] : [{ does, words }];
  });
}

describe("the image", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "stipend-image-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = promisify(execFile);

  it("is built by steps that work in a bare folder, and its program starts there without the development packages", async () => {
    const dockerfile = read("deploy/Dockerfile");
    const allowed = read(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    for (const { does, words } of stepsOf(dockerfile)) {
      if (does === "RUN") {
        await run("sh", ["-ec", words], { cwd: folder, env: { ...process.env, NODE_ENV: "production" } });
        continue;
      }
      const sources = words.split(" ").slice(0, -1);
      for (const source of sources) {
        expect(allowed).toContain(source);
        mkdirSync(path.dirname(path.join(folder, source)), { recursive: true });
        cpSync(path.join(ROOT, source), path.join(folder, source), { recursive: true });
      }
    }
    for (const name of ["vitest", "@tensorflow", "@duckdb"])
      expect([name, existsSync(path.join(folder, "node_modules", name))]).toEqual([name, false]);
    const runtimes = readdirSync(path.join(folder, "node_modules/onnxruntime-node/bin"), { recursive: true });
    expect(runtimes.map(String).some((file) => file.includes("darwin") || file.includes("win32"))).toBe(false);
    const [, json = "[]"] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
    const [, ...args] = JSON.parse(json) as string[];
    const help = await run(process.execPath, [...args, "run", "--help"], { cwd: folder });
    expect(help.stdout).toContain("stipend run");
    const serving = run(process.execPath, [...args, "run", "--without-retraining"], {
      cwd: folder,
      timeout: 60_000,
      env: { PATH: process.env["PATH"] ?? "", STIPEND_DIR: path.join(folder, "log") },
    });
    for await (const line of createInterface({ input: must(serving.child.stdout, "stdout") }))
      if (line.includes('"treasury":[0]') && !serving.child.killed) serving.child.kill("SIGTERM");
    await serving;
    const verified = await run(process.execPath, [...args, "topics", "create"], {
      cwd: folder,
      env: { PATH: process.env["PATH"] ?? "", STIPEND_DIR: path.join(folder, "log") },
    });
    expect(verified.stdout).toContain("decisions");
  }, 180_000);
});
