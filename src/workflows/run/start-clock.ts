// Start clock
// Whether the clock of a start can be believed, by what the run before left. In the same boot of the machine the time
// since is known, however long nothing ran. After another boot nobody knows it: on Kafka the brokers hold the time
// stamps of each commit against their own clocks; on the embedded log there is no other clock, and a long gap is refused.

import type { EventLog } from "../../log/event-log.ts";
import { aheadMs, jumpText, type ClockReading } from "../../task/clock-guard.ts";
import type { EarlierRun } from "./run-record.ts";

interface Surroundings {
  readonly boot: string;
  readonly boundMs: number;
  readonly isShared: boolean;
  readonly newestMs: number;
}

/** Time stamp of the newest record of the tasks' changelogs. */
export async function newestCycleMs(log: EventLog): Promise<number> {
  let newestMs = 0;
  const there = (await log.topics()).map(({ name }) => name);
  for (const topic of ["state", "treasury-state"].filter((name) => there.includes(name)))
    for (const { partition, start, end } of await log.ranges(topic))
      if (end > start)
        for await (const batch of log.read(topic, partition, end - 1))
          for (const { timestampMs } of batch) newestMs = Math.max(newestMs, timestampMs);
  return newestMs;
}

/** Null, or why the start is refused; `newestMs`: of what the tasks have written, 0 when that is nothing. */
export function clockFault(
  before: Pick<EarlierRun, "clock" | "boot"> | null,
  now: ClockReading,
  { boot, boundMs, isShared, newestMs }: Surroundings,
): string | null {
  if (before === null) {
    const ahead = now.wallMs - newestMs;
    if (isShared || newestMs === 0 || ahead <= boundMs) return null;
    return jumpText(now.wallMs, ahead, "since the last cycle on the log, as far as anybody here knows");
  }
  if (before.boot === boot) {
    const ahead = aheadMs(before.clock, now);
    return ahead > boundMs ? jumpText(now.wallMs, ahead, "since the run before, by the machine's uptime") : null;
  }
  // It has run for so long at least since then.
  const ahead = now.wallMs - before.clock.wallMs - now.uptimeMs;
  if (isShared || ahead <= boundMs) return null;
  return jumpText(now.wallMs, ahead, "for sure since the run before (the machine was started anew meanwhile)");
}
