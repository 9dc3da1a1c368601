// The machine's clock and stopwatch, for programs; tests and simulation bring their own.

import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import { performance } from "node:perf_hooks";
import { setImmediate, setTimeout } from "node:timers/promises";
import { bootId } from "./store/boot-mark.ts";
import type { ClockReading } from "./clock-guard.ts";
import type { Clock } from "./runner.ts";

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms) => (ms <= 0 ? setImmediate() : setTimeout(ms)),
};

export function systemElapsedMs(): number {
  return performance.now();
}

/** The clock beside the time since the machine started, which no setting of the clock changes. */
export function systemReading(wallMs: number): ClockReading {
  return { wallMs, uptimeMs: systemUptimeMs() };
}

/** On Linux as the kernel tells it, with the time that the machine was asleep. */
function systemUptimeMs(): number {
  try {
    return Math.round(Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1_000);
  } catch {
    return Math.round(uptime() * 1_000);
  }
}

/** Names this start of the machine. */
export function systemBoot(): string {
  return bootId(Date.now());
}
