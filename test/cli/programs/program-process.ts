// The program as a process of its own, and what it has said so far.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { must } from "../../../src/domain/assert.ts";
import type { Shell } from "../shell.ts";

const MAIN = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

/** This process's, with the shell's settings and without those of the test run. */
export function environmentOf(shell: Shell): NodeJS.ProcessEnv {
  const { STIPEND_TEST_NO_KAFKA: _, ORT_DISABLE_TELEMETRY: __, ...env } = process.env;
  return { ...env, CI: "1", ...shell.env };
}

export class Program {
  readonly child: ChildProcess;
  out = "";
  err = "";
  readonly #ended: Promise<unknown>;

  /** `preload`: a module that is loaded before the program and may put parts of its own in the place of the product's. */
  constructor(shell: Shell, line: string, preload?: { readonly file: string; readonly env?: NodeJS.ProcessEnv }) {
    const words = line.split(" ");
    const before = preload === undefined ? [] : ["--disable-warning=ExperimentalWarning", "--import", preload.file];
    this.child = spawn(process.execPath, [...before, MAIN, ...words], {
      env: { ...environmentOf(shell), ...preload?.env },
      cwd: shell.folder,
      stdio: "pipe",
    });
    this.child.stdout?.on("data", (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.err += chunk.toString()));
    this.#ended = once(this.child, "close");
  }

  get pid(): number {
    return must(this.child.pid, "a process id");
  }

  async said(text: string): Promise<void> {
    while (!this.out.includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`ended with ${this.child.exitCode}: ${this.out}${this.err}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** The exit code. */
  async ended(): Promise<number | null> {
    await this.#ended;
    return this.child.exitCode;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.#ended;
  }
}
