// Clock guard
// A clock that has jumped far ahead would end every campaign and every hold at once, and for good: time never runs back
// (law C4). So it is compared with the machine's uptime, a clock that nobody sets. Pure, but for the clocks that it is handed.

export class ClockJumped extends Error {
  override name = "ClockJumped";
}

/** Two clocks at one moment: the one that can be set, and the one that only runs. */
export interface ClockReading {
  readonly wallMs: number;
  /** Since the machine started, time asleep included. */
  readonly uptimeMs: number;
}

/** How far the clock is ahead of what `before` and the time since make of it; negative: behind. */
export function aheadMs(before: ClockReading, now: ClockReading): number {
  return now.wallMs - before.wallMs - (now.uptimeMs - before.uptimeMs);
}

/**
 * The clock of `read`, which throws `ClockJumped` when it has jumped ahead by more than the bound since it was last asked.
 * A step back needs no guard: time stands until the clock has caught up, and readiness says so.
 */
export function guardedClock(read: () => ClockReading, boundMs: number): () => number {
  let last = read();
  return () => {
    const now = read();
    const ahead = aheadMs(last, now);
    if (ahead > boundMs) throw new ClockJumped(jumpText(now.wallMs, ahead, "since the cycle before"));
    last = now;
    return now.wallMs;
  };
}

export function jumpText(wallMs: number, ahead: number, since: string): string {
  return (
    `this machine's clock says ${new Date(wallMs).toISOString()}: ${spanText(ahead)} more than have passed ${since}. ` +
    "Nothing is decided by such a clock: it would end campaigns and holds. Set it right; or, when it is right, start once " +
    "with --accept-clock"
  );
}

function spanText(ms: number): string {
  const hours = ms / 3_600_000;
  return hours < 48 ? `${hours.toFixed(1)} hours` : `${Math.round(hours / 24)} days`;
}
