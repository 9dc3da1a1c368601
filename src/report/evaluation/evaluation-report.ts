// Evaluation report
// One page about what releases would have been worth on a log: what each would have added for what it would have spent,
// beside each offer for all and one mix for all, what that is worth where somebody said what one of the reward is worth,
// whether telling users apart pays, how well users are ranked, on which features it rests, and, on a live log, what the
// campaign brought. It is given figures and draws them. Per session they are shown per thousand
// sessions, in major units of money.

import { minorPerMajor } from "../../domain/money/currency.ts";
import { formatMean } from "../../domain/money/money.ts";
import { balanceSection } from "../training/balance-section.ts";
import { drivingSection } from "./driving-section.ts";
import { coloursOf, evaluationCharts, type EvaluationCharts } from "./evaluation-charts.ts";
import type { EvaluationReport, HoldoutGroup } from "./evaluation-figures.ts";
import { wordsOf } from "../../domain/glossary.ts";
import { whole, decimal, percent, perThousand, short, signed, type Ranged } from "../../domain/figures.ts";
import { picture, renderPage, table, wordsSection, type Section, type VerdictTile } from "../page/page.ts";
import { verdictOverOneMix } from "../page/verdict.ts";
import { profitVerdict } from "./profit.ts";
import { rankingSection } from "./ranking-section.ts";

export async function renderEvaluationReport(report: EvaluationReport): Promise<string> {
  const colours = coloursOf(report);
  const charts = await evaluationCharts(report, colours);
  const { title, subtitle, warnings, footer } = report;
  return renderPage({
    title,
    subtitle,
    verdicts: verdictsOf(report),
    notices: [
      ...report.remarks.map((text) => ({ kind: "note" as const, text })),
      ...warnings.map((text) => ({ kind: "bad" as const, text })),
    ],
    figures: figuresOf(report),
    sections: [
      ...(report.campaign === null ? [] : [campaignSection(report.campaign, report)]),
      policySection(report, charts),
      ...(report.releases.length === 0
        ? []
        : [
            gainSection(report, charts),
            await rankingSection(report, colours),
            ...(report.driving.length === 0 ? [] : [await drivingSection(report.driving, report)]),
          ]),
      ...(report.balance === undefined ? [] : [await balanceSection(report.balance)]),
      wordsSection(wordsOf("offer", "one mix for all", "effective sample", "holdout")),
    ],
    footer,
  });
}

function verdictsOf(report: EvaluationReport): VerdictTile[] {
  const { campaign, releases, gains, rows, reward, currency, confidence } = report;
  return [
    ...(campaign === null ? [] : [campaignVerdict(campaign, report)]),
    ...releases.map((release) => {
      const label = `Release ${release}: is it worth it?`;
      if (report.flattered.includes(release)) return { label, ...NO_VERDICT };
      return verdictOverOneMix(
        gains.filter((each) => each.isOverMix && each.release === release),
        { label, rows, reward, currency, confidence },
      );
    }),
    ...profitVerdicts(report),
  ];
}

const NO_VERDICT = {
  kind: "note",
  value: "No verdict: it was learned from these rows",
  hint: "On its own rows a release that has learned chance by heart looks good. Judge it on rows that it has not seen.",
} as const;

/** Of each release that can be judged here; of the offers where there is no release. */
function profitVerdicts({ value, releases, flattered, policies, ...on }: EvaluationReport): VerdictTile[] {
  if (value === null) return [];
  const named = releases.length > 0 ? releases.filter((name) => !flattered.includes(name)) : ["one offer for all"];
  return named.map((name) => {
    const points = policies.flatMap(({ name: offer, series, budget, profit, spend }) =>
      series !== name || profit === null || (budget === null && spend.value === 0)
        ? []
        : [{ offer: budget === null ? offer : null, budget, profit }],
    );
    const whose = releases.length > 0 ? `Release ${name}: p` : "P";
    return profitVerdict(points, { ...on, label: `${whose}rofit, one ${on.reward} being worth ${value}` });
  });
}

function campaignVerdict(
  { total, spendMinor, heldOut, profit }: NonNullable<EvaluationReport["campaign"]>,
  { reward, currency, confidence, value: worth }: EvaluationReport,
): VerdictTile {
  const { value, low, high } = total;
  const money = (minor: number): string => formatMean(minor, currency);
  return {
    label: "What the campaign brought",
    kind: low > 0 ? "good" : high < 0 ? "bad" : "note",
    value: `${signed(value)} ${reward} (${decimal(low)} to ${decimal(high)}) for ${formatMean(spendMinor, currency)}`,
    hint:
      `Against ${whole(heldOut.users)} users of the holdout, with its ${percent(confidence, 0)} interval.` +
      (profit === null
        ? ""
        : ` At ${worth} for one ${reward} that is a profit of ${money(profit.value)} (${money(profit.low)} to ${money(profit.high)}).`),
  };
}

function figuresOf({ rows, policies, oneMixes, releases, confidence }: EvaluationReport) {
  return [
    { label: "Rows", value: whole(rows) },
    { label: "Releases", value: whole(releases.length) },
    { label: "Policies compared", value: whole(policies.length + oneMixes.length) },
    { label: "Intervals", value: percent(confidence, 0), hint: "bootstrap, the same draws for all" },
  ];
}

function campaignSection(campaign: NonNullable<EvaluationReport["campaign"]>, report: EvaluationReport): Section {
  const { currency, reward } = report;
  const { served, heldOut } = campaign;
  const visits = ({ sessions, users }: HoldoutGroup): string => (sessions / users).toFixed(2);
  return {
    title: "What the campaign brought",
    caption:
      "Some users were held out by chance. What the others brought more, since each entered, is the campaign's doing, " +
      "whatever it gave, throttled or refused. Users are compared, not sessions: incentives may bring users back.",
    body: [
      table(
        [{ title: "" }, { title: "Served", number: true }, { title: "Held out", number: true }],
        [
          ["Users", whole(served.users), whole(heldOut.users)],
          ["Sessions a user", visits(served), visits(heldOut)],
          [`${reward} of 1,000 users`, perThousand(served.rewardPerUser), perThousand(heldOut.rewardPerUser)],
          [`${reward} in 1,000 sessions`, perThousand(served.rewardPerSession), perThousand(heldOut.rewardPerSession)],
        ],
      ),
      table(
        [{ title: "Added" }, { title: reward, number: true }],
        [
          ["by 1,000 served users", ranged(campaign.perUser, 1_000)],
          ["by all served users", ranged(campaign.total, 1)],
          ...(campaign.adjusted === null
            ? []
            : [["by all, less what they had brought before they entered", ranged(campaign.adjusted.total, 1)]]),
          ["in 1,000 sessions (other sessions, where users come back)", ranged(campaign.perSession, 1_000)],
          [
            `for 1 ${currency} of the ${formatMean(campaign.spendMinor, currency)} spent`,
            campaign.perCost === null ? "–" : ranged(campaign.perCost, minorPerMajor(currency)),
          ],
        ],
      ),
    ],
  };
}

function policySection({ policies, currency, reward, value }: EvaluationReport, charts: EvaluationCharts): Section {
  const unit = minorPerMajor(currency);
  return {
    title: "What each policy would have added",
    caption:
      "From the rows whose offer is the one that the policy would have given, weighted by inverse propensity (EOM). An interval " +
      "that holds zero says that the rows cannot tell.",
    body: [
      picture(charts.policies, `Added ${reward} over spend, of 1,000 sessions, for every policy, with intervals`),
      ...(charts.profit === null
        ? []
        : [
            picture(
              charts.profit,
              `Profit over spend, of 1,000 sessions, one ${reward} being worth ${value}, with intervals; most: a release's highest`,
            ),
          ]),
      table(
        [
          { title: "Policy" },
          { title: `Budget, ${currency}`, number: true },
          { title: `Spend, ${currency}`, number: true },
          { title: `Added ${reward}`, number: true },
          { title: `Added for 1 ${currency}`, number: true },
          ...(value === null ? [] : [{ title: `Profit, ${currency}`, number: true }]),
          { title: "Effective sample", number: true },
        ],
        policies.map(({ name, budget, spend, added, perCost, profit, effectiveRows }) => [
          name,
          budget === null ? "" : perThousand(budget / unit),
          ranged(spend, 1_000 / unit),
          ranged(added, 1_000),
          perCost === null ? "–" : ranged(perCost, unit),
          ...(value === null ? [] : [profit === null ? "–" : ranged(profit, 1_000 / unit)]),
          whole(effectiveRows),
        ]),
      ),
    ],
  };
}

function gainSection({ gains, currency, reward }: EvaluationReport, charts: EvaluationCharts): Section {
  return {
    title: "Whether it pays to tell users apart",
    caption:
      "A release's reward less that of another policy on the same draws. One mix for all spends what the release spends and " +
      "cannot tell users apart: what is above zero against it is what the release knows about them.",
    body: [
      picture(charts.gains, `${reward} of 1,000 sessions above one mix for all, by budget, with intervals`),
      table(
        [
          { title: "Release" },
          { title: "Less that of" },
          { title: `Budget, ${currency}`, number: true },
          { title: reward, number: true },
        ],
        gains.map(({ release, over, budget, gain }) => [
          release,
          over,
          perThousand(budget / minorPerMajor(currency)),
          ranged(gain, 1_000),
        ]),
      ),
    ],
  };
}

function ranged({ value, low, high }: Ranged, unit: number): string {
  return `${short(unit * value)} (${short(unit * low)} to ${short(unit * high)})`;
}
