// Evaluation
// What `evaluate` found, of a table or of a campaign's own log: one shape for JSON, text and page.

import type { BootstrapOptions } from "../../evaluate/policy/bootstrap.ts";
import type { HoldoutValue } from "../../evaluate/policy/holdout.ts";
import type { Judged } from "../../evaluate/policy/judge.ts";

export interface Evaluation {
  readonly source: Source;
  readonly options: BootstrapOptions;
  readonly judged: Judged;
  /** Null for a table, and for a campaign without users held out. */
  readonly holdout: HoldoutValue | null;
  /** What a person should know before believing it. */
  readonly warnings: readonly string[];
}

export type Source =
  | {
      readonly kind: "table";
      readonly files: readonly string[];
      readonly split: "all" | "test";
      readonly currency: string;
      readonly badRows: number;
    }
  | {
      readonly kind: "live";
      readonly campaign: string;
      readonly currency: string;
      /** Training rows that say nothing of other arms. */
      readonly leftOut: Readonly<Record<"heldOut" | "notDrawn" | "undecodable", number>>;
      readonly refused: number;
    };

/** One object; money in minor units, everything else as its name says. */
export function evaluationJson({ source, options, judged, holdout, warnings }: Evaluation): object {
  const { rows, arms, served, releases } = judged;
  return {
    source,
    rows,
    ...options,
    arms,
    served,
    holdout,
    releases: releases.map(({ budgets, ...release }) => ({
      ...release,
      budgets: budgets.map((budget) => ({
        ...budget,
        oneMix: { ...budget.oneMix, shares: sharesByArm(arms, budget.oneMix.shares) },
      })),
    })),
    warnings,
  };
}

function sharesByArm(arms: Judged["arms"], shares: readonly number[]): Record<string, number> {
  return Object.fromEntries(arms.map(({ arm }, index) => [arm, shares[index] ?? 0]));
}
