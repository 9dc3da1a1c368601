// @ts-check
// Server
// What the development servers (bin/kafka.mjs, bin/registry.mjs) have in common: the options, a process of Java that is
// watched, and how they end. Plain JavaScript for Node 18, without any package.

import { randomInt } from "node:crypto";
import net from "node:net";
import { parseArgs } from "node:util";
import { SetupFailed } from "../setup/npm.mjs";

/**
 * --port, --memory, --attached and --json, and whatever the server has of its own.
 * @template {Record<string, { type: "string", default: string } | { type: "boolean", default: boolean }>} T
 * @param {{ port: number, memory: string }} defaults @param {T} own
 */
export function serverOptions({ port, memory }, own) {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: String(port) },
      memory: { type: "string", default: memory },
      attached: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      ...own,
    },
  });
  return values;
}

/** What has failed in a way that is known is said, and ends with 1. @param {() => Promise<number>} main */
export async function runServer(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupFailed)) throw error;
    say(error.message);
    // Whatever still waits for the server to answer waits for nothing.
    process.exit(1);
  }
}

/** What was typed for --port. @param {string} typed */
export function portOf(typed) {
  const port = Number(typed);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new SetupFailed(`--port ${typed} is no port: give 0 (any free one) to 65535`);
  return port;
}

/**
 * Below those that a system gives to outgoing connections and to whoever listens on any port: what is free here is still
 * free when a server has started.
 */
const ANY = { least: 20_000, below: 32_000 };
const TRIES = 100;

/** Free loopback ports; 0 stands for any. @param {readonly number[]} wanted @returns {Promise<number[]>} */
export async function freePorts(wanted) {
  const servers = await Promise.all(wanted.map((port) => (port === 0 ? listenSomewhere() : listen(port))));
  const ports = servers.map((server) => /** @type {net.AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** @returns {Promise<net.Server>} */
async function listenSomewhere() {
  for (let tried = 1; ; tried += 1)
    try {
      return await listen(randomInt(ANY.least, ANY.below));
    } catch (error) {
      if (tried === TRIES) throw error;
    }
}

/** @param {number} port @returns {Promise<net.Server>} */
function listen(port) {
  const server = net.createServer();
  return new Promise((resolve, reject) => {
    server.once("error", () =>
      reject(new SetupFailed(`port ${port} is taken: give another with --port, or 0 for any`)),
    );
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

/**
 * Passes on what is to end it, and resolves with the code that it ended with: 0 after a signal that was passed on. With
 * `stopMs`, what has not ended so long after that is killed.
 * @param {import("node:child_process").ChildProcess} child @param {{ attached: boolean }} options
 * @param {number | null} stopMs @returns {Promise<number>}
 */
export async function watched(child, { attached }, stopMs = null) {
  let stopping = false;
  const stop = () => {
    if (!stopping && stopMs !== null) setTimeout(() => child.kill("SIGKILL"), stopMs).unref();
    stopping = true;
    child.kill("SIGTERM");
    // One that is frozen cannot end.
    child.kill("SIGCONT");
  };
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, stop);
  if (attached) process.stdin.once("end", stop).resume();
  const code = await ended(child);
  process.stdin.unref?.();
  // A Java that is stopped while it starts may end with any code.
  return code === ENDED_BY_SIGTERM || stopping ? 0 : code;
}

const ENDED_BY_SIGTERM = 143;
const KILLED = 137;

/** @param {import("node:child_process").ChildProcess} child @returns {Promise<number>} */
export function ended(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGTERM" ? ENDED_BY_SIGTERM : KILLED)));
  });
}

/** To stderr: stdout is for --json. @param {string} line */
export function say(line) {
  process.stderr.write(`stipend: ${line}\n`);
}
