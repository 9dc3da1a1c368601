// Evaluation
// What `evaluate` found, of a table or of a campaign's own log: one shape for JSON, text and page.

import { itemAt } from "../../domain/assert.ts";
import { minorPerMajor } from "../../domain/money/currency.ts";
import type { Minor, TypedAmount } from "../../domain/money/money.ts";
import type { BootstrapOptions, Interval } from "../../evaluate/policy/bootstrap.ts";
import type { HoldoutValue } from "../../evaluate/policy/holdout.ts";
import { FEWEST_SPEAKING, type Judged, type ReleaseJudgement } from "../../evaluate/policy/judge.ts";
import type { PolicyValue } from "../../evaluate/policy/policy-value.ts";
import type { LogPart } from "../../learn/data/row-keys.ts";
import type { Randomisation } from "../../learn/check/randomisation/figures.ts";
import { percent, short } from "../../domain/figures.ts";
import type { Progress } from "../../terminal/progress.ts";
import type { DrivingFeatures } from "./plan-importance.ts";

/** What is asked of an evaluation, on a table as on a campaign's own log. */
export interface EvaluationRequest {
  readonly releases: readonly string[];
  /** Points of the grid. */
  readonly budgets: number;
  /** What one of the reward is worth; null where nobody said. */
  readonly value: TypedAmount | null;
  /** Rows on which features are shuffled, at most; 0: not at all. */
  readonly importanceRows: number;
  readonly bootstrap: BootstrapOptions;
  readonly progress: Progress;
}

export interface Evaluation {
  readonly source: Source;
  readonly options: BootstrapOptions;
  /** Minor units that one of the reward is worth; null where nobody said. */
  readonly valueMinor: Minor | null;
  readonly judged: Judged;
  /** In the releases' order, of those whose middle budget has a value. */
  readonly driving: readonly DrivingFeatures[];
  /** Null for a table, and for a campaign without users held out. */
  readonly holdout: HoldoutValue | null;
  /** Of a table: whether chance gave its arms. */
  readonly randomisation?: Randomisation;
  /** Labels of releases that were learned from these rows: what is found of them is no verdict. */
  readonly flattered: readonly string[];
  /** What a person should know before believing it. */
  readonly warnings: readonly string[];
}

export type Source =
  | {
      readonly kind: "table";
      readonly files: readonly string[];
      readonly part: LogPart;
      /** Each file and how it was read. */
      readonly read: readonly string[];
      readonly currency: string;
      readonly reward: string;
      readonly badRows: number;
    }
  | {
      readonly kind: "live";
      readonly campaign: string;
      readonly currency: string;
      readonly reward: string;
      /** Training rows that say nothing of other arms. */
      readonly leftOut: Readonly<Record<"heldOut" | "notDrawn" | "undecodable" | "erased", number>>;
      readonly refused: number;
    };

/** One object; money in minor units, everything else as its name says. */
export function evaluationJson(
  { source, options, valueMinor, judged, driving, holdout, randomisation, warnings }: Evaluation,
  page: string | null,
): object {
  const { rows, arms, served, releases } = judged;
  return {
    source,
    rows,
    ...options,
    valueMinor,
    arms,
    served,
    holdout: holdout === null ? null : { ...holdout, profitMinor: campaignProfit(holdout, valueMinor) },
    releases: releases.map(({ budgets, ...release }) => ({
      ...release,
      driving: driving.find(({ release: label }) => label === release.label) ?? null,
      budgets: budgets.map((budget) => ({
        ...budget,
        oneMix: { ...budget.oneMix, shares: sharesByArm(arms, budget.oneMix.shares) },
      })),
    })),
    randomisation: randomisation ?? null,
    warnings,
    page,
  };
}

function sharesByArm(arms: Judged["arms"], shares: readonly number[]): Record<string, number> {
  return Object.fromEntries(arms.map(({ arm }, index) => [arm, itemAt(shares, index)]));
}

/** What reward is made of, for people. */
export function rewardName(weights: readonly (readonly [name: string, weight: number])[]): string {
  const worth = weights.filter(([, weight]) => weight !== 0);
  return worth.map(([name, weight]) => (weight === 1 ? name : `${weight} × ${name}`)).join(" + ");
}

export function sourceName(source: Source): string {
  if (source.kind === "live") return `campaign ${source.campaign}'s training log`;
  return `${source.files.join(", ")}${source.part === "all" ? "" : `, the ${source.part} rows`}`;
}

export interface Gains {
  readonly over: string;
  /** By budget. */
  readonly intervals: readonly (Interval | null)[];
}

/** What a release is compared with. */
export function gainsOf({ releases, served }: Judged, index: number): Gains[] {
  const budgets = releases[index]?.budgets ?? [];
  const gains: Gains[] = [
    { over: "one mix for all, same spend", intervals: budgets.map(({ overOneMix }) => overOneMix) },
  ];
  if (index > 0)
    gains.push({ over: `release ${releases[0]?.label}`, intervals: budgets.map(({ overFirst }) => overFirst) });
  if (served !== null) gains.push({ over: "what was served", intervals: budgets.map(({ overServed }) => overServed) });
  return gains;
}

/** Said in place of a verdict of a release that was learned from the rows that it is judged on. */
export const NO_VERDICT =
  "No verdict: it was learned from these rows, and on its own rows a release that has learned chance by heart looks good";

/** Whether telling users apart pays, in one sentence. */
export function verdictSentence({ label, budgets }: ReleaseJudgement, { flattered }: Evaluation): string {
  if (flattered.includes(label)) return `${NO_VERDICT}.`;
  const better = budgets.filter(({ overOneMix }) => overOneMix !== null && overOneMix.low > 0).length;
  const worse = budgets.filter(({ overOneMix }) => overOneMix !== null && overOneMix.high < 0).length;
  const open = budgets.length - better - worse;
  return (
    `Over one mix for all at the same spend it is better at ${better} of ${budgets.length} budgets, worse at ${worse}, ` +
    `and not told apart by these rows at ${open}.`
  );
}

/** What a campaign brought is worth, less what it spent, in minor units; null where nobody said what one is worth. */
export function campaignProfit(
  { total, spendMinor }: HoldoutValue,
  valueMinor: Minor | null,
): Pick<Interval, "value" | "low" | "high"> | null {
  if (valueMinor === null) return null;
  const worth = (reward: number): number => Number(valueMinor) * reward - spendMinor;
  return { value: worth(total.value), low: worth(total.low), high: worth(total.high) };
}

/** So far below 1 that among many policies it is no chance. */
const BEYOND_CHANCE_SE = 4;

/** Sentences on policies that do what the log could not have done (PolicyValue.meanWeight), or never did. */
export function outOfReach({ arms, releases }: Judged, currency: string): string[] {
  const unit = 1_000 / minorPerMajor(currency);
  const named: (readonly [string, PolicyValue | null])[] = [
    ...arms.map(({ arm, value }) => [`${arm} for all`, value] as const),
    ...releases.flatMap(({ label, budgets }) =>
      budgets.map(
        ({ budgetPerSession, value }) => [`release ${label} at ${short(unit * budgetPerSession)}`, value] as const,
      ),
    ),
  ];
  const partly = named.flatMap(([name, value]) =>
    value !== null && value.meanWeight.value + BEYOND_CHANCE_SE * value.meanWeight.se < 1
      ? [`${name} (${percent(value.meanWeight.value, 0)})`]
      : [],
  );
  const never = named.flatMap(([name, value]) => (value === null ? [name] : []));
  return [
    ...(partly.length > 0
      ? [`The log could do only a part of what these do, so that their figures are too low: ${partly.join(", ")}.`]
      : []),
    ...(never.length > 0
      ? [
          `Fewer than ${FEWEST_SPEAKING} rows of equal weight speak for these, or for the control, and no figure is given: ${never.join(", ")}.`,
        ]
      : []),
  ];
}
