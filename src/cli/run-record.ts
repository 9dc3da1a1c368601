// Run record
// How a run ended, in a file beside the local stores, so that the next start can say it: a metric of a process that ends a
// moment later is never scraped. A run that wrote no end was killed.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { BadEnd } from "../operate/surroundings.ts";
import { processStart } from "../task/store-holder.ts";

export interface RunRecord {
  /** How the run before ended, when it did not end well. */
  readonly badEnd: BadEnd | null;
  /** Null: it was asked to end. */
  ended(reason: string | null): void;
}

const FILE = "last-run.json";

const schema = z.object({
  pid: z.number(),
  /** What tells the process from a later one of the same id. */
  process: z.string().nullable(),
  startedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
  reason: z.string().nullable(),
});

/** Where another process runs on this folder, the record is its own: nothing is written. */
export function beginRun(folder: string, nowMs: () => number): RunRecord {
  const path = join(folder, FILE);
  const before = read(path);
  const isOther =
    before !== null &&
    before.endedAtMs === null &&
    before.pid !== process.pid &&
    processStart(before.pid) === before.process;
  if (isOther) return { badEnd: null, ended: () => undefined };
  const run = {
    pid: process.pid,
    process: processStart(process.pid),
    startedAtMs: nowMs(),
    endedAtMs: null,
    reason: null,
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  write(path, run);
  return {
    badEnd: before === null ? null : badEndOf(before),
    ended: (reason) => write(path, { ...run, endedAtMs: nowMs(), reason }),
  };
}

function badEndOf({ startedAtMs, endedAtMs, reason }: z.infer<typeof schema>): BadEnd | null {
  if (endedAtMs === null)
    return { atMs: startedAtMs, reason: "it was killed, or ran out of memory, and could not say why" };
  return reason === null ? null : { atMs: endedAtMs, reason };
}

function read(path: string): z.infer<typeof schema> | null {
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null;
  }
}

/** Whole or not at all; a folder that cannot be written is not worth a run. */
function write(path: string, run: z.infer<typeof schema>): void {
  try {
    writeFileSync(`${path}.new`, JSON.stringify(run), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch {
    // The stores of the same folder say what is wrong with it.
  }
}
