// Evaluation text
// An evaluation as tables for the terminal, each with a sentence that says what it shows.

import type { Interval } from "../../evaluate/policy/bootstrap.ts";
import type { HoldoutValue } from "../../evaluate/policy/holdout.ts";
import type { ReleaseJudgement } from "../../evaluate/policy/judge.ts";
import type { PolicyValue } from "../../evaluate/policy/policy-value.ts";
import { tableText, type Cell } from "../table.ts";
import type { Evaluation } from "./evaluation.ts";

export function evaluationText(evaluation: Evaluation): string {
  const { judged, holdout, warnings } = evaluation;
  const { arms, served } = judged;
  const parts = [
    headline(evaluation),
    ...(holdout === null ? [] : [holdoutText(holdout)]),
    section("Each arm for all", armsHead, [
      ...arms.map(({ arm, value }) => [arm, ...valueCells(value)]),
      ...(served === null ? [] : [["as served", ...valueCells(served)]]),
    ]),
    ...judged.releases.flatMap((release, index) => releaseTexts(release, index, evaluation)),
    reachText(evaluation),
    warnings.map((warning) => `warning: ${warning}`).join("\n"),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function headline({ source, options, judged }: Evaluation): string {
  const of =
    source.kind === "table"
      ? `${source.files.join(", ")}${source.split === "test" ? ", test rows only" : ""}`
      : `campaign ${source.campaign}'s training log`;
  const percent = Math.round(100 * options.confidence);
  return [
    `${judged.rows.toLocaleString("en")} rows of ${of}`,
    `Figures are of one session; money in minor units of ${source.currency}; in brackets ${percent} % intervals ` +
      `(${options.replicates.toLocaleString("en")} draws, seed ${options.seed}).`,
  ].join("\n");
}

function holdoutText({ served, heldOut, perSession, total, spendMinor, perCost }: HoldoutValue): string {
  const rows: Cell[][] = [
    ["sessions", count(served.sessions), count(heldOut.sessions)],
    ["reward a session", short(served.rewardPerSession), short(heldOut.rewardPerSession)],
  ];
  return [
    "What the campaign brought, against the users held out",
    tableText(["", "served", "held out"], rows),
    `A served session brought ${around(perSession)} more; all of them ${around(total)} for ${count(spendMinor)} spent` +
      `${perCost === null ? "." : `, which is ${around(perCost)} for each minor unit.`}`,
  ].join("\n");
}

const valueHead = [
  "reward",
  "spend",
  "incremental reward",
  "self-normalised",
  "for each minor unit",
  "rows that speak",
];
const armsHead = ["arm", ...valueHead];

function valueCells(value: PolicyValue | null): Cell[] {
  if (value === null) return ["never given", "–", "–", "–", "–", "0"];
  const { reward, cost, incremental, selfNormalised, incrementalPerCost, effectiveRows } = value;
  return [
    around(reward),
    around(cost),
    around(incremental),
    selfNormalised === null ? "–" : around(selfNormalised.incremental),
    incrementalPerCost === null ? "–" : around(incrementalPerCost),
    count(Math.round(effectiveRows)),
  ];
}

function releaseTexts(release: ReleaseJudgement, index: number, { judged }: Evaluation): string[] {
  const { label, hash, budgets, mix, ranking } = release;
  const rows = budgets.map(({ budgetPerSession, value }) => [short(budgetPerSession), ...valueCells(value)]);
  const first = judged.releases[0]?.label ?? "";
  const versus: [string, (Interval | null)[]][] = [
    ["one mix for all, same spend", budgets.map(({ overOneMix }) => overOneMix)],
    ...(index === 0 ? [] : [[`release ${first}`, budgets.map(({ overFirst }) => overFirst)] as [string, Interval[]]]),
    ...(judged.served === null
      ? []
      : [["what was served", budgets.map(({ overServed }) => overServed)] as [string, Interval[]]]),
  ];
  return [
    section(
      `Release ${label} (${hash.slice(0, 12)}), ${mix.length} clusters, by budget`,
      ["budget", ...valueHead],
      rows,
    ),
    section(
      "Its reward less that of",
      ["budget", ...versus.map(([name]) => name)],
      budgets.map(({ budgetPerSession }, at) => [
        short(budgetPerSession),
        ...versus.map(([, gains]) => (gains[at] ? around(gains[at]) : "–")),
      ]),
    ),
    verdict(budgets.map(({ overOneMix }) => overOneMix)),
    section(
      "How it ranks users, arm by arm (AUCC: chance has 0.5; Qini: chance has 0); it does not rank policies",
      ["arm", "AUCC", "Qini"],
      ranking.map(({ arm, aucc, qini }) => [arm, aucc ? around(aucc) : "–", qini ? around(qini) : "–"]),
    ),
  ];
}

/** Whether telling users apart pays, in one sentence. */
function verdict(gains: readonly Interval[]): string {
  const better = gains.filter(({ low }) => low > 0).length;
  const worse = gains.filter(({ high }) => high < 0).length;
  const open = gains.length - better - worse;
  return (
    `Over one mix for all at the same spend it is better at ${better} of ${gains.length} budgets, worse at ${worse}, ` +
    `and not told apart by these rows at ${open}.`
  );
}

/** So far below 1 that among many policies it is no chance. */
const BEYOND_CHANCE_SE = 4;

/** Of a policy whose mean weight is below 1: it does what the log could not have done. */
function reachText({ judged }: Evaluation): string {
  const named: (readonly [string, PolicyValue | null])[] = [
    ...judged.arms.map(({ arm, value }) => [`${arm} for all`, value] as const),
    ...judged.releases.flatMap(({ label, budgets }) =>
      budgets.map(
        ({ budgetPerSession, value }) => [`release ${label} at budget ${short(budgetPerSession)}`, value] as const,
      ),
    ),
  ];
  const beyond = named.flatMap(([name, value]) =>
    value !== null && value.meanWeight.value + BEYOND_CHANCE_SE * value.meanWeight.se < 1
      ? [`${name} (${percent(value.meanWeight.value)})`]
      : [],
  );
  const never = named.flatMap(([name, value]) => (value === null ? [name] : []));
  const lines = [
    ...(beyond.length > 0
      ? [`The log could give only a part of what these give, so their figures are too low: ${beyond.join(", ")}.`]
      : []),
    ...(never.length > 0 ? [`No row of the log says anything of: ${never.join(", ")}.`] : []),
  ];
  return lines.join("\n");
}

function section(title: string, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return `${title}\n${tableText(head, rows)}`;
}

function around({ value, low, high }: Interval): string {
  return `${short(value)} (${short(low)} to ${short(high)})`;
}

/** Four figures are more than any of these is known to. */
function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 1e4) return count(Math.round(value));
  return String(Number(value.toPrecision(4)));
}

function count(value: number): string {
  return value.toLocaleString("en");
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
