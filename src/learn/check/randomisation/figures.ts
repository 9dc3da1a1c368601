// What the test of a log's randomisation finds.

import type { SampleRatio } from "../../../domain/sample-ratio.ts";

export interface Randomisation {
  /** Null: not everybody could have got every arm, and the arms' users need not be alike. */
  readonly tested: {
    /** Null where a column has the propensities: their sums tell as much. */
    readonly sampleRatio: SampleRatio | null;
    readonly arms: readonly ArmBalance[];
    readonly strata: readonly string[];
    /** The sample's. */
    readonly rows: number;
  } | null;
  /** More than chance. */
  readonly told: readonly string[];
  /** More than chance, and too much for any figure to be right. */
  readonly failed: readonly string[];
}

export interface ArmBalance {
  readonly arm: number;
  /** Rows of the arm and of the control that could be held against each other. */
  readonly rows: readonly [arm: number, control: number];
  /** Of each feature the largest standardised mean difference of its columns. */
  readonly differences: readonly FeatureDifference[];
  /** The classifier's, on rows that it has not seen: 0.5 is chance. Null with too few rows. */
  readonly auc: Auc | null;
}

export interface FeatureDifference {
  readonly feature: string;
  /** The category, of a categorical feature. */
  readonly category: string | null;
  /** In standard deviations. */
  readonly smd: number;
  /** What chance alone gives it. */
  readonly se: number;
}

export interface Auc {
  readonly value: number;
  readonly se: number;
}
