// Run record
// How a run ended and what its clocks said, in a file beside the local stores, for the next start: a metric of a process
// that ends a moment later is never scraped, and a clock that was wrong from the start has nothing to be held against.
// A run that wrote no end was killed.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { BadEnd } from "../../observe/surroundings.ts";
import type { ClockReading } from "../../task/clock-guard.ts";
import { processStart } from "../../log/machine.ts";

export interface RunRecord {
  /** What the run before left; null for the first one. */
  readonly before: EarlierRun | null;
  /** Takes the place of what was left. */
  begin(): void;
  /** `reason` null: it was asked to end. A clock that is not believed is not written down. */
  end(reason: string | null, isClockBelieved: boolean): void;
}

export interface EarlierRun {
  /** How it ended, when it did not end well. */
  readonly badEnd: BadEnd | null;
  /** The last that it wrote of its clocks; `uptimeMs` is worth something only in the same boot. */
  readonly clock: ClockReading;
  readonly boot: string;
}

export interface RunClock {
  readonly read: () => ClockReading;
  /** Names this start of the machine. */
  readonly boot: string;
}

const FILE = "last-run.json";

const schema = z.object({
  pid: z.number(),
  /** What tells the process from a later one of the same id. */
  process: z.string().nullable(),
  boot: z.string(),
  clock: z.object({ wallMs: z.number(), uptimeMs: z.number() }),
  /** Null while it runs, and after it was killed. */
  end: z.object({ reason: z.string().nullable() }).nullable(),
});
type Written = z.infer<typeof schema>;

/** Where another process runs on this folder, the record is its own: nothing is written. */
export function openRunRecord(folder: string, { read: readClock, boot }: RunClock): RunRecord {
  const path = join(folder, FILE);
  const before = read(path);
  const self = { pid: process.pid, process: processStart(process.pid), boot };
  if (before !== null && isAlive(before)) return { before: null, begin: () => undefined, end: () => undefined };
  let clock = readClock();
  const put = (end: Written["end"]): void => write(path, { ...self, clock, end });
  return {
    before: before === null ? null : { badEnd: badEndOf(before), clock: before.clock, boot: before.boot },
    begin() {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      put(null);
    },
    end(reason, isClockBelieved) {
      if (isClockBelieved) clock = readClock();
      put({ reason });
    },
  };
}

function isAlive({ end, pid, process: start }: Written): boolean {
  return end === null && pid !== process.pid && processStart(pid) === start;
}

function badEndOf({ clock, end }: Written): BadEnd | null {
  if (end === null) return { atMs: clock.wallMs, reason: "it was killed, or ran out of memory, and could not say why" };
  return end.reason === null ? null : { atMs: clock.wallMs, reason: end.reason };
}

function read(path: string): Written | null {
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null;
  }
}

/** Whole or not at all; a folder that cannot be written is not worth a run. */
function write(path: string, run: Written): void {
  try {
    writeFileSync(`${path}.new`, JSON.stringify(run), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch {
    // The stores of the same folder say what is wrong with it.
  }
}
