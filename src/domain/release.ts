// Release
// What training publishes and serving reads: the only thing the two have in common. Immutable, named by its hash.
// On disk a folder (manifest.json, classifier.onnx, evidence.json, report.html); on the `releases` topic one record.

import type { FeatureSpec } from "./features.ts";

export const RELEASE_FORMAT = 1;

/** One plan of the frontier: for each cluster the integer steps of each arm. */
export interface PlanRow {
  /** The budget this row was solved for, minor units per session (expected spend may not exceed it at the stated risk). */
  readonly budgetPerSession: number;
  /** `shares[cluster][arm]`: integer steps; each cluster's sum to `FrontierSpec.steps`. */
  readonly shares: readonly (readonly number[])[];
  /** Per session, on the training mix. */
  readonly expectedReward: number;
  readonly expectedCost: number;
  /** Marginal reward per minor unit of money. */
  readonly shadowPrice: number;
}

export interface Frontier {
  /** Denominator of the shares. */
  readonly steps: number;
  /** By rising budget; the first spends nothing. */
  readonly rows: readonly PlanRow[];
}

/** Reward and cost of each cluster × arm, per session, as the plan used them, with standard errors. `[cluster][arm]`. */
export interface ClusterValues {
  readonly reward: readonly (readonly number[])[];
  readonly rewardSe: readonly (readonly number[])[];
  /** Minor units. */
  readonly cost: readonly (readonly number[])[];
  readonly costSe: readonly (readonly number[])[];
  /** Redemptions per session offered (1 where the cost is certain). */
  readonly redemption: readonly (readonly number[])[];
  /** Share of training sessions in each cluster. */
  readonly mix: readonly number[];
}

export interface Certificate {
  readonly solver: string;
  /** (bound − value) / bound, the largest over the rows. */
  readonly maxGap: number;
  readonly gapBound: number;
  /** SHA-256 of the program's input. */
  readonly inputHash: string;
  readonly scenarios: number;
  /** Probability, over the scenarios, with which a row's spend may pass its budget. */
  readonly risk: number;
}

/** Everything of a release but the classifier's bytes. Canonical JSON of this is what the hash is over. */
export interface ReleaseManifest {
  readonly format: typeof RELEASE_FORMAT;
  readonly features: FeatureSpec;
  /** Arm ids in one published order, the control first. A release serves only campaigns with exactly these arms. */
  readonly arms: readonly string[];
  readonly clusters: number;
  /** SHA-256 of the ONNX bytes, hex. Input `features` float32 [n, width], output `probabilities` float32 [n, clusters]. */
  readonly classifier: string;
  readonly frontier: Frontier;
  readonly values: ClusterValues;
  readonly certificate: Certificate;
  /** What people want to know at a glance; numbers and short texts only. */
  readonly summary: Readonly<Record<string, number | string>>;
}

export interface Release {
  /** SHA-256 of the canonical manifest, hex. */
  readonly hash: string;
  readonly manifest: ReleaseManifest;
  readonly classifier: Uint8Array;
}
