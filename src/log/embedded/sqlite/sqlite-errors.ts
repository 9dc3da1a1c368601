// SQLite errors
// What a refusal of SQLite's means for the log, by its result code, and what to do about it.

import { errorMessage } from "../../../domain/error-message.ts";
import { LogError, LogUnavailable, OutcomeUnknown } from "../../event-log.ts";

const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const PROTOCOL = 15;
const NOTADB = 26;
/** An extended code: the file system refused a write (a quota, a limit of the file's size). */
const IOERR_WRITE = IOERR | (3 << 8);

/** SQLite's extended result code, when it is one of its errors. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : undefined;
}

/** Another connection is in the way; nothing happened, and the same again may pass. */
export function isLocked(error: unknown): boolean {
  const code = (codeOf(error) ?? 0) & 0xff;
  return code === BUSY || code === LOCKED || code === PROTOCOL;
}

/**
 * The log's own error for one of SQLite's; others are handed back as they are. `committing`: it came from the COMMIT, so
 * that after a failure to flush nobody can say whether a power loss leaves the commit.
 */
export function logErrorOf(error: unknown, file: string, { committing }: { readonly committing: boolean }): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const cause = { cause: error };
  const said = `${file}: ${errorMessage(error)}`;
  switch (code & 0xff) {
    case FULL:
      return new LogUnavailable(`cannot write, nothing was changed: the disk is full, make room: ${said}`, cause);
    case READONLY:
    case CANTOPEN:
      return new LogError(`${said}: ${ACCESS}`, cause);
    case CORRUPT:
    case NOTADB:
      return new LogError(`${said}: the file is damaged. ${DAMAGED}`, cause);
    default:
      return committing && code !== IOERR_WRITE
        ? new OutcomeUnknown(said, cause)
        : new LogUnavailable(
            `cannot read or write, nothing was changed (a disk that fails or is full?): ${said}`,
            cause,
          );
  }
}

export const ACCESS =
  "this process must be able to write in the folder, also to read the log: look at the owner and the mode of the folder " +
  "and its files, at whether the disk is mounted read-only, and at the limit of open files";

export const DAMAGED =
  "Stop all processes that use it, keep the folder for who looks into it, and put the last backup into a new one " +
  "(`stipend log restore`)";
