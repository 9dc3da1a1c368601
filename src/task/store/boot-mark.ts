// Boot mark
// Says of a folder in which start of the machine it was last written without waiting for the disk. While the machine is
// up, what a process has written is in the kernel's hands whatever becomes of the process; after a power cut it may be
// there in part. So a folder whose mark is of another start is not believed; one that was closed in order has no mark.

import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = "boot";
/** Two estimates of one boot differ by rounding; when the clock was set in between, the folder is given up for nothing. */
const TOLERANCE_S = 5;

/** Whether what is in the folder was left in order, or written since the machine started. */
export function isBelievable(folder: string, boot: string): boolean {
  let mark: string;
  try {
    mark = readFileSync(join(folder, FILE), "utf8");
  } catch {
    return true;
  }
  if (mark === boot) return true;
  const [before, now] = [mark, boot].map((text) => Number(/^since (\d+)$/.exec(text)?.[1] ?? NaN));
  return Math.abs((before ?? NaN) - (now ?? NaN)) <= TOLERANCE_S;
}

/** Before the first write. */
export function setMark(folder: string, boot: string): void {
  writeFileSync(join(folder, FILE), boot);
}

/** After the last write: the file is on the disk before its mark goes. */
export function clearMark(folder: string, file: string): void {
  const handle = openSync(join(folder, file), "r+");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  rmSync(join(folder, FILE), { force: true });
}
