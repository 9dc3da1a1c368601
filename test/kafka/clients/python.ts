// A Python of the tests' own, with the clients that its requirements name, made once and kept under .kafka/: other
// requirements are another folder.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { withLock } from "../../../bin/setup/lock.mjs";

const ROOT = path.resolve(import.meta.dirname, "..", "..", "..");
const REQUIREMENTS = path.join(import.meta.dirname, "requirements.txt");

const run = promisify(execFile);

/** Its interpreter. */
export async function clientsPython(): Promise<string> {
  const asked = [REQUIREMENTS, path.join(ROOT, "examples", "python", "requirements.txt")];
  const hash = createHash("sha256");
  for (const file of asked) hash.update(readFileSync(file));
  const folder = path.join(ROOT, ".kafka", `python-${hash.digest("hex").slice(0, 12)}`);
  const python = path.join(folder, "bin", "python");
  const isReady = () => existsSync(path.join(folder, "ready"));
  await withLock(
    `${folder}.lock`,
    async () => {
      if (isReady()) return;
      rmSync(folder, { recursive: true, force: true });
      await run("python3", ["-m", "venv", folder]);
      await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]);
      writeFileSync(path.join(folder, "ready"), "");
    },
    () => undefined,
  );
  return python;
}
