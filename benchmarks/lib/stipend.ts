// The program as a process: `stipend run` under load, and commands that are waited for.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { must } from "../../src/domain/assert.ts";

const MAIN = path.join(import.meta.dirname, "..", "..", "src", "main.ts");

export type Env = Readonly<Record<string, string>>;

function stipend(line: readonly string[], env: Env, stderr: "pipe" | "inherit"): ChildProcess {
  const flags = ["--disable-warning=ExperimentalWarning"];
  return spawn(process.execPath, [...flags, MAIN, ...line], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", stderr],
  });
}

/** A command, once it has ended with 0. */
export async function runCommand(line: readonly string[], env: Env): Promise<void> {
  const child = stipend(line, env, "pipe");
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  await once(child, "close");
  if (child.exitCode !== 0) throw new Error(`stipend ${line.join(" ")} has ended with ${child.exitCode}: ${said}`);
}

/** What a task's restore says of itself at its end. */
export interface Restored {
  readonly partition: number;
  readonly records: number;
  readonly bytes: number;
  readonly ms: number;
}

export interface ServingOptions {
  readonly brokers: string;
  readonly prefix: string;
  readonly folder: string;
  readonly partitions: number;
  readonly sessionTimeoutMs: number;
  /** Whether it keeps copies of the partitions that others run. */
  readonly standby?: boolean;
}

/** The settings by which a process and the commands beside it use one log. */
export function envOf({ brokers, prefix, folder, partitions, sessionTimeoutMs }: ServingOptions): Env {
  return {
    KAFKA_BROKERS: brokers,
    KAFKA_TOPIC_PREFIX: prefix,
    KAFKA_SESSION_TIMEOUT_MS: String(sessionTimeoutMs),
    STIPEND_STATE_DIR: folder,
    STIPEND_PARTITIONS: String(partitions),
    CI: "1",
  };
}

interface Said {
  readonly event: string;
  readonly kind?: string;
  readonly by?: string;
  readonly serve?: readonly number[];
  readonly address?: string;
}

/** `stipend run`, until it is ended. */
export class ServingProcess {
  readonly folder: string;
  readonly standby: boolean;
  /** Partitions whose serve tasks run. */
  running: readonly number[] = [];
  /** By its serve tasks, so far. */
  readonly restored: Restored[] = [];
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly #address = Promise.withResolvers<string>();

  constructor(options: ServingOptions) {
    const { folder, standby = false } = options;
    this.folder = folder;
    this.standby = standby;
    const line = ["run", "--json", "--without-retraining", ...(standby ? ["--standby"] : [])];
    this.#child = stipend(line, { ...envOf(options), STIPEND_HTTP: "127.0.0.1:0" }, "inherit");
    this.#gone = once(this.#child, "close");
    this.#address.promise.catch(() => undefined);
    this.#child.once("exit", (code) => this.#address.reject(new Error(`stipend run has ended with ${code}`)));
    createInterface({ input: must(this.#child.stdout, "an output") }).on("line", (text) => {
      const said = JSON.parse(text) as Said;
      if (said.event === "tasks") this.running = said.serve ?? [];
      if (said.event === "http") this.#address.resolve(must(said.address, "an address"));
      if (said.event === "restored" && said.kind === "serve" && said.by === "task")
        this.restored.push(said as unknown as Restored);
    });
  }

  get pid(): number {
    return must(this.#child.pid, "a process id");
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it says of itself at /metrics; throws once it has ended. */
  async metrics(): Promise<string> {
    return await (await fetch(`${await this.#address.promise}/metrics`)).text();
  }

  /** How many of others' partitions it has a whole copy of. */
  async copies(): Promise<number> {
    const metrics = await this.metrics();
    return [...metrics.matchAll(/^stipend_restore_left_records\{kind="serve",.*by="standby"\} 0$/gm)].length;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.alive) this.#child.kill(signal);
    await this.#gone;
  }
}
