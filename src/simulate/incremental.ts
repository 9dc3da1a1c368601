// Incremental reward
// What the campaign brought, against the users held out: the difference in mean reward a session, times the sessions of
// those who were not held out. Users are the unit that was drawn, and some come several times, so the interval is the
// ratio estimator's with clusters by user (Cochran 1977, 6.3), normal, 95 %.

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Mean {
  readonly mean: number;
  readonly variance: number;
  readonly sessions: number;
  readonly users: number;
}

export interface Incremental extends Interval {
  readonly perSession: Interval;
  readonly treated: Pick<Mean, "mean" | "sessions" | "users">;
  readonly holdout: Pick<Mean, "mean" | "sessions" | "users">;
}

const Z95 = 1.959964;

/** By session: whose it is, its reward, whether the user is held out, whether it counts. Null without both groups. */
export function incrementalReward(sessions: {
  readonly n: number;
  readonly user: ArrayLike<number>;
  readonly reward: ArrayLike<number>;
  readonly holdout: ArrayLike<number>;
  readonly users: number;
}): Incremental | null {
  const treated = meanOf(sessions, 0);
  const holdout = meanOf(sessions, 1);
  if (treated.users < 2 || holdout.users < 2) return null;
  const difference = treated.mean - holdout.mean;
  const half = Z95 * Math.sqrt(treated.variance + holdout.variance);
  const perSession = { value: difference, low: difference - half, high: difference + half };
  const scale = treated.sessions;
  return {
    value: perSession.value * scale,
    low: perSession.low * scale,
    high: perSession.high * scale,
    perSession,
    treated,
    holdout,
  };
}

function meanOf({ n, user, reward, holdout, users }: Parameters<typeof incrementalReward>[0], group: 0 | 1): Mean {
  const sums = new Float64Array(users);
  const counts = new Uint32Array(users);
  let total = 0;
  let count = 0;
  for (let session = 0; session < n; session += 1) {
    if (holdout[session] !== group) continue;
    const who = user[session] ?? 0;
    const value = reward[session] ?? 0;
    sums[who] = (sums[who] ?? 0) + value;
    counts[who] = (counts[who] ?? 0) + 1;
    total += value;
    count += 1;
  }
  const mean = count > 0 ? total / count : 0;
  let squares = 0;
  let clusters = 0;
  for (let who = 0; who < users; who += 1) {
    const visits = counts[who] ?? 0;
    if (visits === 0) continue;
    clusters += 1;
    squares += ((sums[who] ?? 0) - mean * visits) ** 2;
  }
  const variance = clusters > 1 ? ((clusters / (clusters - 1)) * squares) / (count * count) : 0;
  return { mean, variance, sessions: count, users: clusters };
}
