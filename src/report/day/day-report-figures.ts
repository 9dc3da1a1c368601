// Day report figures
// What the day report is given: figures, already worked out. Its page and its charts draw the same ones.

export interface GroupFigures {
  readonly users: number;
  readonly sessions: number;
  readonly rewardPerUser: number;
  readonly rewardPerSession: number;
}

export interface DayReport {
  readonly title: string;
  readonly subtitle: string;
  /** What the users and the outcomes are; said first. */
  readonly label: string;
  readonly currency: string;
  readonly sessions: number;
  readonly reward: string;
  readonly accounts: readonly AccountFigures[];
  /** Minor units over the day, of the plan account. */
  readonly money: readonly {
    readonly hour: number;
    readonly posted: number;
    readonly pending: number;
    readonly curve: number | null;
  }[];
  readonly budgetUsed: number;
  /** Posted over what one central strict book could have spent. */
  readonly budgetUsedOfPossible: number | null;
  readonly overspend: number;
  readonly reasons: readonly { readonly reason: string; readonly sessions: number; readonly meaning: string }[];
  readonly reasonsByHour: readonly { readonly hour: number; readonly reason: string; readonly sessions: number }[];
  readonly plans: readonly PlanPicture[];
  readonly frontiers: readonly FrontierPicture[];
  /** The plan in force over the day: expected cost a session at its position, and its shadow price. */
  readonly positions: readonly {
    readonly hour: number;
    readonly costPerSession: number;
    readonly shadowPrice: number;
  }[];
  readonly incremental: {
    readonly value: number;
    readonly low: number;
    readonly high: number;
    readonly perSession: { readonly value: number; readonly low: number; readonly high: number };
    readonly treated: GroupFigures;
    readonly holdout: GroupFigures;
  } | null;
  readonly truth: {
    readonly incrementalReward: number;
    readonly spend: number;
    readonly bestPossibleShare: number | null;
    readonly bestPossibleShareOfPlan: number | null;
  } | null;
  readonly retrainings: readonly RetrainingFigures[];
  readonly latency: {
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
    readonly decisionsPerSecond: number;
    readonly bins: readonly { readonly fromMs: number; readonly toMs: number; readonly decisions: number }[];
  };
  readonly verify: { readonly ok: boolean; readonly text: string; readonly violations: readonly string[] };
  readonly notes: readonly string[];
  readonly footer: string;
}

export interface AccountFigures {
  readonly name: string;
  readonly budget: number;
  readonly reserved: number;
  readonly posted: number;
  readonly expired: number;
  readonly voided: number;
  readonly peak: number;
  readonly late: number;
}

/** Of one release: sessions of each cluster by arm, as the plan meant them and as they were given. */
export interface PlanPicture {
  readonly release: string;
  readonly arms: readonly string[];
  readonly sessions: readonly number[];
  /** [cluster][arm], shares of the cluster's sessions. */
  readonly planned: readonly (readonly number[])[];
  readonly given: readonly (readonly number[])[];
}

export interface FrontierPicture {
  readonly release: string;
  readonly rows: readonly { readonly cost: number; readonly reward: number; readonly shadowPrice: number }[];
  /** Where the day was on it, at its beginning and end. */
  readonly used: readonly { readonly cost: number; readonly reward: number; readonly when: string }[];
}

export interface RetrainingFigures {
  readonly hour: number;
  readonly why: string;
  readonly rows: number;
  readonly earlierRows: number;
  readonly seconds: number;
  readonly outcome: string;
  readonly facts: readonly { readonly what: string; readonly before: string; readonly after: string }[];
  readonly armShares: readonly { readonly arm: string; readonly before: number; readonly after: number }[];
}
