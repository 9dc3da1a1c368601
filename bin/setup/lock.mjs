// @ts-check
// Lock
// One installation at a time: a folder that only one process can make, with the maker's process id in it. A lock whose
// maker is gone is taken over.

import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

/** How long a lock without a readable owner counts: its maker may be between making the folder and writing its id. */
const OWNERLESS_MS = 5_000;

/**
 * Runs `work` while holding the lock. `waiting` is told once, with the owner's process id, when another holds it.
 * @template T
 * @param {string} folder
 * @param {() => T | Promise<T>} work
 * @param {(owner: number | null) => void} waiting
 */
export async function withLock(folder, work, waiting) {
  mkdirSync(path.dirname(folder), { recursive: true });
  let told = false;
  while (!take(folder)) {
    const owner = ownerOf(folder);
    if (owner === "gone") continue;
    if (owner === "dead") {
      breakLock(folder);
      continue;
    }
    if (!told) waiting(owner);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  try {
    return await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder */
function take(folder) {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
  writeFileSync(path.join(folder, "pid"), String(process.pid));
  return true;
}

/**
 * The living owner's process id; null when not known yet; "dead" when it is gone; "gone" when the lock is.
 * @param {string} folder
 * @returns {number | null | "dead" | "gone"}
 */
function ownerOf(folder) {
  const pid = readOwner(folder);
  if (pid !== null) return isAlive(pid) ? pid : "dead";
  try {
    return Date.now() - statSync(folder).mtimeMs > OWNERLESS_MS ? "dead" : null;
  } catch {
    return "gone";
  }
}

/** @param {string} folder */
function readOwner(folder) {
  try {
    const pid = Number(readFileSync(path.join(folder, "pid"), "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

/** Moves a dead lock away; should another have taken it over in between, puts it back. @param {string} folder */
function breakLock(folder) {
  const aside = `${folder}.${process.pid}`;
  try {
    renameSync(folder, aside);
  } catch {
    return;
  }
  const owner = readOwner(aside);
  if (owner !== null && isAlive(owner)) {
    try {
      renameSync(aside, folder);
      return;
    } catch {
      // A third has made a new one meanwhile: installing twice does no harm, it only takes longer.
    }
  }
  rmSync(aside, { recursive: true, force: true });
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

/** @param {unknown} error @param {string} code */
function isCode(error, code) {
  return error instanceof Error && "code" in error && error.code === code;
}
