// Evaluation text
// An evaluation as tables for the terminal, each with a sentence that says what it shows. Of a thousand sessions and in
// major units of money: 71 orders for 84.00 EUR are read sooner than .071 for 8.4 cents.

import { minorPerMajor } from "../../domain/money/currency.ts";
import { formatMean, formatMinor } from "../../domain/money/money.ts";
import type { Interval } from "../../evaluate/policy/bootstrap.ts";
import type { GroupFigures, HoldoutValue } from "../../evaluate/policy/holdout.ts";
import type { ReleaseJudgement } from "../../evaluate/policy/judge.ts";
import type { PolicyValue } from "../../evaluate/policy/policy-value.ts";
import { profitVerdict } from "../../report/evaluation/profit.ts";
import { whole, percent, short } from "../../domain/figures.ts";
import { tableText, type Cell } from "../../terminal/table.ts";
import { campaignProfit, gainsOf, outOfReach, sourceName, verdictSentence, type Evaluation } from "./evaluation.ts";

/** From a session's reward to that of a thousand sessions. */
const REWARD = 1_000;
/** Features of which a person is told at a glance. */
const DRIVING = 10;

export function evaluationText(evaluation: Evaluation, page: string | undefined): string {
  const { judged, holdout, warnings, source } = evaluation;
  const { arms, served } = judged;
  const unit = minorPerMajor(source.currency);
  const profit = evaluation.valueMinor !== null;
  const parts = [
    headline(evaluation),
    ...(holdout === null ? [] : [holdoutText(holdout, evaluation)]),
    section(
      "Each offer for all",
      ["offer", ...valueHead(source.currency, profit)],
      [
        ...arms.map(({ arm, value }) => [arm, ...valueCells(value, unit, profit)]),
        ...(served === null ? [] : [["as served", ...valueCells(served, unit, profit)]]),
      ],
    ),
    ...judged.releases.flatMap((release, index) => releaseTexts(release, index, evaluation)),
    outOfReach(judged, source.currency).join("\n"),
    warnings.map((warning) => `warning: ${warning}`).join("\n"),
    page === undefined ? "" : `The page is ${page}`,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function headline({ source, options, judged, valueMinor }: Evaluation): string {
  return [
    `${whole(judged.rows)} rows of ${sourceName(source)}`,
    `Figures are of 1,000 sessions; reward is ${source.reward}, money is ${source.currency}; in brackets ` +
      `${Math.round(100 * options.confidence)} % intervals (${whole(options.replicates)} draws, seed ${options.seed}).`,
    ...(valueMinor === null
      ? []
      : [`Profit: one ${source.reward} is worth ${formatMinor(valueMinor, source.currency)}, less the spend.`]),
  ].join("\n");
}

function holdoutText(holdout: HoldoutValue, { source: { currency }, valueMinor }: Evaluation): string {
  const profit = campaignProfit(holdout, valueMinor);
  const money = (minor: number): string => formatMean(minor, currency);
  const { served, heldOut, perUser, perSession, total, spendMinor, perCost, adjusted } = holdout;
  const row = (name: string, of: (group: GroupFigures) => string): Cell[] => [name, of(served), of(heldOut)];
  const rows: Cell[][] = [
    row("users", ({ users }) => whole(users)),
    row("sessions a user", ({ sessions, users }) => (sessions / users).toFixed(2)),
    row("reward, of 1,000 users", ({ rewardPerUser }) => short(REWARD * rewardPerUser)),
    row("reward, of 1,000 sessions", ({ rewardPerSession }) => short(REWARD * rewardPerSession)),
  ];
  return [
    "What the campaign brought, against the holdout",
    `1,000 served users brought ${around(perUser, REWARD)} more since they entered, all of them ${around(total, 1)}, for ` +
      `${formatMean(spendMinor, currency)}` +
      `${perCost === null ? "." : `: ${around(perCost, minorPerMajor(currency))} for 1 ${currency}.`}`,
    ...(profit === null
      ? []
      : [`Its profit is ${money(profit.value)} (${money(profit.low)} to ${money(profit.high)}).`]),
    ...(adjusted === null
      ? []
      : [
          `Less what they had brought before they entered: ${around(adjusted.perUser, REWARD)}, all ${around(adjusted.total, 1)}.`,
        ]),
    `Of 1,000 sessions it is ${around(perSession, REWARD)}: of other sessions, where incentives bring users back.`,
    tableText(["", "served", "holdout"], rows),
  ].join("\n");
}

function valueHead(currency: string, profit: boolean): string[] {
  return [
    "reward",
    `spend, ${currency}`,
    "added reward",
    "self-normalised",
    `added for 1 ${currency}`,
    ...(profit ? [`profit, ${currency}`] : []),
    "effective sample",
  ];
}

/** `unit`: minor units in one of the currency. */
function valueCells(value: PolicyValue | null, unit: number, profit: boolean): Cell[] {
  if (value === null)
    return [
      "too few rows",
      ...valueHead("", profit)
        .slice(1)
        .map(() => "–"),
    ];
  const { reward, cost, incremental, selfNormalised, incrementalPerCost, effectiveRows } = value;
  return [
    around(reward, REWARD),
    around(cost, 1_000 / unit),
    around(incremental, REWARD),
    selfNormalised === null ? "–" : around(selfNormalised.incremental, REWARD),
    incrementalPerCost === null ? "–" : around(incrementalPerCost, unit),
    ...(profit ? [value.profit === null ? "–" : around(value.profit, 1_000 / unit)] : []),
    whole(effectiveRows),
  ];
}

function releaseTexts(release: ReleaseJudgement, index: number, evaluation: Evaluation): string[] {
  const { judged, source, valueMinor } = evaluation;
  const profit = valueMinor !== null;
  const { label, hash, budgets, mix, ranking } = release;
  const gains = gainsOf(judged, index);
  const unit = minorPerMajor(source.currency);
  return [
    section(
      `Release ${label} (${hash.slice(0, 12)}), ${mix.length} segments, by budget`,
      [`budget, ${source.currency}`, ...valueHead(source.currency, profit)],
      budgets.map(({ budgetPerSession, value }) => [
        short((1_000 / unit) * budgetPerSession),
        ...valueCells(value, unit, profit),
      ]),
    ),
    section(
      "Its reward less that of",
      [`budget, ${source.currency}`, ...gains.map(({ over }) => over)],
      budgets.map(({ budgetPerSession }, at) => [
        short((1_000 / unit) * budgetPerSession),
        ...gains.map(({ intervals }) => (intervals[at] ? around(intervals[at], REWARD) : "–")),
      ]),
    ),
    [verdictSentence(release, evaluation), ...profitText(release, evaluation)].join("\n"),
    section(
      "How it ranks users, offer by offer (AUCC: chance has 0.5; Qini: chance has 0); it does not rank policies",
      ["offer", "AUCC", "Qini"],
      ranking.map(({ arm, aucc, qini }) => [arm, aucc ? around(aucc, 1) : "–", qini ? around(qini, REWARD) : "–"]),
    ),
    ...drivingTexts(label, evaluation),
  ];
}

function profitText({ label: release, budgets }: ReleaseJudgement, evaluation: Evaluation): string[] {
  const { judged, source, valueMinor, options, flattered } = evaluation;
  if (valueMinor === null || flattered.includes(release)) return [];
  const points = budgets.flatMap(({ budgetPerSession: budget, value }) =>
    value === null || value.profit === null ? [] : [{ offer: null, budget, profit: value.profit }],
  );
  const on = { rows: judged.rows, currency: source.currency, confidence: options.confidence };
  const { label, value, hint } = profitVerdict(points, { ...on, label: "Profit" });
  return [`${label}: ${value}.`, ...(hint === undefined ? [] : [hint])];
}

function drivingTexts(release: string, { driving, source }: Evaluation): string[] {
  const found = driving.find((each) => each.release === release);
  if (found === undefined) return [];
  const { budgetPerSession, rows, features } = found;
  const budget = short((1_000 / minorPerMajor(source.currency)) * budgetPerSession);
  return [
    section(
      `What its segments rest on (at ${budget} ${source.currency}; ${whole(rows)} rows): the reward that the plan brings less ` +
        "where a feature is dealt out by chance, at the same spend",
      ["feature", "brings less", "users in another segment"],
      features
        .slice(0, DRIVING)
        .map(({ feature, fall, movedShare }) => [
          feature,
          movedShare === 0 ? "not looked at" : around(fall, REWARD),
          percent(movedShare),
        ]),
    ) + (features.length > DRIVING ? `\n(${features.length - DRIVING} more with --out or --json)` : ""),
  ];
}

function section(title: string, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return `${title}\n${tableText(head, rows)}`;
}

function around({ value, low, high }: Interval, unit: number): string {
  return `${short(unit * value)} (${short(unit * low)} to ${short(unit * high)})`;
}
