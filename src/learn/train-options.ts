// Train options
// Every choice that a training makes, with the defaults that docs/METHOD.md gives its reasons for. `quick` is for tests
// and for a first look: seconds, at some loss of value.

import { CLUSTER_OPTIONS, type ClusterOptions } from "./cluster/cluster.ts";
import { QUICK_STUDENT, type StudentOptions } from "./distil/distil.ts";
import { ESTIMATE_OPTIONS, type EstimateOptions } from "./estimate/estimate.ts";
import { PLAN_OPTIONS, type PlanOptions } from "./plan/plan.ts";
import { QUICK_NETWORK } from "./represent/network/options.ts";
import type { RepresentOptions } from "./represent/train.ts";
import { QUICK_TREES } from "./trees/options.ts";

/** Rows of the log that a cluster must have for each arm, on average: fewer would say nothing against the model. */
export const ROWS_A_CELL = 10;

/** Rows that the steps after the representation look at: bounded, so that time and memory do not grow with the log. */
export interface SampleOptions {
  /** Rows on which clusters and student are fitted; a tenth of them only to choose K, to stop, and to judge the student. */
  readonly fit: number;
  /** Rows at least that the student learns from: made where the log has fewer (synthetic-rows.ts). */
  readonly student: number;
  /** Rows on which policies are valued. */
  readonly policy: number;
}

export interface GateOptions {
  /** Largest difference of a probability between the ONNX graph and the trained student. */
  readonly onnxDifference: number;
  /** Least share of the teacher's incremental reward that the student's classes keep on rows kept back. */
  readonly studentValue: number;
  /** Below this share it is told as a warning. */
  readonly studentValueTold: number;
}

export interface PolicyOptions {
  /** Budgets, besides none, at which policies are valued. */
  readonly budgets: number;
  readonly replicates: number;
  readonly confidence: number;
  /** Rows at most on which features are dealt out anew, to see what the plans rest on; 0: none. */
  readonly importanceRows: number;
}

export interface LearnOptions extends RepresentOptions {
  readonly cluster: ClusterOptions;
  readonly student: Partial<StudentOptions>;
  readonly estimate: EstimateOptions;
  readonly plan: PlanOptions;
  readonly sample: SampleOptions;
  readonly policy: PolicyOptions;
  readonly gates: GateOptions;
}

export const LEARN_OPTIONS: LearnOptions = {
  learners: "both",
  network: {},
  trees: {},
  calibrates: true,
  cluster: CLUSTER_OPTIONS,
  student: {},
  estimate: ESTIMATE_OPTIONS,
  plan: PLAN_OPTIONS,
  sample: { fit: 110_000, student: 50_000, policy: 100_000 },
  policy: { budgets: 8, replicates: 400, confidence: 0.95, importanceRows: 20_000 },
  gates: { onnxDifference: 1e-4, studentValue: 0.97, studentValueTold: 0.995 },
};

export const QUICK_LEARN_OPTIONS: LearnOptions = {
  ...LEARN_OPTIONS,
  learners: "network",
  network: QUICK_NETWORK,
  trees: QUICK_TREES,
  cluster: { ...CLUSTER_OPTIONS, candidates: [10, 20], rounds: 8 },
  student: QUICK_STUDENT,
  estimate: { ...ESTIMATE_OPTIONS, modelRows: 50_000 },
  plan: { ...PLAN_OPTIONS, scenarios: Math.min(PLAN_OPTIONS.scenarios, 50) },
  sample: { fit: 33_000, student: 0, policy: 30_000 },
  policy: { budgets: 5, replicates: 100, confidence: 0.95, importanceRows: 10_000 },
};
