// Training report figures
// What the training report is given: figures, already worked out. Its page, its charts and the terminal tell the same ones.

import type { Ranged } from "../../domain/figures.ts";
import type { ProfitPoint } from "../evaluation/profit.ts";
import type { DrivingFigures, EvaluationReport } from "../evaluation/evaluation-figures.ts";
import type { BalanceFigures } from "./balance-section.ts";

/** What the plans of the release itself are called on its page. */
export const OWN_POLICY = "this release";

export interface TrainingReport {
  readonly title: string;
  readonly subtitle: string;
  /** Where the rows are from, said first. */
  readonly label: string;
  readonly currency: string;
  /** Name of the reward. */
  readonly reward: string;
  /** What one of the reward is worth, with its currency; null where nobody said. */
  readonly value: string | null;
  readonly rows: number;
  readonly arms: readonly string[];
  /** What it learned from and how, line by line. */
  readonly facts: readonly { readonly what: string; readonly value: string }[];
  readonly warnings: readonly string[];
  /** What is said in place of a word on chance, of a log in which it did not give the incentives. */
  readonly notCausal: string | null;
  readonly balance: BalanceFigures | null;
  readonly curves: readonly { readonly epoch: number; readonly train: number; readonly validate: number }[];
  /** By fold. */
  readonly bestEpochs: readonly number[];
  readonly clustersTried: readonly { readonly clusters: number; readonly kept: number }[];
  readonly clusters: readonly ClusterFigures[];
  readonly frontier: readonly FrontierFigures[];
  readonly maxGap: number;
  readonly risk: number;
  /** On rows that the plans had not seen; reward is incremental. */
  readonly policies: {
    readonly rows: number;
    readonly confidence: number;
    readonly points: readonly PolicyPoint[];
    /** Ours less the other, at a planned spend. */
    readonly differences: readonly {
      readonly budget: number;
      readonly oneMix: { readonly reward: Ranged; readonly cost: Ranged };
      readonly individual: { readonly reward: Ranged; readonly cost: Ranged };
    }[];
  };
  /** Of plans that had not seen the rows. */
  readonly ranking: EvaluationReport["ranking"];
  readonly driving: DrivingFigures | null;
  readonly student: {
    readonly agreement: number;
    readonly valueRatio: number;
    readonly keptByTeacher: number;
    readonly keptByStudent: number;
    readonly rows: number;
    readonly onnxDifference: number;
    readonly onnxRows: number;
  };
  readonly steps: readonly { readonly step: string; readonly seconds: number }[];
  readonly footer: string;
}

export interface ClusterFigures {
  readonly cluster: number;
  readonly share: number;
  readonly rows: number;
  readonly words: string;
  /** By arm. Costs in minor units; 95 % intervals. */
  readonly reward: readonly Ranged[];
  readonly cost: readonly Ranged[];
}

/** A plan: what it is expected to spend and to bring a session, with what chance may make of it. Reward is incremental. */
export interface FrontierFigures {
  readonly budget: number;
  readonly cost: Ranged;
  readonly reward: Ranged;
  readonly shadowPrice: number;
  readonly gap: number;
  readonly chanceOver: number;
}

export interface PolicyPoint {
  readonly policy: string;
  /** Planned, per session; null for an offer that all get. */
  readonly budget: number | null;
  readonly cost: Ranged;
  readonly reward: Ranged;
  /** Null where nobody said what one of the reward is worth. */
  readonly profit: Ranged | null;
}

/** Of the plans: what they are worth, by budget. */
export function profitPoints({ points }: Pick<TrainingReport["policies"], "points">): ProfitPoint[] {
  return points.flatMap(({ policy, budget, profit }) =>
    policy === OWN_POLICY && profit !== null ? [{ offer: null, budget, profit }] : [],
  );
}
