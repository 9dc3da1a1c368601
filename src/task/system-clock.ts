// The machine's clock and stopwatch, for programs; tests and simulation bring their own.

import { performance } from "node:perf_hooks";
import { setImmediate, setTimeout } from "node:timers/promises";
import { bootId, uptimeMs } from "../log/machine.ts";
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
  return { wallMs, uptimeMs: uptimeMs() };
}

/** Names this start of the machine: by its name, or by when it began. */
export function systemBoot(): string {
  return bootId() ?? `since ${Math.round((Date.now() - uptimeMs()) / 1_000)}`;
}
