// A real Kafka broker for tests, through bin/kafka.mjs, in a folder of its own.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const SCRIPT = path.resolve(import.meta.dirname, "..", "..", "bin", "kafka.mjs");

export interface SecureListeners {
  readonly tls: string;
  readonly sasl: string;
  /** File of the certificate to trust. */
  readonly ca: string;
  readonly users: readonly { readonly mechanism: string; readonly username: string; readonly password: string }[];
}

export interface RunningBroker {
  readonly brokers: string;
  /** Of the Java process. */
  readonly pid: number;
  readonly dir: string;
  /** Folder of Kafka's own jars, for Java clients. */
  readonly jars: string;
  readonly secure: SecureListeners | null;
  /** Cleanly, and the folder goes with it, unless it is to be started again. */
  stop(options?: { readonly keep: boolean }): Promise<void>;
}

export interface BrokerOptions {
  readonly dir?: string;
  readonly port?: number;
  readonly secure?: boolean;
  /** Of the Java process's heap. */
  readonly memory?: string;
  /** A file that grows beyond so many bytes meets what it would meet on a full disk. */
  readonly fileBytesMost?: number;
}

export async function startBroker({
  port = 0,
  secure = false,
  memory = "384m",
  ...given
}: BrokerOptions = {}): Promise<RunningBroker> {
  const dir = given.dir ?? mkdtempSync(path.join(tmpdir(), "stipend-kafka-"));
  const flags = ["--dir", dir, "--port", String(port), "--memory", memory, "--attached", "--json"];
  const words = [process.execPath, SCRIPT, ...flags, ...(secure ? ["--secure"] : [])];
  const [command = "", ...args] = given.fileBytesMost === undefined ? words : limited(given.fileBytesMost, words);
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  let told = "";
  child.stderr.on("data", (chunk: Buffer) => (told += chunk.toString("utf8")));
  const line = await firstLine(child);
  if (line === null) throw new Error(`no Kafka broker for the tests (--no-kafka leaves them out):\n${told.trim()}`);
  const ready: Pick<RunningBroker, "brokers" | "pid" | "jars"> & { readonly secure?: SecureListeners } =
    JSON.parse(line);
  return {
    brokers: ready.brokers,
    pid: ready.pid,
    dir,
    jars: ready.jars,
    secure: ready.secure ?? null,
    async stop({ keep } = { keep: false }) {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      if (!keep) rmSync(dir, { recursive: true, force: true });
    },
  };
}

function limited(fileBytesMost: number, words: readonly string[]): string[] {
  return ["bash", "-c", `ulimit -f ${Math.ceil(fileBytesMost / 1024)}; exec "$0" "$@"`, ...words];
}

async function firstLine(child: ChildProcess): Promise<string | null> {
  if (child.stdout === null) return null;
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) return line;
  return null;
}
