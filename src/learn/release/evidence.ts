// Evidence
// What a release can show for itself, for people and programs: where it came from, how the steps went, and what plans made
// in the same way are worth on rows that they owe nothing to. Bounded: it grows with clusters, arms and budgets, never with rows.

import { canonicalJson } from "../../domain/canonical.ts";
import type { Clustering, ClusterMethod } from "../cluster/cluster.ts";
import type { Estimate } from "../estimate/estimate.ts";
import type { LogPart } from "../data/row-keys.ts";
import type { Calibration, LearningCurvePoint, TreeRounds, TreesWeight } from "../nouns.ts";
import type { PlanRowEvidence } from "../plan/plan.ts";
import type { PolicyEvidence } from "../check/policy-check.ts";
import type { Randomisation } from "../check/randomisation/figures.ts";
import type { StudentCheck } from "../distil/student-check.ts";

export const EVIDENCE_FORMAT = 1;

/** The steps of a training in their order. */
export const STEPS = ["dataset", "represent", "cluster", "distil", "estimate", "plan", "policy", "release"] as const;
export type TrainingStep = (typeof STEPS)[number];

export interface DataEvidence {
  readonly files: readonly string[];
  /** Each file and how it was read. */
  readonly sources: readonly string[];
  /** Which of their rows it learned from. */
  readonly part: LogPart;
  readonly rows: number;
  readonly badRows: number;
  /** Whether the log was taken though chance did not give the arms, or may not have: then nothing here is causal. */
  readonly observational: boolean;
  readonly randomisation: Randomisation;
  /** Of the ensemble's parts, each learned from the rows of all folds but one. */
  readonly folds: number;
  readonly features: number;
  /** Columns of the classifier's input. */
  readonly width: number;
  readonly currency: string;
  readonly rewards: readonly { readonly name: string; readonly weight: number }[];
}

export interface ClusterEvidence {
  /** Share of the rows. */
  readonly share: number;
  readonly rowsOfArm: readonly number[];
  /** What is unusual about its users. */
  readonly words: string;
}

export interface Evidence {
  readonly format: typeof EVIDENCE_FORMAT;
  readonly release: string;
  readonly seed: number;
  readonly backend: string;
  readonly data: DataEvidence;
  readonly representation: {
    /** Of the networks; 0 where trees learn alone. */
    readonly members: number;
    readonly curves: readonly LearningCurvePoint[];
    readonly bestEpochs: readonly number[];
    readonly treeRounds: readonly TreeRounds[];
    readonly treesWeight: TreesWeight | null;
    readonly calibration: Calibration | null;
  };
  readonly clustering: {
    readonly method: ClusterMethod;
    readonly tried: Clustering["tried"];
    readonly givenUp: number;
  };
  readonly clusters: readonly ClusterEvidence[];
  readonly student: StudentCheck & { readonly epochs: number };
  readonly estimate: Pick<Estimate, "estimators" | "checks" | "measured">;
  readonly plan: readonly PlanRowEvidence[];
  readonly policy: PolicyEvidence;
  readonly warnings: readonly string[];
  readonly seconds: Readonly<Record<TrainingStep, number>>;
}

/** Digits that measured figures are kept to. */
const DIGITS = 6;

/** As written beside the release: canonical JSON, figures to six digits. */
export function evidenceJson(evidence: Evidence): string {
  return canonicalJson(rounded(evidence));
}

function rounded(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
  return value;
}
