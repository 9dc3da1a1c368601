// The machine's clock and stopwatch, for programs; tests and simulation bring their own.

import { performance } from "node:perf_hooks";
import { setImmediate, setTimeout } from "node:timers/promises";
import { bootId } from "./boot-mark.ts";
import type { Clock } from "./runner.ts";

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms) => (ms <= 0 ? setImmediate() : setTimeout(ms)),
};

export function systemElapsedMs(): number {
  return performance.now();
}

/** Names this start of the machine. */
export function systemBoot(): string {
  return bootId(Date.now());
}
