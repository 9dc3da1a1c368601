// A process on an embedded log (worker.ts), and the lines that it has said.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";

export const WORKER = new URL("worker.ts", import.meta.url).pathname;

export class WorkerProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: string[] = [];
  readonly #gone: Promise<unknown>;
  #partial = "";

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args);
    this.#gone = once(this.child, "exit");
    this.child.stdin.on("error", () => undefined);
    this.child.stdout.on("data", (chunk: Buffer) => {
      const parts = (this.#partial + chunk.toString()).split("\n");
      this.#partial = parts.pop() ?? "";
      this.lines.push(...parts);
    });
    this.child.stderr.on("data", (chunk: Buffer) => this.lines.push(`stderr: ${chunk.toString()}`));
  }

  static of(mode: string, folder: string, argument = ""): WorkerProcess {
    return new WorkerProcess(process.execPath, [WORKER, mode, folder, argument]);
  }

  async said(start: string): Promise<string> {
    for (;;) {
      const line = this.lines.find((candidate) => candidate.startsWith(start));
      if (line !== undefined) return line;
      if (this.child.exitCode !== null) throw new Error(`the worker ended, saying ${this.lines.join(" | ")}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** The number in the last line that begins so; 0 without one. */
  last(start: string): number {
    const line = this.lines.findLast((candidate) => candidate.startsWith(start));
    return line === undefined ? 0 : Number(line.slice(start.length));
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended();
  }

  /** Also when it had ended before; what it has said is there. */
  async ended(): Promise<void> {
    await this.#gone;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
