// Incremental reward
// What the campaign brought, against the users held out: the difference in mean reward a user, times the users who were not
// held out. Users were drawn, and an incentive may bring them back, so that a mean of sessions would compare other sessions;
// it is given beside, as a ratio of sums of users with the delta method's variance (Cochran 1977, 6.3). Normal, 95 %.

export interface NormalInterval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Group {
  readonly users: number;
  readonly sessions: number;
  readonly rewardPerUser: number;
  readonly rewardPerSession: number;
}

export interface Incremental extends NormalInterval {
  readonly perUser: NormalInterval;
  readonly perSession: NormalInterval;
  readonly treated: Group;
  readonly holdout: Group;
}

const Z95 = 1.959964;

export interface RewardedSessions {
  readonly n: number;
  readonly user: ArrayLike<number>;
  readonly reward: ArrayLike<number>;
  readonly holdout: ArrayLike<number>;
  readonly users: number;
}

/** By session: whose it is, its reward, whether the user is held out. Null without two users of both groups. */
export function incrementalReward(sessions: RewardedSessions): Incremental | null {
  const treated = measured(sessions, 0);
  const holdout = measured(sessions, 1);
  if (treated.users < 2 || holdout.users < 2) return null;
  const perUser = difference(treated, holdout, "rewardPerUser", "userVariance");
  const perSession = difference(treated, holdout, "rewardPerSession", "sessionVariance");
  const scale = treated.users;
  return {
    value: perUser.value * scale,
    low: perUser.low * scale,
    high: perUser.high * scale,
    perUser,
    perSession,
    treated: groupOf(treated),
    holdout: groupOf(holdout),
  };
}

interface Measured extends Group {
  readonly userVariance: number;
  readonly sessionVariance: number;
}

function groupOf({ users, sessions, rewardPerUser, rewardPerSession }: Measured): Group {
  return { users, sessions, rewardPerUser, rewardPerSession };
}

function difference(
  a: Measured,
  b: Measured,
  mean: "rewardPerUser" | "rewardPerSession",
  variance: "userVariance" | "sessionVariance",
): NormalInterval {
  const value = a[mean] - b[mean];
  const half = Z95 * Math.sqrt(a[variance] + b[variance]);
  return { value, low: value - half, high: value + half };
}

function measured({ n, user, reward, holdout, users: all }: RewardedSessions, group: 0 | 1): Measured {
  const sums = new Float64Array(all);
  const visits = new Uint32Array(all);
  let [total, sessions] = [0, 0];
  for (let session = 0; session < n; session += 1) {
    if (holdout[session] !== group) continue;
    const who = user[session]!;
    sums[who]! += reward[session]!;
    visits[who]! += 1;
    total += reward[session]!;
    sessions += 1;
  }
  const users = visits.reduce((sum, times) => sum + (times > 0 ? 1 : 0), 0);
  const [rewardPerUser, rewardPerSession] = [total / Math.max(1, users), total / Math.max(1, sessions)];
  let [ofUsers, ofSessions] = [0, 0];
  for (let who = 0; who < all; who += 1) {
    const times = visits[who]!;
    if (times === 0) continue;
    ofUsers += (sums[who]! - rewardPerUser) ** 2;
    ofSessions += (sums[who]! - rewardPerSession * times) ** 2;
  }
  const small = users > 1 ? users / (users - 1) : 0;
  return {
    ...{ users, sessions, rewardPerUser, rewardPerSession },
    userVariance: (small * ofUsers) / Math.max(1, users) ** 2,
    sessionVariance: (small * ofSessions) / Math.max(1, sessions) ** 2,
  };
}
