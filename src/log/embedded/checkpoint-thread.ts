// Checkpoint thread
// Copies the write-ahead log back when it is told to (checkpointer.ts). Neither readers nor writers wait for a passive
// checkpoint. Where writers never leave a moment in which all is copied, the write-ahead log could not begin anew and
// would grow: beyond RESTART_BYTES the thread takes the writers' lock for the rest, and gives way to readers after a moment.

import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { must } from "../../domain/assert.ts";

export interface CheckpointSettings {
  readonly file: string;
  readonly flushed: boolean;
}

export interface CheckpointTold {
  /** Length of the write-ahead log, whether or not it is copied back. */
  readonly walBytes: number;
  readonly problem: string | null;
}

const RESTART_BYTES = 128 * 1024 * 1024;
const PASSES = 4;
/** How long writers may have to wait while a restart waits for readers. */
const RESTART_WAIT_MS = 20;

const port = must(parentPort ?? undefined, "the thread's port");
const { file, flushed } = workerData as CheckpointSettings;
const db = new DatabaseSync(file, { timeout: RESTART_WAIT_MS });
db.exec(`PRAGMA synchronous = ${flushed ? "NORMAL" : "OFF"}`);
const pageBytes = Number(db.prepare("PRAGMA page_size").get()?.["page_size"]);

port.on("message", (order: "checkpoint" | "close") => {
  if (order === "checkpoint") port.postMessage(checkpoint());
  else {
    port.close();
    db.close();
  }
});

function checkpoint(): CheckpointTold {
  try {
    let walBytes = 0;
    for (let pass = 0; pass < PASSES; pass += 1) {
      const { log, checkpointed } = run("PASSIVE");
      walBytes = log * pageBytes;
      // All of it, or another process is at it.
      if (checkpointed === log) return { walBytes: 0, problem: null };
    }
    if (walBytes > RESTART_BYTES && !run("RESTART").busy) walBytes = 0;
    return { walBytes, problem: null };
  } catch (error) {
    return { walBytes: 0, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Frames of the write-ahead log, and how many of them are in the file; −1 and −1 when another one is at it. */
function run(mode: "PASSIVE" | "RESTART") {
  const row = must(db.prepare(`PRAGMA wal_checkpoint(${mode})`).get(), "what a checkpoint says");
  return { busy: row["busy"] === 1, log: Number(row["log"]), checkpointed: Number(row["checkpointed"]) };
}
