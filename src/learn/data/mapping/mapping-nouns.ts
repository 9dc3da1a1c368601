// Mapping nouns: what a mapping file comes to, checked.

import type { FileFormat } from "../log/open-sources.ts";
import type { NumberFormat } from "../values-sql.ts";

export interface MappedFeature {
  readonly name: string;
  readonly column: string;
  readonly kind: "numeric" | "boolean" | "categorical";
  /** For a missing value; null: the dataset chooses (median, most frequent, or a category `(missing)`). */
  readonly default: number | boolean | string | null;
  /** Most categories kept, the most frequent first; the rest are nobody's (all zeros). */
  readonly maxCategories: number;
}

/**
 * Which values of the arm column are this arm: one value, compared as values.ts has it (null: no value), or a range of
 * numbers (from ≤ value < below).
 */
export type ArmMatch = { readonly value: string | null } | { readonly from: number; readonly below: number };

export interface MappedArm {
  readonly id: string;
  readonly match: ArmMatch;
  readonly faceMinor: number;
  readonly sendMinor: number;
  /** Strength of the arm on the ladder; null when the arms are nominal. */
  readonly dose: number | null;
  /** Null when a column tells it. */
  readonly propensity: number | null;
}

export interface MappedReward {
  readonly name: string;
  readonly column: string;
  readonly kind: "binary" | "count" | "amount";
  readonly weight: number;
  /** No value stands for 0, as after a left join. */
  readonly missingIsZero: boolean;
  /**
   * An amount that may be below nothing is two rewards: what is above, and, with the opposite weight, what is below. Each
   * is learned in two parts (whether, and how much), since returns come about otherwise than purchases do, and no shift
   * has to be chosen that one extreme value would decide.
   */
  readonly part: "whole" | "above" | "below";
  /** binary only: 1 where the column's number is at most / at least this. */
  readonly atMost: number | null;
  readonly atLeast: number | null;
}

export interface MappedRedeemed {
  readonly column: string;
  readonly missingIsZero: boolean;
  /** Name of the binary reward that is the redemption itself; null: the column is 0/1. */
  readonly reward: string | null;
  /** Name of the reward without which nobody redeems. */
  readonly given: string | null;
}

export interface Mapping {
  /** ISO 4217. */
  readonly currency: string;
  /** How the files are written. */
  readonly format: FileFormat;
  readonly numbers: NumberFormat;
  readonly features: readonly MappedFeature[];
  readonly arm: {
    readonly column: string;
    readonly ordered: boolean;
    readonly arms: readonly MappedArm[];
    /** Features by whose values users were drawn differently: balance is judged among those who have them alike. */
    readonly strata: readonly string[];
    /** What becomes of rows of any other arm. */
    readonly others: "refuse" | "leave-out";
  };
  /** Column with the probability of the arm that the row got; null when each arm has its constant. */
  readonly propensityColumn: string | null;
  /** Whether every row could have got every arm; where not, propensities need not add up over the arms. */
  readonly overlap: "full" | "partial";
  readonly rewards: readonly MappedReward[];
  readonly redeemed: MappedRedeemed | null;
  /** A measured cost. `when`: a 0/1 column; the cost counts only where it is 1. `toMinor`: minor units per unit. */
  readonly cost: {
    readonly column: string;
    readonly when: string | null;
    readonly toMinor: number;
    readonly missingIsZero: boolean;
  } | null;
}
