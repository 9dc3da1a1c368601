// Liveness
// Which process this is, and whether another one still lives. A process id alone would not do, for ids are given again:
// it counts together with the time at which the process started and the boot in which it did.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { threadId } from "node:worker_threads";

export interface ProcessIdentity {
  readonly pid: number;
  /** As the operating system says it; empty where it does not. */
  readonly started: string;
  readonly boot: string;
  readonly thread: number;
}

export interface Liveness {
  readonly self: ProcessIdentity;
  isAlive(identity: ProcessIdentity): boolean;
}

export function processLiveness(): Liveness {
  const boot = bootId();
  const self = { pid: process.pid, started: startOf(process.pid) ?? "", boot, thread: threadId };
  return {
    self,
    isAlive(identity) {
      if (identity.boot !== boot) return false;
      const started = startOf(identity.pid);
      return started !== undefined && started === identity.started;
    },
  };
}

function bootId(): string {
  return process.platform === "linux" ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() : "";
}

/** When the process with this id started; undefined when there is none (a killed one that nobody has waited for is none). */
function startOf(pid: number): string | undefined {
  if (process.platform === "linux") return linuxStart(pid);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return undefined;
  }
  if (process.platform === "win32") return "";
  return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
}

function linuxStart(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field is the command in parentheses and may contain anything: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields[0], fields[19]];
  return state === "Z" || state === "X" ? undefined : started;
}
