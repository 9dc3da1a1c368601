// Locked retry
// Waits for a lock that another connection holds. SQLite's own waiting would block this whole process, so an attempt that
// meets a lock ends at once and is made again a little later.

import { setTimeout as sleep } from "node:timers/promises";
import { LogUnavailable } from "../../event-log.ts";
import { lockHolder } from "./lock-holder.ts";
import { isLocked } from "./sqlite-errors.ts";

export const RETRY_DEADLINE_MS = 30_000;
/** After this long it is said that something is waited for. */
const TELL_MS = 3_000;
/** A pause that took longer than this: this process was stopped itself, and what it waits for may have gone meanwhile. */
const PAUSE_MS_MOST = 100;

export interface LockedRetryOptions {
  readonly retryDeadlineMs?: number;
  /** Told once in a wait that is long. */
  readonly onTrouble?: (text: string) => void;
}

/**
 * What `attempt` gives, once no other connection is in its way. A process that is stopped or frozen within a commit keeps
 * its lock until it goes on or ends (a killed one does not). This one waits for it until the deadline, by the time that it
 * has run itself, and tells what it waits for; then it throws `LogUnavailable`, and nothing has happened.
 */
export async function retryWhileLocked<T>(file: string, attempt: () => T, options: LockedRetryOptions): Promise<T> {
  const { retryDeadlineMs = RETRY_DEADLINE_MS, onTrouble } = options;
  let waitedMs = 0;
  let told = false;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (waitedMs >= retryDeadlineMs)
        throw new LogUnavailable(
          `${file}: locked for ${Math.round(waitedMs / 1000)} s by ${lockHolder(file)}; nothing was changed`,
          { cause: error },
        );
      if (!told && waitedMs >= TELL_MS) {
        told = true;
        onTrouble?.(`${file}: waiting for ${lockHolder(file)}`);
      }
    }
    const before = performance.now();
    await sleep(pauseMs(waitedMs));
    waitedMs += Math.min(performance.now() - before, PAUSE_MS_MOST);
  }
}

/** A commit takes about a millisecond; whoever has waited for long waits for something else. */
function pauseMs(waitedMs: number): number {
  if (waitedMs < 1_000) return 1;
  return waitedMs < TELL_MS ? 5 : 20;
}
