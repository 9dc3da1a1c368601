// A program of ours as a process that has said a line of JSON: that it listens, say, and where.

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../../src/domain/assert.ts";
import type { Env } from "./stipend.ts";

export interface Started {
  readonly pid: number;
  /** Of what it listens on; empty where it does not. */
  readonly address: string;
  end(): Promise<void>;
}

const PATIENCE_MS = 20_000;

/** Once it has said a line of JSON with the text. */
export async function started(line: readonly string[], env: Env, text: string): Promise<Started> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...line], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const gone = once(child, "close");
  const said = Promise.withResolvers<string>();
  createInterface({ input: must(child.stdout, "an output") })
    .on("line", (one) => {
      if (one.includes(text)) said.resolve(one);
    })
    .on("close", () => said.reject(new Error(`${line.join(" ")} ended before it had said ${text}`)));
  const { address = "" } = JSON.parse(await said.promise) as { address?: string };
  return {
    address,
    pid: must(child.pid, "a process id"),
    async end() {
      child.kill("SIGTERM");
      await Promise.race([gone, sleep(PATIENCE_MS).then(() => child.kill("SIGKILL"))]);
    },
  };
}

export const MAIN = path.join(import.meta.dirname, "..", "..", "src", "main.ts");

/** `stipend run`, with its tasks assigned. */
export async function startedAllocator(env: Env, partitions: number): Promise<Started> {
  const line = [MAIN, "run", "--json", "--without-retraining"];
  return await started(line, { ...env, STIPEND_PARTITIONS: String(partitions) }, `"joined"`);
}
