// A worker, and the lines that it has said.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

const SCRIPT = path.join(import.meta.dirname, "worker.ts");

export interface Line {
  readonly text: string;
  readonly atMs: number;
}

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly lines: Line[] = [];

  constructor(...args: readonly string[]) {
    this.#child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", SCRIPT, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#gone = once(this.#child, "exit");
    if (this.#child.stdout === null) throw new Error("a worker has an output");
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.lines.push({ text: line, atMs: performance.now() });
    });
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The first line, from the `from`-th on, that begins so. */
  async said(start: string, from = 0, retryDeadlineMs = 30_000): Promise<Line> {
    const deadline = performance.now() + retryDeadlineMs;
    for (;;) {
      const line = this.lines.slice(from).find((candidate) => candidate.text.startsWith(start));
      if (line !== undefined) return line;
      if (!this.running || performance.now() > deadline)
        throw new Error(`a worker did not say "${start}", but: ${this.lines.map(({ text }) => text).join(" | ")}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** The partitions whose tasks run, as far as it has said. */
  get partitions(): number[] {
    const states = new Map<number, string>();
    for (const { text } of this.lines) {
      const [state = "", partition] = text.split(" ");
      if (["running", "closed", "failed", "assigned", "stopping"].includes(state)) states.set(Number(partition), state);
    }
    return [...states].filter(([, state]) => state === "running").map(([partition]) => partition);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async end(name: NodeJS.Signals): Promise<void> {
    if (this.running) this.#child.kill(name);
    await this.#gone;
  }
}
