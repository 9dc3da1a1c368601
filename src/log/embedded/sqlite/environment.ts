// Environment
// A folder's log as one connection, through which all of a process's transactions go.
//
// Invariants:
//   V1. A write is one transaction: all of it or nothing, also when the process is killed within it. Writers of all
//       processes take turns (BEGIN IMMEDIATE); one that is killed gives its turn up, one that comes later waits.
//   V2. When `write` resolves it is in the kernel's hands: it survives SIGKILL of every process. What a power loss leaves
//       is the folder's durability, chosen when it is made (format.ts).
//   V3. A write that is refused (a full disk) is `LogUnavailable` when it is sure that nothing happened, and otherwise
//       `OutcomeUnknown`.
//   V4. Writes of this process happen in the order in which they were asked for.
//   V5. A read sees one committed state, and holds it for no longer than its synchronous work: however long somebody
//       reads or follows a topic, the write-ahead log can begin anew (checkpointer.ts).

import { LogUnavailable } from "../../event-log.ts";
import { Checkpointer } from "../maintenance/checkpointer.ts";
import { logFile, openConnection } from "./connection.ts";
import type { Durability } from "./format.ts";
import { retryWhileLocked, type LockedRetryOptions } from "./locked-retry.ts";
import { isLocked, logErrorOf } from "./sqlite-errors.ts";
import { Tables } from "./tables.ts";

export interface SqliteEnvironment {
  /** Of the folder's file, for people. */
  readonly path: string;
  readonly tables: Tables;
  /** Runs `work` on one committed state. It must not await. */
  read<T>(work: () => T): Promise<T>;
  /** Runs `work` in a write transaction. It must not await; it may be run again when another process was in the way. */
  write<T>(work: () => T): Promise<T>;
  /** Rises with every commit of any process; while the file cannot be read, only with our own. */
  commits(): number;
  close(): Promise<void>;
}

export interface EnvironmentOptions extends LockedRetryOptions {
  readonly folder: string;
  readonly durability?: Durability;
}

export async function openEnvironment(options: EnvironmentOptions): Promise<SqliteEnvironment> {
  const file = logFile(options.folder);
  const patient = async <T>(attempt: () => T): Promise<T> => {
    try {
      return await retryWhileLocked(file, attempt, options);
    } catch (error) {
      throw logErrorOf(error, file, { committing: false });
    }
  };
  const { db, flushed } = await patient(() => openConnection(file, options.durability));
  const tables = new Tables(db);
  const checkpointer = new Checkpointer({ file, flushed }, options.onTrouble);
  const begin = { read: db.prepare("BEGIN"), write: db.prepare("BEGIN IMMEDIATE") };
  const end = db.prepare("COMMIT");
  const dataVersion = db.prepare("PRAGMA data_version");
  let open = true;
  let own = 0;
  let others = 0;
  let turn: Promise<unknown> = Promise.resolve();

  const transaction = <T>(kind: "read" | "write", work: () => T): T => {
    let committing = false;
    if (!open) throw new LogUnavailable(`${file}: the log is closed`);
    begin[kind].run();
    try {
      const result = work();
      committing = kind === "write";
      end.run();
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw committing && !isLocked(error) ? logErrorOf(error, file, { committing }) : error;
    }
  };

  return {
    path: file,
    tables,
    read: (work) => patient(() => transaction("read", work)),
    write(work) {
      const written = turn.then(async () => {
        await checkpointer.room();
        const result = await patient(() => transaction("write", work));
        own += 1;
        checkpointer.committed(tables.takeAddedBytes());
        return result;
      });
      turn = written.catch(() => undefined);
      return written;
    },
    commits() {
      try {
        if (open) others = Number(dataVersion.get()?.["data_version"]);
      } catch {
        // Whoever reads or writes next is told, and waits for a lock.
      }
      return own + others;
    },
    async close() {
      if (!open) return;
      await turn;
      open = false;
      await checkpointer.close();
      db.close();
    },
  };
}
