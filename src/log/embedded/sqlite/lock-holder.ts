// Lock holder
// Which process keeps others from writing, in words: on Linux the kernel lists who holds which lock.

import { readFileSync, statSync } from "node:fs";
import { isStopped } from "../../machine.ts";

/** The bytes of the file beside the log that SQLite locks, from the lock to write to the last one of a reader. */
const LOCKED_FROM = 120;
const LOCKED_TO = 127;

export function lockHolder(file: string): string {
  const pid = holderOf(`${file}-shm`) ?? holderOf(file);
  if (pid === null) return "another process (`fuser` on the file tells which use it)";
  return `process ${pid}${isStopped(pid) ? `, which is stopped: let it go on (kill -CONT ${pid}), or end it (kill -9 ${pid})` : ""}`;
}

/** The process with an exclusive lock on the file; null when nobody has one, or the system does not tell. */
function holderOf(file: string): number | null {
  try {
    const { ino } = statSync(file);
    const isShared = file.endsWith("-shm");
    for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
      const found = /POSIX\s+\S+\s+WRITE\s+(\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s+(\d+)\s+(\d+)/.exec(line);
      if (!found || line.includes("->") || Number(found[2]) !== ino) continue;
      const from = Number(found[3]);
      if (!isShared || (from >= LOCKED_FROM && from <= LOCKED_TO)) return Number(found[1]);
    }
  } catch {
    // Not Linux, or a container that does not show it.
  }
  return null;
}
