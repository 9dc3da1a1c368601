// Evaluation text
// An evaluation as tables for the terminal, each with a sentence that says what it shows. Of a thousand sessions and in
// major units of money: 71 orders for 84.00 EUR are read sooner than .071 for 8.4 cents.

import { minorPerMajor } from "../../domain/money/currency.ts";
import { formatMean } from "../../domain/money/money.ts";
import type { Interval } from "../../evaluate/policy/bootstrap.ts";
import type { GroupFigures, HoldoutValue } from "../../evaluate/policy/holdout.ts";
import type { ReleaseJudgement } from "../../evaluate/policy/judge.ts";
import type { PolicyValue } from "../../evaluate/policy/policy-value.ts";
import { short, whole } from "../../report/page/figures.ts";
import { tableText, type Cell } from "../../terminal/table.ts";
import { gainsOf, outOfReach, sourceName, verdictOf, type Evaluation } from "./evaluation.ts";

/** From a session's reward to that of a thousand sessions. */
const REWARD = 1_000;

export function evaluationText(evaluation: Evaluation, page: string | undefined): string {
  const { judged, holdout, warnings, source } = evaluation;
  const { arms, served } = judged;
  const unit = minorPerMajor(source.currency);
  const parts = [
    headline(evaluation),
    ...(holdout === null ? [] : [holdoutText(holdout, source.currency)]),
    section(
      "Each offer for all",
      ["offer", ...valueHead(source.currency)],
      [
        ...arms.map(({ arm, value }) => [arm, ...valueCells(value, unit)]),
        ...(served === null ? [] : [["as served", ...valueCells(served, unit)]]),
      ],
    ),
    ...judged.releases.flatMap((release, index) => releaseTexts(release, index, evaluation)),
    outOfReach(judged, source.currency).join("\n"),
    warnings.map((warning) => `warning: ${warning}`).join("\n"),
    page === undefined ? "" : `The page is ${page}`,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function headline({ source, options, judged }: Evaluation): string {
  return [
    `${whole(judged.rows)} rows of ${sourceName(source)}`,
    `Figures are of 1,000 sessions; reward is ${source.reward}, money is ${source.currency}; in brackets ` +
      `${Math.round(100 * options.confidence)} % intervals (${whole(options.replicates)} draws, seed ${options.seed}).`,
  ].join("\n");
}

function holdoutText(holdout: HoldoutValue, currency: string): string {
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
    ...(adjusted === null
      ? []
      : [
          `Less what they had brought before they entered: ${around(adjusted.perUser, REWARD)}, all ${around(adjusted.total, 1)}.`,
        ]),
    `Of 1,000 sessions it is ${around(perSession, REWARD)}: of other sessions, where incentives bring users back.`,
    tableText(["", "served", "holdout"], rows),
  ].join("\n");
}

function valueHead(currency: string): string[] {
  return [
    "reward",
    `spend, ${currency}`,
    "added reward",
    "self-normalised",
    `added for 1 ${currency}`,
    "effective sample",
  ];
}

/** `unit`: minor units in one of the currency. */
function valueCells(value: PolicyValue | null, unit: number): Cell[] {
  if (value === null) return ["too few rows", "–", "–", "–", "–", "–"];
  const { reward, cost, incremental, selfNormalised, incrementalPerCost, effectiveRows } = value;
  return [
    around(reward, REWARD),
    around(cost, 1_000 / unit),
    around(incremental, REWARD),
    selfNormalised === null ? "–" : around(selfNormalised.incremental, REWARD),
    incrementalPerCost === null ? "–" : around(incrementalPerCost, unit),
    whole(effectiveRows),
  ];
}

function releaseTexts(release: ReleaseJudgement, index: number, { judged, source }: Evaluation): string[] {
  const { label, hash, budgets, mix, ranking } = release;
  const gains = gainsOf(judged, index);
  const unit = minorPerMajor(source.currency);
  return [
    section(
      `Release ${label} (${hash.slice(0, 12)}), ${mix.length} segments, by budget`,
      [`budget, ${source.currency}`, ...valueHead(source.currency)],
      budgets.map(({ budgetPerSession, value }) => [
        short((1_000 / unit) * budgetPerSession),
        ...valueCells(value, unit),
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
    verdictOf(release),
    section(
      "How it ranks users, offer by offer (AUCC: chance has 0.5; Qini: chance has 0); it does not rank policies",
      ["offer", "AUCC", "Qini"],
      ranking.map(({ arm, aucc, qini }) => [arm, aucc ? around(aucc, 1) : "–", qini ? around(qini, REWARD) : "–"]),
    ),
  ];
}

function section(title: string, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return `${title}\n${tableText(head, rows)}`;
}

function around({ value, low, high }: Interval, unit: number): string {
  return `${short(unit * value)} (${short(unit * low)} to ${short(unit * high)})`;
}
