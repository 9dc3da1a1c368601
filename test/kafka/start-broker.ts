// A real Kafka broker for tests, or a cluster of some, through bin/kafka.mjs, in a folder of its own.

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

export interface BrokerNode {
  readonly id: number;
  /** host:port. */
  readonly broker: string;
  /** Of the Java process. */
  readonly pid: number;
}

export interface RunningBroker {
  /** host:port of all nodes, with commas between. */
  readonly brokers: string;
  /** Of the first node's Java process. */
  readonly pid: number;
  /** As they run now. */
  readonly nodes: readonly BrokerNode[];
  readonly dir: string;
  /** Folder of Kafka's own jars, for Java clients. */
  readonly jars: string;
  readonly secure: SecureListeners | null;
  /** One node of a cluster again, that has ended; with `port`, clients find it on another from then on. */
  startNode(id: number, options?: { readonly port: number }): Promise<void>;
  /** Cleanly, and the folder goes with it, unless it is to be started again. */
  stop(options?: { readonly keep: boolean }): Promise<void>;
}

export interface BrokerOptions {
  readonly dir?: string;
  readonly port?: number;
  /** Nodes of the cluster; one by default. */
  readonly brokers?: number;
  readonly secure?: boolean;
  /** The secure listeners' users may do only what rights say. */
  readonly acls?: boolean;
  /** After so long they have to say again who they are; left out: never. */
  readonly reauthMs?: number;
  /** Of the Java process's heap. */
  readonly memory?: string;
  /** A file that grows beyond so many bytes meets what it would meet on a full disk. */
  readonly fileBytesMost?: number;
}

export async function startBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  const { port = 0, secure = false, acls = false, reauthMs = 0, memory = "384m", brokers = 1, fileBytesMost } = options;
  const dir = options.dir ?? mkdtempSync(path.join(tmpdir(), "stipend-kafka-"));
  const flags = ["--dir", dir, "--memory", memory, "--brokers", String(brokers), "--attached", "--json"];
  const words = [
    "--port",
    String(port),
    ...(secure ? ["--secure"] : []),
    ...(acls ? ["--acls"] : []),
    "--reauth",
    String(reauthMs),
  ];
  const first = await launch([...flags, ...words], fileBytesMost);
  const children = [first.child];
  const nodes = [...first.ready.nodes];
  return {
    brokers: first.ready.brokers,
    pid: first.ready.pid,
    nodes,
    dir,
    jars: first.ready.jars,
    secure: first.ready.secure ?? null,
    async startNode(id, at) {
      const more = at === undefined ? [] : ["--port", String(at.port)];
      const { child, ready } = await launch([...flags, "--node", String(id), ...more]);
      children.push(child);
      nodes.splice(id - 1, 1, ...ready.nodes);
    },
    async stop({ keep } = { keep: false }) {
      await Promise.all(children.map(ended));
      if (!keep) rmSync(dir, { recursive: true, force: true });
    },
  };
}

interface Ready extends Pick<RunningBroker, "brokers" | "pid" | "jars" | "nodes"> {
  readonly secure?: SecureListeners;
}

async function launch(
  flags: readonly string[],
  fileBytesMost?: number,
): Promise<{ readonly child: ChildProcess; readonly ready: Ready }> {
  const words = [process.execPath, SCRIPT, ...flags];
  const [command = "", ...args] = fileBytesMost === undefined ? words : limited(fileBytesMost, words);
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  let told = "";
  child.stderr.on("data", (chunk: Buffer) => (told += chunk.toString("utf8")));
  const line = await firstLine(child);
  if (line === null) throw new Error(`no Kafka broker for the tests (--no-kafka leaves them out):\n${told.trim()}`);
  const ready: Ready = JSON.parse(line);
  return { child, ready };
}

async function ended(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
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
