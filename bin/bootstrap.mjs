// @ts-check
// Bootstrap
// The way in for npm's scripts and bin/stipend: makes sure of the packages and of a Node that runs TypeScript, then runs
// what was asked for on it. Plain JavaScript that runs on Node 18, without any package.
//
//   node bin/bootstrap.mjs prepare            only that; prints the path of the Node to use
//   node bin/bootstrap.mjs stipend ARGS       src/main.ts
//   node bin/bootstrap.mjs start ARGS         src/main.ts day
//   node bin/bootstrap.mjs check              formatter, linter, types, house rules, unused code
//   node bin/bootstrap.mjs test ARGS          check, then vitest, with TensorFlow's native addon where it can be built; --no-kafka
//                                             leaves out what needs a Kafka broker or a registry
//   node bin/bootstrap.mjs run FILE ARGS      any script, .ts too

import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./setup/lock.mjs";
import {
  fetchArguments,
  hasPinnedNode,
  isPinnedNode,
  PINNED_NODE,
  pinnedNodePath,
  reasonAgainst,
} from "./setup/node.mjs";
import { npm, SetupFailed } from "./setup/npm.mjs";
import { installArguments, reasonToInstall } from "./setup/packages.mjs";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

// Type stripping warns on the older of the Nodes it works on, and a dependency of TensorFlow.js uses punycode.
const NODE_FLAGS = ["--disable-warning=ExperimentalWarning", "--disable-warning=DEP0040"];

const MAIN = path.join(ROOT, "src", "main.ts");
const CHECK = path.join(ROOT, "bin", "check.mjs");
const BUILD_TFJS = path.join(ROOT, "bin", "build-tfjs.mjs");
const VITEST = path.join(ROOT, "node_modules", "vitest", "vitest.mjs");

/**
 * What each verb runs, one after the other, whether or not one fails; `dev` needs the development packages. What is in
 * `optional` comes first and may fail: it has said why, and the tests that need it say so again.
 */
const VERBS = {
  stipend: (/** @type {string[]} */ args) => ({ dev: false, runs: [[MAIN, ...args]] }),
  start: (/** @type {string[]} */ args) => ({ dev: false, runs: [[MAIN, "day", ...args]] }),
  check: (/** @type {string[]} */ args) => ({ dev: true, runs: [[CHECK, ...args]] }),
  test: (/** @type {string[]} */ args) => ({
    dev: true,
    optional: [[BUILD_TFJS]],
    runs: [[CHECK], [VITEST, "run", ...withoutKafka(args)]],
  }),
  run: (/** @type {string[]} */ [file = "", ...args]) => ({ dev: true, runs: [[path.resolve(ROOT, file), ...args]] }),
  prepare: () => ({ dev: false, runs: [] }),
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupFailed)) throw error;
  say(error.message);
  process.exitCode = 1;
}

async function main(/** @type {string[]} */ [verb = "", ...args]) {
  if (!isVerb(verb)) {
    say(`usage: node bin/bootstrap.mjs ${Object.keys(VERBS).join("|")} [arguments]`);
    return 2;
  }
  /** @type {{ dev: boolean, optional?: string[][], runs: string[][] }} */
  const { dev, optional = [], runs } = VERBS[verb](args);
  await ensurePackages({ dev });
  const node = await ensureNode();
  if (verb === "prepare") console.log(node);
  for (const run of optional) await runOn(node, run);
  const codes = [];
  for (const run of runs) codes.push(await runOn(node, run));
  return codes.find((code) => code !== 0) ?? 0;
}

/** @param {string} verb @returns {verb is keyof VERBS} */
function isVerb(verb) {
  return Object.hasOwn(VERBS, verb);
}

/** Tests never skip what they cannot run: a broker is left out only when that is asked for. @param {string[]} args */
function withoutKafka(args) {
  if (!args.includes("--no-kafka")) return args;
  process.env["STIPEND_TEST_NO_KAFKA"] = "1";
  return args.filter((arg) => arg !== "--no-kafka");
}

async function ensurePackages(/** @type {{ dev: boolean }} */ need) {
  if (reasonToInstall(ROOT, need) === null) return;
  await installing(async () => {
    const reason = reasonToInstall(ROOT, need);
    if (reason === null) return;
    say(`installing packages, for ${reason}; this takes a minute or so`);
    await npm(installArguments(ROOT, need), { cwd: ROOT, purpose: "install the packages" });
  });
}

async function ensureNode() {
  const reason = reasonAgainst(process.versions);
  if (reason === null) return process.execPath;
  if (!hasPinnedNode(ROOT)) {
    await installing(async () => {
      if (hasPinnedNode(ROOT)) return;
      say(`fetching Node ${PINNED_NODE} into .node/, once: this machine's ${process.version} ${reason}`);
      await npm(fetchArguments(ROOT), { cwd: ROOT, purpose: `fetch Node ${PINNED_NODE}` });
      if (!isPinnedNode(pinnedNodePath(ROOT)))
        throw new SetupFailed(
          `the Node ${PINNED_NODE} that was fetched is not the one that is pinned, and is not run: remove .node/`,
        );
      if (!hasPinnedNode(ROOT)) throw new SetupFailed(`Node ${PINNED_NODE} was fetched but does not run from .node/`);
    });
  }
  return pinnedNodePath(ROOT);
}

function installing(/** @type {() => Promise<void>} */ work) {
  return withLock(path.join(ROOT, ".node", "installing"), work, (owner) =>
    say(`waiting for another installation${owner === null ? "" : ` (process ${owner})`}`),
  );
}

/**
 * Runs a script on the chosen Node, which is also first on the PATH of what that script starts. Resolves to the exit
 * code; a child that was ended by a signal gives 128 + its number, as shells do.
 * @param {string} node
 * @param {string[]} run
 * @returns {Promise<number>}
 */
function runOn(node, run) {
  const child = spawn(node, [...NODE_FLAGS, ...run], {
    stdio: "inherit",
    // The classifier's runtime would tell its maker of each use: main.ts turns that off, and a benchmark does not go by it.
    env: {
      ...process.env,
      ORT_DISABLE_TELEMETRY: "1",
      PATH: `${path.dirname(node)}${path.delimiter}${process.env["PATH"] ?? ""}`,
    },
  });
  // A terminal sends its interrupt to the whole group: the child has had it already, and must not get it twice.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGHUP", () => child.kill("SIGHUP"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(name);
      resolve(code ?? 128 + signalNumber(signal));
    });
  });
}

/** @param {string | null} signal */
function signalNumber(signal) {
  const numbers = /** @type {Record<string, number>} */ ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 });
  return signal === null ? 0 : (numbers[signal] ?? 0);
}

/** To stderr: stdout belongs to the program that is run. */
function say(/** @type {string} */ line) {
  process.stderr.write(`stipend: ${line}\n`);
}
