// Training report
// One page about one training: what it learned from, how the model learned, which segments of users it found and what
// each offer does there, what money buys, and what the plans are worth on rows that they owe nothing to. It is given
// figures and draws them; it works nothing out, but for how many digits to show. What is given per session is shown per
// thousand sessions, in major units of money: 71 orders for 84.00 EUR are read sooner than .071 for 8.4 cents.

import { itemAt } from "../../domain/assert.ts";
import { minorPerMajor } from "../../domain/money/currency.ts";
import { balanceSection } from "./balance-section.ts";
import { decimal, percent, perThousand, short, whole } from "../../domain/figures.ts";
import {
  html,
  pair,
  picture,
  renderPage,
  table,
  wordsSection,
  type Html,
  type Section,
  type VerdictTile,
} from "../page/page.ts";
import { drivingSection } from "../evaluation/driving-section.ts";
import { rankingSection } from "../evaluation/ranking-section.ts";
import { colour } from "../page/palette.ts";
import { verdictOverOneMix } from "../page/verdict.ts";
import { wordsOf } from "../../domain/glossary.ts";
import { trainingCharts, type TrainingCharts } from "./training-charts.ts";
import { ranged } from "./ranged.ts";
import { policySection, profitVerdictOf } from "./policy-section.ts";
import { OWN_POLICY, type ClusterFigures, type TrainingReport } from "./training-report-figures.ts";

/** The page as one HTML file. */
export async function renderTrainingReport(report: TrainingReport): Promise<string> {
  const charts = await trainingCharts(report);
  return renderPage({
    title: report.title,
    subtitle: report.subtitle,
    notices: [
      ...(report.notCausal === null ? [] : [{ kind: "bad" as const, text: report.notCausal }]),
      { kind: "note", text: report.label },
      {
        kind: "good",
        text: "All checks of the release hold: the classifier, its segments, the plans and their errors.",
      },
    ],
    verdicts: [verdictOf(report), ...profitVerdictOf(report)],
    figures: figuresOf(report),
    sections: [
      clusterSection(report, charts),
      valuesSection(report, charts),
      frontierSection(report, charts),
      policySection(report, charts),
      await rankingSection({ ...report, confidence: report.policies.confidence }, RANKING_COLOURS),
      ...(report.driving === null
        ? []
        : [await drivingSection([report.driving], { ...report, confidence: report.policies.confidence })]),
      learningSection(report, charts),
      await balanceSection(report.balance),
      dataSection(report),
      wordsSection(WORDS),
    ],
    footer: report.footer,
  });
}

const WORDS = wordsOf("segment", "offer", "extra orders per extra euro", "one mix for all", "value kept");
const RANKING_COLOURS = new Map([[OWN_POLICY, colour("accent")]]);

function verdictOf({ policies, reward, currency, notCausal }: TrainingReport): VerdictTile {
  const gains = policies.differences.map(({ budget, oneMix }) => ({ budget, gain: oneMix.reward }));
  const { rows, confidence } = policies;
  const verdict = verdictOverOneMix(gains, { label: "Is it worth it?", rows, reward, currency, confidence });
  return notCausal === null ? verdict : { ...verdict, kind: "note" };
}

function figuresOf({ rows, clusters, student, frontier, maxGap, steps }: TrainingReport) {
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  return [
    { label: "Rows", value: whole(rows) },
    {
      label: "Segments",
      value: whole(clusters.length),
      hint: `keep ${percent(student.keptByStudent)} of the value of deciding user by user`,
    },
    { label: "Plans", value: whole(frontier.length), hint: `each within ${percent(maxGap, 2)} of the best` },
    {
      label: "Classifier keeps",
      value: percent(student.valueRatio, 2),
      hint: `of the value; same segment for ${percent(student.agreement)}`,
    },
    { label: "Took", value: `${decimal(seconds)} s` },
  ];
}

function clusterSection({ clusters, arms, reward, currency }: TrainingReport, charts: TrainingCharts): Section {
  return {
    title: "Who the segments are",
    caption:
      "Users are grouped by what an offer changes for them, not by who they are; those whom it changes most come " +
      "first. What is unusual about the users of a segment, the most unusual first:",
    body: [
      picture(charts.sizes, "Share of the rows in each segment"),
      table(
        [
          { title: "Segment" },
          { title: "Rows", number: true },
          { title: "Share", number: true },
          { title: `Without, ${reward} in 1,000`, number: true },
          { title: "What adds most to 1,000" },
          { title: "Its users, against all" },
        ],
        clusters.map((cluster) => [
          `${cluster.cluster}`,
          whole(cluster.rows),
          percent(cluster.share),
          perThousand(itemAt(cluster.reward, 0).value),
          mostAdded(cluster, arms, currency),
          cluster.words,
        ]),
      ),
    ],
  };
}

function mostAdded({ reward, cost }: ClusterFigures, arms: readonly string[], currency: string): string {
  const base = itemAt(reward, 0).value;
  const best = reward.reduce((top, { value }, arm) => (value > itemAt(reward, top).value ? arm : top), 0);
  if (best === 0) return "nothing does";
  const added = perThousand(itemAt(reward, best).value - base);
  return `${arms[best]}: +${added} for ${perThousand(itemAt(cost, best).value / minorPerMajor(currency))}\u00a0${currency}`;
}

function valuesSection(report: TrainingReport, charts: TrainingCharts): Section {
  return {
    title: "What each offer does there",
    caption:
      `The ${report.reward} that an offer adds to 1,000 sessions of the segment, and what it costs: the stronger the colour, the more. ` +
      "Below, the same in figures with 95 % intervals.",
    body: [
      pair(
        picture(
          charts.added,
          `Added ${report.reward} in 1,000 sessions, by segment and offer; red: fewer than without`,
        ),
        picture(charts.cost, `Cost of 1,000 sessions in ${report.currency}, by segment and offer`),
      ),
      valuesTable(report),
    ],
  };
}

function valuesTable({ clusters, arms, reward, currency }: TrainingReport): Html {
  const unit = 1 / minorPerMajor(currency);
  const rows = clusters.flatMap((cluster) => [
    [`${cluster.cluster}`, reward, ...arms.map((_, arm) => ranged(cluster.reward[arm]))],
    ["", `cost, ${currency}`, ...arms.map((_, arm) => ranged(cluster.cost[arm], unit))],
  ]);
  const columns = [{ title: "Segment" }, { title: "In 1,000" }, ...arms.map((title) => ({ title, number: true }))];
  return html`<details>
    <summary>All ${clusters.length} segments in figures</summary>
    ${table(columns, rows)}
  </details>`;
}

function frontierSection(report: TrainingReport, charts: TrainingCharts): Section {
  const { frontier, currency, reward, risk } = report;
  const unit = 1 / minorPerMajor(currency);
  return {
    title: "What money buys",
    caption:
      "Each budget has its plan: which segment gets which offer, how often. The curve is what the plans are expected to bring beyond " +
      `what comes without offers, with what chance may make of it; beside it, what one more ${currency} would bring there.`,
    body: [
      pair(
        picture(charts.frontier, `Expected extra ${reward} by spend`),
        picture(charts.margin, `Extra ${reward} per extra ${currency}, by spend`),
      ),
      table(
        [
          { title: `Budget for 1,000 sessions, ${currency}`, number: true },
          { title: "Expected spend", number: true },
          { title: `Added ${reward}`, number: true },
          { title: `Extra ${reward} per extra ${currency}`, number: true },
          { title: "Below the best, at most", number: true },
          { title: `Chance to pass the budget (at most ${percent(risk, 0)})`, number: true },
        ],
        frontier.map((row) => [
          perThousand(row.budget * unit),
          ranged(row.cost, unit),
          ranged(row.reward),
          short(row.shadowPrice / unit),
          percent(row.gap, 2),
          percent(row.chanceOver),
        ]),
      ),
    ],
  };
}

function learningSection(
  { student, bestEpochs, curves, clustersTried }: TrainingReport,
  charts: TrainingCharts,
): Section {
  const networksTold =
    curves.length === 0
      ? "Boosted trees learned, without networks."
      : `Of each fold's network the members of the epoch are taken at which their loss on rows that they had not seen was ` +
        `least (${bestEpochs.join(", ")} of ${curves.length}).`;
  return {
    title: "How it learned",
    caption:
      `${networksTold} The ` +
      "classifier that serves is a small one that was taught the segments; it is judged by the value it keeps.",
    body: [
      ...(curves.length === 0
        ? []
        : [
            picture(
              charts.curves,
              "The networks' loss by epoch on rows learned from, and on rows that they had not seen",
            ),
          ]),
      table(
        [{ title: "Number of segments tried" }, { title: "Keeps of the value of deciding user by user", number: true }],
        clustersTried.map(({ clusters, kept }) => [whole(clusters), percent(kept, 2)]),
      ),
      table(
        [{ title: `The classifier, on ${whole(student.rows)} rows kept back from it` }, { title: "", number: true }],
        [
          ["Same segment as the ensemble's", percent(student.agreement)],
          ["Keeps of the value of the ensemble's segments", percent(student.valueRatio, 2)],
          ["Of deciding user by user, the ensemble's segments keep", percent(student.keptByTeacher, 2)],
          ["Of deciding user by user, the classifier's segments keep", percent(student.keptByStudent, 2)],
          [
            `Largest difference of a probability as served (${whole(student.onnxRows)} rows)`,
            student.onnxDifference.toExponential(1),
          ],
        ],
      ),
    ],
  };
}

function dataSection({ facts, warnings, steps }: TrainingReport): Section {
  return {
    title: "What it learned from",
    body: [
      table(
        [{ title: "" }, { title: "", number: true }],
        facts.map(({ what, value }) => [what, value]),
      ),
      ...(warnings.length === 0
        ? [html`<p>Nothing about the data gave rise to a warning.</p>`]
        : [
            html`<h3>Before trusting it</h3>`,
            html`<ul>
              ${warnings.map((text) => html`<li>${text}</li>`)}
            </ul>`,
          ]),
      table(
        [{ title: "Step" }, { title: "Seconds", number: true }],
        steps.map(({ step, seconds }) => [step, seconds.toFixed(1)]),
      ),
    ],
  };
}
