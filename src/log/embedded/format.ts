// Format
// What a folder is, settled once by whoever makes it: the layout's version, and how it is flushed. It is a small file
// beside LMDB's own because it must be known before LMDB is opened.

import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LogError } from "../event-log.ts";

/**
 * What a commit outlives, besides the death of every process, which it always outlives.
 * process: nothing more. A power loss may cost the folder. For tests, trials and benchmarks.
 * machine: after a power loss the folder is whole and may lack the commits of the last moments (lmdb-js flushes each
 *          commit behind the next one, and keeps the pages of the last flushed one). Commits wait for the disk in part.
 * disk:    a commit resolves only when the disk has it.
 */
export type Durability = "process" | "machine" | "disk";

interface Format {
  readonly format: number;
  readonly flushed: boolean;
}

const FORMAT = 1;
const FILE = "format.json";

/**
 * Whether the folder is flushed. Refuses a folder of another version, and to promise more than the folder keeps; who
 * promises nothing (tools that read and send) takes the folder as it was made, and makes a new one flushed.
 */
export function settleFormat(folder: string, durability: Durability | undefined): boolean {
  const found = readFormat(folder) ?? makeFormat(folder, { format: FORMAT, flushed: durability !== "process" });
  if (found.format !== FORMAT)
    throw new LogError(`${folder}: written by another version (format ${found.format}, this one reads ${FORMAT})`);
  if (!found.flushed && durability !== undefined && durability !== "process")
    throw new LogError(
      `${folder}: was made with durability process, which is not ${durability}: begin an empty folder`,
    );
  return found.flushed;
}

function readFormat(folder: string): Format | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), "utf8")) as Format;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Of several processes that make it at once, the first one's counts for all. */
function makeFormat(folder: string, format: Format): Format {
  const draft = join(folder, `${FILE}.${process.pid}.tmp`);
  writeFileSync(draft, `${JSON.stringify(format)}\n`);
  try {
    linkSync(draft, join(folder, FILE));
    return format;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return readFormat(folder) ?? format;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
