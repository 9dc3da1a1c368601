// Evaluation page: an evaluation as the figures of its page.

import { formatMinor } from "../../domain/money/money.ts";
import type { PolicyValue } from "../../evaluate/policy/policy-value.ts";
import type { EvaluationReport, ReportedPolicy } from "../../report/evaluation/evaluation-figures.ts";
import { balanceFigures } from "./balance-figures.ts";
import { campaignProfit, gainsOf, outOfReach, sourceName, type Evaluation } from "./evaluation.ts";

export function evaluationReport(evaluation: Evaluation): EvaluationReport {
  const { source, options, valueMinor, judged, driving, holdout, randomisation, warnings } = evaluation;
  const { releases } = judged;
  return {
    title: releases.length > 0 ? "What releases would have been worth" : "What each offer would have been worth",
    subtitle: sourceName(source),
    remarks: outOfReach(judged, source.currency),
    warnings,
    ...(randomisation === undefined
      ? {}
      : {
          balance: balanceFigures(
            randomisation,
            judged.arms.map(({ arm }) => arm),
          ),
        }),
    currency: source.currency,
    reward: source.reward,
    value: valueMinor === null ? null : formatMinor(valueMinor, source.currency),
    rows: judged.rows,
    confidence: options.confidence,
    releases: releases.map(({ label }) => label),
    flattered: evaluation.flattered,
    campaign: holdout === null ? null : { ...holdout, profit: campaignProfit(holdout, valueMinor) },
    policies: policiesOf(evaluation),
    oneMixes: oneMixesOf(evaluation),
    gains: releases.flatMap(({ label, budgets }, index) =>
      gainsOf(judged, index).flatMap(({ over, intervals }, at) =>
        intervals.flatMap((gain, budget) => {
          const { budgetPerSession = 0 } = budgets[budget] ?? {};
          return gain === null ? [] : [{ release: label, over, isOverMix: at === 0, budget: budgetPerSession, gain }];
        }),
      ),
    ),
    ranking: releases.flatMap(({ label, ranking }) => ranking.map((each) => ({ release: label, ...each }))),
    driving: driving.map(({ release, budgetPerSession: budget, rows, repeats, features }) => ({
      ...{ release, budget, rows, repeats },
      features: features.map(({ feature: name, ...figures }) => ({ name, ...figures })),
    })),
    footer:
      `${options.replicates.toLocaleString("en")} bootstrap draws, seed ${options.seed}. docs/EVALUATION.md says what each ` +
      "figure means, where it comes from and what it cannot say.",
  };
}

function policiesOf({ judged: { arms, served, releases } }: Evaluation): ReportedPolicy[] {
  return [
    ...arms.flatMap(({ arm, value }) => figuresOf(value, arm, "one offer for all", null)),
    ...figuresOf(served, "as served", "as served", null),
    ...releases.flatMap(({ label, budgets }) =>
      budgets.flatMap(({ value, budgetPerSession }) => figuresOf(value, label, label, budgetPerSession)),
    ),
  ];
}

function oneMixesOf({ judged: { releases } }: Evaluation): ReportedPolicy[] {
  return releases.flatMap(({ label, budgets }) => {
    const name = releases.length === 1 ? "one mix for all" : `one mix for all, spend of ${label}`;
    return budgets.flatMap(({ oneMix, budgetPerSession }) => figuresOf(oneMix.value, name, name, budgetPerSession));
  });
}

function figuresOf(value: PolicyValue | null, name: string, series: string, budget: number | null): ReportedPolicy[] {
  if (value === null) return [];
  const { cost: spend, incremental: added, incrementalPerCost: perCost, effectiveRows, profit } = value;
  return [{ name, series, budget, spend, added, perCost, effectiveRows, profit }];
}
