// Backoff: how long to wait before something that has failed and may pass is tried again; each time longer, up to a limit.

export const FIRST_WAIT_MS = 4;
const GROWTH = 1.5;
const LONGEST_MS = 500;

export function nextWaitMs(waitMs: number): number {
  return Math.min(waitMs * GROWTH, LONGEST_MS);
}
