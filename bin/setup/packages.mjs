// @ts-check
// Packages
// Whether node_modules holds what the lock file says. npm writes what it has installed to node_modules/.package-lock.json
// at the end of each installation: a broken-off one leaves none, so that comparing the two files is enough.

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, dev?: boolean,
 *   peer?: boolean }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} LockFile
 */

/**
 * What of the lock file is not installed, by name; empty when all is there.
 * Optional packages (other platforms' binaries) may be missing; development ones where they are not asked for.
 * @param {LockFile} wanted
 * @param {LockFile} installed
 * @param {{ dev: boolean }} need
 */
export function missingPackages(wanted, installed, need) {
  const have = installed.packages ?? {};
  return Object.entries(wanted.packages ?? {})
    .filter(([location]) => location !== "")
    .filter(([location, locked]) => {
      const found = have[location];
      if (found === undefined) return !mayBeMissing(locked, need);
      return found.version !== locked.version || found.integrity !== locked.integrity;
    })
    .map(([location]) => location);
}

/**
 * @param {LockedPackage} locked
 * @param {{ dev: boolean }} need
 */
function mayBeMissing(locked, need) {
  if (locked.optional || locked.devOptional) return true;
  return !need.dev && Boolean(locked.dev);
}

/**
 * Why the packages must be installed, in words for a person; null when all are there.
 * @param {string} root
 * @param {{ dev: boolean }} need
 */
export function reasonToInstall(root, need) {
  const record = path.join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return "the packages are not installed yet";
  try {
    const missing = missingPackages(readJson(path.join(root, "package-lock.json")), readJson(record), need);
    if (missing.length === 0) return null;
    const [first] = missing;
    return `the lock file has changed (${missing.length === 1 ? first : `${first} and ${missing.length - 1} more`})`;
  } catch (error) {
    return `node_modules cannot be read (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** @param {string} file @returns {LockFile} */
function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

/**
 * The arguments for npm. Into an empty folder `npm ci`; into a full one `npm install`, which changes only what differs
 * and so leaves programs alone that run from it.
 * @param {string} root
 * @param {{ dev: boolean }} need
 */
export function installArguments(root, need) {
  const fresh = !existsSync(path.join(root, "node_modules", ".package-lock.json"));
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", ...(need.dev ? ["--include=dev"] : [])];
  return fresh ? ["ci", ...quiet] : ["install", "--no-save", ...quiet];
}
