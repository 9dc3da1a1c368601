// What an evaluation's page is given: figures of one session, money in minor units.

import type { Ranged } from "../../domain/figures.ts";
import type { BalanceFigures } from "../training/balance-section.ts";

export interface HoldoutGroup {
  readonly users: number;
  readonly sessions: number;
  readonly rewardPerUser: number;
  readonly rewardPerSession: number;
}

export interface ReportedPolicy {
  readonly name: string;
  /** The line or the points of the picture that it belongs to. */
  readonly series: string;
  readonly budget: number | null;
  readonly spend: Ranged;
  readonly added: Ranged;
  readonly perCost: Ranged | null;
  readonly effectiveRows: number;
  /** Null where nobody said what one of the reward is worth. */
  readonly profit: Ranged | null;
}

/** Which features a release's plan rests on, at one budget. */
export interface DrivingFigures {
  readonly release: string;
  readonly budget: number;
  readonly rows: number;
  readonly repeats: number;
  /** The largest fall of the reward first. */
  readonly features: readonly { readonly name: string; readonly fall: Ranged; readonly movedShare: number }[];
}

export interface EvaluationReport {
  readonly title: string;
  readonly subtitle: string;
  /** What is to be known of the figures. */
  readonly remarks: readonly string[];
  readonly warnings: readonly string[];
  /** Undefined for a campaign's own log. */
  readonly balance?: BalanceFigures | null;
  readonly currency: string;
  /** Its name. */
  readonly reward: string;
  /** What one of the reward is worth, with its currency; null where nobody said. */
  readonly value: string | null;
  readonly rows: number;
  readonly confidence: number;
  readonly releases: readonly string[];
  /** Those that were learned from these rows: what is found of them is no verdict. */
  readonly flattered: readonly string[];
  /** Null for a table. */
  readonly campaign: {
    readonly served: HoldoutGroup;
    readonly heldOut: HoldoutGroup;
    readonly spendMinor: number;
    readonly perUser: Ranged;
    readonly total: Ranged;
    readonly perCost: Ranged | null;
    /** Of all served users together; null where nobody said what one of the reward is worth. */
    readonly profit: Ranged | null;
    readonly perSession: Ranged;
    /** Less what users had brought before; null where nobody had. */
    readonly adjusted: { readonly perUser: Ranged; readonly total: Ranged } | null;
  } | null;
  readonly policies: readonly ReportedPolicy[];
  /** At the releases' spend; for the picture. */
  readonly oneMixes: readonly ReportedPolicy[];
  readonly gains: readonly {
    readonly release: string;
    readonly over: string;
    /** It is that over one mix for all. */
    readonly isOverMix: boolean;
    readonly budget: number;
    readonly gain: Ranged;
  }[];
  readonly ranking: readonly {
    readonly release: string;
    readonly arm: string;
    readonly aucc: Ranged | null;
    readonly qini: Ranged | null;
    /** Added reward per user by the share of users treated, the most promising first; empty where it is not known. */
    readonly curve: readonly (Ranged & { readonly share: number })[];
  }[];
  readonly driving: readonly DrivingFigures[];
  readonly footer: string;
}
