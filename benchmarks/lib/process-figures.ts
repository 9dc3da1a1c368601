// What the kernel knows of a process: its memory and its processor time.

import { readFileSync } from "node:fs";

const TICKS_A_SECOND = 100;

/** Memory that only this process has and that has no file behind it. */
export function anonymousMiB(pid: number): number {
  const kernel = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Anonymous:\s+(\d+) kB/m.exec(kernel)?.[1]) / 1_024;
}

/** Of all its threads, since it began. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name may hold spaces; the fields behind it do not.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}
