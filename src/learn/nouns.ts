// What the steps of training hand to each other. Arrays are row-major and typed; nothing holds all rows as objects.

import type { FeatureSpec } from "../domain/session/features.ts";
import type { Randomisation } from "./check/randomisation/figures.ts";

/** One reward of the mapping; the campaign's reward is Σ weight × value. */
export interface RewardTask {
  readonly name: string;
  readonly weight: number;
  /** binary: 0/1; amount: ≥ 0 with many zeros (two-part: did it happen, how much given that) */
  readonly kind: "binary" | "amount";
}

/** How a row's cost comes about, minor units. */
export type CostModel =
  | {
      /** face value if redeemed, send cost always */
      readonly kind: "redeemed";
      readonly faceMinor: readonly number[];
      readonly sendMinor: readonly number[];
      /** index of the binary (or amount > 0) reward without which nobody redeems; null when redemption stands alone */
      readonly givenReward: number | null;
    }
  | {
      /** no redemption in the data: the send cost of the arm, certain */ readonly kind: "constant";
      readonly sendMinor: readonly number[];
    }
  | { /** a measured cost column */ readonly kind: "column" };

export interface Tasks {
  readonly rewards: readonly RewardTask[];
  readonly cost: CostModel;
  /** Arms by rising dose (face value): they lend each other strength through it; null when nominal. */
  readonly dose: readonly number[] | null;
}

/**
 * Rows are dealt out to folds by a seeded hash of their number, so that a row's fold does not depend on memory or block
 * size. What is said of a row's outcome rests on the part of the ensemble that learned from the other folds.
 */
export const FOLDS = 4;

/** A block of rows. */
export interface Block {
  readonly n: number;
  /** [n, width] as FeatureSpec lays it out, unscaled */
  readonly x: Float32Array;
  /** 0 … FOLDS − 1 */
  readonly fold: Uint8Array;
  /** arm index given */
  readonly arm: Uint8Array;
  /** probability with which the row got that arm */
  readonly propensity: Float32Array;
  /** [n, rewards] */
  readonly rewards: Float32Array;
  /** 0/1, NaN where unknown; null when the mapping has no redeemed column */
  readonly redeemed: Float32Array | null;
  /** realised cost, minor units */
  readonly cost: Float32Array;
}

export interface Dataset {
  readonly spec: FeatureSpec;
  readonly width: number;
  readonly arms: readonly string[];
  readonly tasks: Tasks;
  readonly rows: number;
  readonly badRows: number;
  /** By arm. */
  readonly rowsOfArm: readonly number[];
  /** each file and how it was read */
  readonly sources: readonly string[];
  /** whether chance gave the arms, as far as the log tells */
  readonly randomisation: Randomisation;
  /** what a person should know before trusting it: each names its column and the count */
  readonly warnings: readonly string[];
  /** All good rows, in file order, in blocks of at most `size`. */
  blocks(size: number): AsyncIterable<Block>;
  /** One block of at most `max` rows, a seeded uniform sample, in file order. */
  sample(max: number, seed: number): Promise<Block>;
  close(): Promise<void>;
}

/** Expected reward (weighted), cost and redemption of each row under each arm: [n, arms]. */
export interface Effects {
  readonly reward: Float32Array;
  readonly cost: Float32Array;
  readonly redemption: Float32Array;
}

/** One epoch of training. */
export interface LearningCurvePoint {
  readonly epoch: number;
  readonly train: number;
  readonly validate: number;
}

/** How many trees one question has, by fold. */
export interface TreeRounds {
  readonly question: string;
  readonly rounds: readonly number[];
}

/** Of a regression of one number. */
export interface SlopeWithError {
  readonly slope: number;
  /** Standard error. */
  readonly error: number;
}

/** Of the trees in the mean of both learners: 0 to 1; and what the log says of it, null where both learners say the same. */
export interface TreesWeight {
  readonly weight: number;
  /** With which outcomes are foretold best. */
  readonly outcomes: number | null;
  /** With which the arms are told apart best. */
  readonly effects: SlopeWithError | null;
}

/** How much more, or as much, arms differ from user to user than the learners say. */
export interface Calibration {
  /** Times what they say, 1 at least. */
  readonly slope: number;
  /** By the log; null where they say the same of all users. */
  readonly measured: SlopeWithError | null;
  /** By arm: its expected reward over the mean of all arms', as a mean over users. What is beyond it is a user's own. */
  readonly usual: readonly number[];
}

/** The trained ensemble: networks, boosted trees, or the mean of both. */
export interface Representation {
  readonly arms: number;
  readonly hiddenWidth: number;
  /** Of the networks alone: second shared layer's output, mean over members, trunk by trunk: [n, hiddenWidth] */
  hidden(x: Float32Array, n: number): Float32Array;
  /** By the whole ensemble. */
  effects(x: Float32Array, n: number): Effects;
  /** By the parts that learned from no row of that fold: what can be held against the outcomes of its rows. */
  effectsWithout(fold: number, x: Float32Array, n: number): Effects;
  readonly curves: readonly LearningCurvePoint[];
  /** By fold. */
  readonly bestEpochs: readonly number[];
  readonly treeRounds: readonly TreeRounds[];
  /** Null where one kind learned alone. */
  readonly treesWeight: TreesWeight | null;
  /** Null where effects are as the learners say them. */
  readonly calibration: Calibration | null;
  dispose(): void;
}

/** Called with a step's name and how far it is, 0 to 1. */
export type ProgressListener = (step: string, done: number, detail?: string) => void;
