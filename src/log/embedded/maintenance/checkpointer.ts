// Checkpointer
// Keeps the write-ahead log short. Commits only append to it; a thread with a connection of its own copies it back into the
// file, and waits for the disk, while commits go on; commits that come faster than the disk takes them wait. A process that
// writes little never starts a thread: SQLite does the same when the last process closes the folder, and within a commit when
// the write-ahead log has become long (connection.ts).

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { CheckpointSettings, CheckpointTold } from "./checkpoint-thread.ts";

/** Copied back after about so much has been committed by this process. */
const EVERY_BYTES = 8 * 1024 * 1024;
/** This process's commits wait for a checkpoint that is under way when so much has been committed beside it. */
const WAIT_BYTES = 32 * 1024 * 1024;
/** What a commit writes besides its batches: pages of heads, positions and the index. */
const COMMIT_BYTES = 32 * 1024;
/** A write-ahead log of this length is somebody's doing: a reader that holds an old state. */
const TELL_BYTES = 512 * 1024 * 1024;

export class Checkpointer {
  readonly #settings: CheckpointSettings;
  readonly #onTrouble: ((text: string) => void) | undefined;
  #bytes = 0;
  /** Of the checkpoint that is under way. */
  #done: PromiseWithResolvers<void> | null = null;
  #isTold = false;
  #thread: Worker | undefined;

  constructor(settings: CheckpointSettings, onTrouble?: (text: string) => void) {
    this.#settings = settings;
    this.#onTrouble = onTrouble;
  }

  /** A commit whose batches have so many bytes. */
  committed(bytes: number): void {
    this.#bytes += bytes + COMMIT_BYTES;
    if (this.#bytes < EVERY_BYTES || this.#done !== null) return;
    this.#bytes = 0;
    this.#done = Promise.withResolvers();
    this.#thread ??= this.#start();
    // What waits for it must not find the process ended.
    this.#thread.ref();
    this.#thread.postMessage("checkpoint");
  }

  /** Before a commit: resolves when the write-ahead log may grow. */
  async room(): Promise<void> {
    if (this.#bytes >= WAIT_BYTES) await this.#done?.promise;
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#thread = undefined;
    thread.ref();
    const ended = once(thread, "exit");
    thread.postMessage("close");
    await ended;
    this.#over();
  }

  #start(): Worker {
    const thread = new Worker(new URL("checkpoint-thread.ts", import.meta.url), {
      workerData: this.#settings,
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    thread.on("message", ({ walBytes, problem }: CheckpointTold) => {
      this.#over();
      if (problem !== null) this.#tell(`cannot copy the write-ahead log back: ${problem}`);
      else if (walBytes > TELL_BYTES)
        this.#tell(
          `the write-ahead log has ${Math.round(walBytes / 1e6)} MB and cannot begin anew: a process that reads ` +
            "the file (a copy of it, an SQLite shell, a stopped process) holds an old state; `fuser` tells which use it",
        );
      else this.#isTold = false;
    });
    thread.on("error", (error) => {
      this.#thread = undefined;
      this.#over();
      this.#tell(`the thread that copies the write-ahead log back has failed: ${error.message}`);
    });
    return thread;
  }

  #over(): void {
    this.#thread?.unref();
    this.#done?.resolve();
    this.#done = null;
  }

  /** Once, until it is over. */
  #tell(text: string): void {
    if (!this.#isTold) this.#onTrouble?.(`${this.#settings.file}: ${text}`);
    this.#isTold = true;
  }
}
