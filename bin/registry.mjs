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
import path from "node:path";
import { fileURLToPath } from "node:url";
import { checkJava } from "./servers/jars.mjs";
import { SetupFailed } from "./setup/npm.mjs";
import { registryJar } from "./servers/registry.mjs";
import { freePorts, portOf, runServer, say, serverOptions, watched } from "./servers/server.mjs";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const API = "/apis/ccompat/v7";
const READY_MS = 120_000;
const DEFAULT_PORT = 18_081;
const LAST_LINES = 15;

const options = serverOptions({ port: DEFAULT_PORT, memory: "384m" }, {});

await runServer(main);

async function main() {
  await checkJava();
  const jar = await registryJar(ROOT, say);
  const [port = 0] = await freePorts([portOf(options.port)]);
  return await serve(jar, port);
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
  const end = watched(registry, options);
  const died = end.then((code) => {
    if (code === 0) throw new SetupFailed(`the registry was stopped before it was ready`);
    throw new SetupFailed(`the registry ended with code ${code} before it was ready:\n${told.join("\n")}`);
  });
  const url = `http://127.0.0.1:${port}${API}`;
  died.catch(() => undefined);
  try {
    await Promise.race([answers(`${url}/subjects`), died]);
  } catch (error) {
    registry.kill("SIGKILL");
    throw error;
  }
  if (options.json) console.log(JSON.stringify({ url, pid: registry.pid }));
  else say(`the schema registry is ready: SCHEMA_REGISTRY_URL=${url} (Ctrl-C stops it)`);
  return await end;
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
