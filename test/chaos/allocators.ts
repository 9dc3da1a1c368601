// The allocators of a chaos run: `stipend run`, each in a process and with a folder of its own, started again whenever one
// has ended, as an orchestrator would.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import path from "node:path";
import { isStopped } from "../../src/log/machine.ts";

const PRELOAD = path.join(import.meta.dirname, "harm/preload.ts");
const MAIN = path.join(import.meta.dirname, "..", "..", "src", "main.ts");
const SAID_LINES = 40;
const AGAIN_MS = 500;

export interface Ending {
  readonly name: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last that it said. */
  readonly said: string;
}

export class Allocator {
  readonly name: string;
  /** Somebody has to do with it: others keep away. */
  busy = false;
  /** Ended by themselves, and started again. */
  readonly ownEndings: Ending[] = [];
  readonly #stateFolder: string;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;
  #gone: Promise<unknown> = Promise.resolve();
  #said: string[] = [];
  #hasPartitions = false;
  #hasCrashed = false;
  #wanted = false;

  constructor(name: string, folder: string, env: NodeJS.ProcessEnv) {
    this.name = name;
    this.#stateFolder = path.join(folder, `state-${name}`);
    this.#env = env;
  }

  start(more: NodeJS.ProcessEnv = {}): void {
    this.#wanted = true;
    const args = ["--disable-warning=ExperimentalWarning", "--import", PRELOAD, MAIN, "run", "--json"];
    const child = spawn(process.execPath, args, {
      env: { ...this.#env, ...more, STIPEND_STATE_DIR: this.#stateFolder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#said = [];
    this.#hasPartitions = false;
    this.#hasCrashed = false;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        const text = chunk.toString("utf8");
        this.#said = [...this.#said, ...text.trim().split("\n")].slice(-SAID_LINES);
        if (/"event":"tasks".*"serve":\[\d/.test(text)) this.#hasPartitions = true;
      });
    this.#gone = once(child, "close");
    child.once("close", (code: number | null, signal: NodeJS.Signals | null) => {
      if (!this.#wanted || this.#child !== child) return;
      this.#child = null;
      this.#hasCrashed = signal === "SIGKILL";
      this.ownEndings.push({ name: this.name, code, signal, said: this.#said.slice(-5).join("\n") });
      if (!this.#hasCrashed) setTimeout(() => this.#wanted && this.#child === null && this.start(more), AGAIN_MS);
    });
  }

  get running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    if (this.running) this.#child?.kill(name);
  }

  /** Ended, and not started again. */
  async end(name: NodeJS.Signals): Promise<Ending> {
    this.#wanted = false;
    const child = this.#child;
    this.signal(name);
    await this.#gone;
    return {
      name: this.name,
      code: child?.exitCode ?? null,
      signal: child?.signalCode ?? null,
      said: this.#said.slice(-5).join("\n"),
    };
  }

  /** Until a crash that it is armed with has ended it; false when it has not within the time. */
  async crashed(withinMs: number): Promise<boolean> {
    return await within(withinMs, () => this.#hasCrashed);
  }

  /** Until it has partitions to decide. */
  async works(withinMs: number): Promise<boolean> {
    return await within(withinMs, () => this.#hasPartitions);
  }

  /** Until it has stopped itself amid a commit; or, when it has none to make, wherever it is. */
  async frozen(withinMs: number): Promise<void> {
    // Before it has begun, nobody listens, and the signal would end it.
    if (this.#said.some((line) => line.includes('"event"'))) this.signal("SIGUSR2");
    await within(withinMs, () => !this.running || this.#stopped);
    this.signal("SIGSTOP");
  }

  get #stopped(): boolean {
    const pid = this.#child?.pid;
    return pid !== undefined && isStopped(pid);
  }

  loseDisk(): void {
    rmSync(this.#stateFolder, { recursive: true, force: true });
  }
}

async function within(ms: number, isSo: () => boolean): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (!isSo() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  return isSo();
}
