// Unclean opens
// How often in a row a store was opened and never closed. A damaged file can end the process that reads it, with nobody left
// to say so: after some such ends it is the file that is not believed any more.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = "unclosed";

export function uncleanOpens(folder: string): number {
  try {
    return Number(readFileSync(join(folder, FILE), "utf8")) || 0;
  } catch {
    return 0;
  }
}

/** Counts an opening in. */
export function countOpen(folder: string): void {
  writeFileSync(join(folder, FILE), String(uncleanOpens(folder) + 1), { mode: 0o600 });
}

export function clearOpens(folder: string): void {
  rmSync(join(folder, FILE), { force: true });
}
