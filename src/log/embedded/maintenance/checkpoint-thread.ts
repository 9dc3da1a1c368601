// Checkpoint thread
// Copies the write-ahead log back when it is told to (checkpointer.ts). Neither readers nor writers wait for a passive
// checkpoint. Where writers never leave a moment in which all is copied, the write-ahead log could not begin anew and
// would grow: beyond RESTART_BYTES the thread takes the writers' lock for the rest, and gives way to readers after a moment.

import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { must } from "../../../domain/assert.ts";
import { errorMessage } from "../../../domain/error-message.ts";

export interface CheckpointSettings {
  readonly file: string;
  readonly flushed: boolean;
}

export interface CheckpointTold {
  /** Length of the write-ahead log where it is not all copied back; otherwise 0. */
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

port.on("message", (order: "checkpoint" | "close") => {
  if (order === "checkpoint") port.postMessage(checkpoint());
  else {
    port.close();
    db.close();
  }
});

function checkpoint(): CheckpointTold {
  try {
    for (let pass = 0; pass < PASSES; pass += 1) if (run("PASSIVE").isAll) return { walBytes: 0, problem: null };
    const walBytes = statSync(`${file}-wal`).size;
    const isAnew = walBytes > RESTART_BYTES && run("RESTART").isAll;
    return { walBytes: isAnew ? 0 : walBytes, problem: null };
  } catch (error) {
    return { walBytes: 0, problem: errorMessage(error) };
  }
}

/** `isAll`: nothing is left in the write-ahead log that is not in the file. Not so where another process is at it. */
function run(mode: "PASSIVE" | "RESTART"): { readonly isAll: boolean } {
  const row = must(db.prepare(`PRAGMA wal_checkpoint(${mode})`).get(), "what a checkpoint says");
  return { isAll: row["busy"] === 0 && row["log"] === row["checkpointed"] };
}
