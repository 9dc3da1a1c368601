// Environment
// The Python of the other methods: made once, from pinned packages, in a folder beside node_modules; and how it is run.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const ROOT = path.join(import.meta.dirname, "../..");
const PEERS = path.join(import.meta.dirname, "peers");
const REQUIREMENTS = path.join(PEERS, "requirements.txt");
const run = promisify(execFile);

export interface Python {
  /** Runs a script of the peers' folder; throws what it said. */
  script(name: string, args: readonly string[]): Promise<string>;
}

/** `tell` before what takes minutes. */
export async function preparePython(tell: (text: string) => void): Promise<Python> {
  const pins = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const folder = path.join(ROOT, "node_modules", ".cache", `quality-peers-${pins}`);
  const python = path.join(folder, "bin", "python");
  if (!existsSync(path.join(folder, "ready"))) {
    tell(`installing the other methods' packages (${path.relative(ROOT, REQUIREMENTS)}) …`);
    await run(process.env["PYTHON"] ?? "python3", ["-m", "venv", "--clear", folder]);
    await run(python, ["-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], { maxBuffer: 1e8 });
    await run(python, ["-c", `open(${JSON.stringify(path.join(folder, "ready"))}, "w")`]);
  }
  // One thread each, so that times can be compared.
  const env = {
    ...process.env,
    OMP_NUM_THREADS: "1",
    XLA_FLAGS: "--xla_cpu_multi_thread_eigen=false",
    PYTHONDONTWRITEBYTECODE: "1",
  };
  return {
    script: async (name, args) => {
      const { stdout } = await run(python, [path.join(PEERS, name), ...args], { env, maxBuffer: 1e8 });
      return stdout;
    },
  };
}
