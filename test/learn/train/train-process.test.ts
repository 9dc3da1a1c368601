// The command as people and the day's driver run it: a process, its exit code, what is on stdout, what is left on disk.

import { spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readReleaseFolder } from "../../../src/retrain/publish.ts";
import { logCsv, MAPPING, temporaryFolder } from "../log-files.ts";

const MAIN = join(import.meta.dirname, "../../../src/main.ts");

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  args: readonly string[],
  signal?: { readonly at: string; readonly name: "SIGKILL" | "SIGTERM" },
): Promise<Ended> {
  const env = { ...process.env, STIPEND_TF_BACKEND: "wasm" };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (signal !== undefined && text.includes(signal.at)) child.kill(signal.name);
  });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  return { code, stdout, stderr };
}

/** A folder with a log and its mapping, and the line that trains from them in a hurry. */
async function setting(csv = logCsv(2000, 4), mapping = MAPPING): Promise<{ folder: string; line: string[] }> {
  const folder = await temporaryFolder();
  const [log, map] = [join(folder, "log.csv"), join(folder, "mapping.yaml")];
  await writeFile(log, csv);
  await writeFile(map, mapping);
  const line = ["train", "--data", log, "--mapping", map, "--out", join(folder, "out")];
  return { folder, line: [...line, "--quick", "--epochs", "3", "--clusters", "4", "--budgets", "4"] };
}

/** Each starts processes that load TensorFlow, DuckDB and ONNX. */
describe("stipend train", { timeout: 120_000 }, () => {
  test("leaves a release, prints one JSON object and nothing else, and says on stderr how each step went", async () => {
    const { folder, line } = await setting();
    const { code, stdout, stderr } = await run([...line, "--json"]);
    expect(code, stderr).toBe(0);
    const told = JSON.parse(stdout) as Record<string, unknown>;
    const { release } = await readReleaseFolder(join(folder, "out"));
    expect(told).toMatchObject({
      release: release.hash,
      rows: 2000,
      badRows: 0,
      features: 3,
      arms: 3,
      clusters: release.manifest.clusters,
      plans: release.manifest.frontier.rows.length,
      maxGap: release.manifest.certificate.maxGap,
      backend: "wasm",
    });
    for (const figure of ["studentAgreement", "studentValueRatio", "seconds"]) expect(told[figure]).toBeGreaterThan(0);
    for (const step of ["dataset", "represent", "cluster", "distil", "estimate", "plan", "policy"])
      expect(stderr).toMatch(new RegExp(`^${step} +\\d+\\.\\d s`, "m"));
    const page = await readFile(join(folder, "out", "report.html"), "utf8");
    expect(page).toContain(release.hash);
    expect(page).not.toMatch(/<script|src=|href=/);
    // Never overwritten.
    const again = await run([...line, "--json"]);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/error: --out .*out: is not empty; a release is never overwritten/);
    expect((await readReleaseFolder(join(folder, "out"))).release.hash).toBe(release.hash);
  });

  test("ends with 1 and leaves no folder when the evidence is broken", async () => {
    const { folder, line } = await setting();
    const { code, stdout, stderr } = await run([...line, "--student-epochs", "1", "--student-value", "1"]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(
      /error: the release's evidence is broken, so it is not published:\n {2}classifier: it keeps/,
    );
    expect(await readdir(folder)).toEqual(["log.csv", "mapping.yaml"]);
  });

  test("killed in the middle leaves no release", async () => {
    const { folder, line } = await setting();
    const { code } = await run([...line, "--scratch", await temporaryFolder()], { at: "dataset", name: "SIGKILL" });
    expect(code).toBeNull();
    expect(await readdir(folder)).toEqual(["log.csv", "mapping.yaml"]);
  });

  test("asked to end in the middle, it clears away what it staged", async () => {
    const { folder, line } = await setting();
    const scratch = await temporaryFolder();
    const { code, stderr } = await run([...line, "--scratch", scratch], { at: "dataset", name: "SIGTERM" });
    expect(stderr).toContain("error: interrupted: no release was written");
    expect(code).toBe(1);
    expect(await readdir(folder)).toEqual(["log.csv", "mapping.yaml"]);
    expect(await readdir(scratch)).toEqual([]);
  });
});
