// Machine
// What the kernel says of this start of the machine and of its processes; the one file that reads it. A process id is given
// again: with the time at which its process started it names one process of this start.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { uptime } from "node:os";

/** Names this start of the machine; null where the system has no name for it (elsewhere than on Linux). */
export function bootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}

/** Since the machine started; on Linux with the time that it was asleep. */
export function uptimeMs(): number {
  try {
    return Math.round(Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1_000);
  } catch {
    return Math.round(uptime() * 1_000);
  }
}

/** When the process with this id started, as the system writes it; null when there is none, empty where it is not told. */
export function processStart(pid: number): string | null {
  if (process.platform === "linux") {
    const stat = processStat(pid);
    // One that has been killed and that nobody has waited for is none.
    return stat === null || stat.state === "Z" || stat.state === "X" ? null : stat.started;
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return null;
  }
  if (process.platform === "win32") return "";
  return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
}

/** By a signal; false where the system does not tell. */
export function isStopped(pid: number): boolean {
  return /^[Tt]$/.test(processStat(pid)?.state ?? "");
}

function processStat(pid: number): { readonly state: string; readonly started: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in parentheses and may contain anything: count from the last one.
    const [state = "", ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state, started: rest[18] ?? "" };
  } catch {
    return null;
  }
}
