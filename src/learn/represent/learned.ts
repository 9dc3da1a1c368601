// Learned
// What is learned from, and what each kind of learner gives, by folds: the part at index f learned from no row of fold f.

import type { Block, Dataset, Effects } from "../nouns.ts";
import type { HeadPlan } from "./heads.ts";

export interface Lesson {
  readonly dataset: Dataset;
  readonly block: Block;
  readonly plan: HeadPlan;
  /** [n, heads], NaN where the question does not arise */
  readonly targets: Float32Array;
}

export interface Learned {
  /** Adds the mean of some folds' parts, times `weight`. */
  addEffects(folds: readonly number[], rows: Pick<Block, "x" | "n">, weight: number, effects: Effects): void;
}
