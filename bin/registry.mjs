// @ts-check
// Registry
// A real schema registry for development and tests, with Confluent's API, on a loopback port, in memory: what it was given
// goes with it. Runs until it is interrupted. Plain JavaScript for Node 18, without any package.
//
//   node bin/registry.mjs [--port PORT] [--memory SIZE] [--attached] [--json]
//
// --attached stops it when the standard input ends, so that it never outlives what has started it.
// --json prints one line when it is ready: {"url", "pid"}.

import { spawn } from "node:child_process";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkJava } from "./setup/jars.mjs";
import { SetupFailed } from "./setup/npm.mjs";
import { registryJar } from "./setup/registry.mjs";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const API = "/apis/ccompat/v7";
const READY_MS = 120_000;
const DEFAULT_PORT = 18_081;
const LAST_LINES = 15;

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: String(DEFAULT_PORT) },
    memory: { type: "string", default: "384m" },
    attached: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SetupFailed)) throw error;
  say(error.message);
  process.exitCode = 1;
}

async function main() {
  await checkJava();
  const jar = await registryJar(ROOT, say);
  return await serve(jar, await choosePort(Number(options.port)));
}

/** The asked-for port, or any free one for 0. @param {number} port @returns {Promise<number>} */
function choosePort(port) {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new SetupFailed(`--port ${options.port} is no port: give 0 (any free one) to 65535`);
  const server = net.createServer();
  return new Promise((resolve, reject) => {
    server.once("error", () =>
      reject(new SetupFailed(`port ${port} is taken: give another with --port, or 0 for any`)),
    );
    server.listen(port, "127.0.0.1", () => {
      const chosen = /** @type {net.AddressInfo} */ (server.address()).port;
      server.close(() => resolve(chosen));
    });
  });
}

/** @param {string} jar @param {number} port */
async function serve(jar, port) {
  // In a process group of its own: a terminal's interrupt reaches it through us only.
  const registry = spawn("java", [`-Xmx${options.memory}`, "-jar", path.basename(jar)], {
    cwd: path.dirname(jar),
    detached: true,
    env: { ...process.env, QUARKUS_HTTP_HOST: "127.0.0.1", QUARKUS_HTTP_PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  /** @type {string[]} */
  let told = [];
  for (const stream of [registry.stdout, registry.stderr])
    stream.on("data", (chunk) => (told = [...told, ...String(chunk).trim().split("\n")].slice(-LAST_LINES)));
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
    process.on(signal, () => registry.kill("SIGTERM"));
  if (options.attached) process.stdin.once("end", () => registry.kill("SIGTERM")).resume();
  const end = ended(registry);
  const died = end.then((code) => {
    throw new SetupFailed(`the registry ended with code ${code} before it was ready:\n${told.join("\n")}`);
  });
  const url = `http://127.0.0.1:${port}${API}`;
  await Promise.race([answers(`${url}/subjects`), died]);
  died.catch(() => undefined);
  if (options.json) console.log(JSON.stringify({ url, pid: registry.pid }));
  else say(`the schema registry is ready: SCHEMA_REGISTRY_URL=${url} (Ctrl-C stops it)`);
  const code = await end;
  process.stdin.unref?.();
  // 143: ended by the SIGTERM that was passed on.
  return code === 143 ? 0 : code;
}

/** @param {import("node:child_process").ChildProcess} child @returns {Promise<number>} */
function ended(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGTERM" ? 143 : 137)));
  });
}

/** @param {string} url */
async function answers(url) {
  const deadline = Date.now() + READY_MS;
  while (
    !(await fetch(url).then(
      (response) => response.ok,
      () => false,
    ))
  ) {
    if (Date.now() > deadline) throw new SetupFailed(`${url} does not answer after ${READY_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** To stderr: stdout is for --json. @param {string} line */
function say(line) {
  process.stderr.write(`stipend: ${line}\n`);
}
