// Day figures: what the day report is given, already worked out. Its page and its charts draw the same ones. Amounts are minor
// units.

import type { PlanPicture } from "../campaign/plan-shares.ts";
import type { Account, Reason } from "../../domain/decision/decision.ts";

/** What a day came to; the JSON of `stipend day`, its table and its page are made of it. */
export interface DayFigures {
  readonly sessions: number;
  readonly decisions: number;
  readonly decidedTwice: number;
  readonly degraded: number;
  readonly sessionsResent: number;
  readonly outcomesSent: number;
  readonly accounts: Readonly<Record<Account, AccountFigures>>;
  /** Both accounts: what was ever out beyond the budget. */
  readonly overspend: number;
  /** Of the plan account: posted over budget. */
  readonly budgetUsed: number;
  /** What one central strict book could have spent, and posted over that; null when nothing was possible. */
  readonly budgetPossible: number;
  readonly budgetUsedOfPossible: number | null;
  readonly reasons: Readonly<Record<Reason, number>>;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly decisionsPerSecond: number;
  readonly wallSeconds: number;
  readonly pausedSeconds: number;
  /** Against the users held out, with 95 % intervals; null where nobody was. */
  readonly incremental:
    | (Interval & {
        readonly perUser: Interval;
        readonly perSession: Interval;
        readonly treated: GroupFigures;
        readonly holdout: GroupFigures;
      })
    | null;
  /** Null where only a log is known. */
  readonly truth: {
    /** True expected values of what was decided for those not held out. */
    readonly incrementalReward: number;
    readonly spend: number;
    /** Of the best possible at the same true spend: all sessions not held out, exploration and caps included. */
    readonly bestPossibleShare: number | null;
    /** The same for the sessions in which the plan decided. */
    readonly bestPossibleShareOfPlan: number | null;
  } | null;
}

interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface GroupFigures {
  readonly users: number;
  readonly sessions: number;
  readonly rewardPerUser: number;
  readonly rewardPerSession: number;
}

export interface AccountFigures {
  readonly budget: number;
  /** All that was ever held; more than the budget means that money which came back was drawn again. */
  readonly reserved: number;
  readonly posted: number;
  readonly expired: number;
  readonly voided: number;
  readonly pending: number;
  /** The most that was held and spent together, at any time. */
  readonly peak: number;
  readonly late: number;
}

export interface DayReport {
  readonly title: string;
  readonly subtitle: string;
  /** What the users and the outcomes are; said first. */
  readonly label: string;
  readonly currency: string;
  readonly reward: string;
  readonly figures: DayFigures;
  /** Over the day, of the plan account. */
  readonly money: readonly {
    readonly hour: number;
    readonly posted: number;
    readonly pending: number;
    readonly curve: number | null;
  }[];
  readonly reasons: readonly { readonly reason: string; readonly sessions: number; readonly words: string }[];
  readonly reasonsByHour: readonly { readonly hour: number; readonly reason: string; readonly sessions: number }[];
  readonly plans: readonly PlanPicture[];
  readonly frontiers: readonly FrontierPicture[];
  /** The plan in force over the day: expected cost a session at its position, and its shadow price. */
  readonly positions: readonly {
    readonly hour: number;
    readonly costPerSession: number;
    readonly shadowPrice: number;
  }[];
  readonly latencyBins: readonly { readonly fromMs: number; readonly toMs: number; readonly decisions: number }[];
  readonly retrainings: readonly RetrainingFigures[];
  readonly verify: { readonly ok: boolean; readonly text: string; readonly violations: readonly string[] };
  readonly notes: readonly string[];
  readonly footer: string;
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
