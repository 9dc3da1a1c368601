// @ts-check
// Node
// Which Node runs the programs: the machine's own where it can run TypeScript files by itself and has an SQLite that several
// processes can share, else a pinned one, which the registry's `node` package brings into .node/ once. Plain JavaScript that
// runs on Node 18.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** The version that is fetched; tests run on it. */
export const PINNED_NODE = "24.21.0";

/** Oldest releases that run .ts files without a flag, by major version. */
const FIRST_WITH_TYPES = new Map([
  [22, 18],
  [23, 6],
]);

/** Why a Node of these versions cannot run the programs as they are; null when it can. */
export function reasonAgainst(/** @type {{ readonly node: string, readonly sqlite?: string }} */ versions) {
  if (!runsTypes(versions.node)) return "cannot run TypeScript";
  return sharesSqlite(versions.sqlite ?? "0") ? null : `has SQLite ${versions.sqlite}, older than 3.51.3`;
}

function runsTypes(/** @type {string} */ version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const first = FIRST_WITH_TYPES.get(major);
  return first === undefined ? major > 23 : minor >= first;
}

/** Before, two processes that tidied up a log at once could damage it; the embedded log refuses to (format.ts there). */
function sharesSqlite(/** @type {string} */ version) {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const number = major * 1_000_000 + minor * 1_000 + patch;
  return number >= 3_051_003 || (number >= 3_050_007 && number < 3_051_000);
}

/** Where the pinned Node's executable is, whether it is there or not. */
export function pinnedNodePath(/** @type {string} */ root, platform = process.platform) {
  return path.join(root, ".node", "node_modules", "node", "bin", platform === "win32" ? "node.exe" : "node");
}

/**
 * SHA-256 of that version's executable, as the registry's packages have it: what is fetched is run only when it is this.
 * Of a platform that is not here npm's own check is all there is.
 * @type {Readonly<Record<string, string>>}
 */
const EXECUTABLES = {
  "linux-x64": "7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c",
  "linux-arm64": "0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584",
  "win32-x64": "ba4e6d110e8c1592a1ecd390f6b05f3da124b13871a5be62b341a07a853c6c32",
};

/** Whether an executable is the one that this version has. */
export function isPinnedNode(/** @type {string} */ file, platform = `${process.platform}-${process.arch}`) {
  const pinned = EXECUTABLES[platform];
  return pinned === undefined || createHash("sha256").update(readFileSync(file)).digest("hex") === pinned;
}

/** Whether the pinned Node is there and runs; asked once, then a stamp remembers it. */
export function hasPinnedNode(/** @type {string} */ root) {
  const executable = pinnedNodePath(root);
  if (!existsSync(executable)) return false;
  const stamp = path.join(root, ".node", "version");
  if (existsSync(stamp) && readFileSync(stamp, "utf8").trim() === PINNED_NODE) return true;
  if (!isPinnedNode(executable)) return false;
  try {
    const version = execFileSync(executable, ["--version"], { encoding: "utf8" }).trim();
    if (version !== `v${PINNED_NODE}`) return false;
  } catch {
    return false;
  }
  writeFileSync(stamp, `${PINNED_NODE}\n`);
  return true;
}

/**
 * The arguments for npm that fetch it. Its install script places the executable, and is the only one that is allowed
 * to run in this project.
 */
export function fetchArguments(/** @type {string} */ root) {
  const prefix = path.join(root, ".node");
  mkdirSync(prefix, { recursive: true });
  return ["install", "--prefix", prefix, "--ignore-scripts=false", "--no-save", `node@${PINNED_NODE}`];
}
