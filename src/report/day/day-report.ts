// Day report: one page about one day of a campaign: what it spent against what it might, who got what against the plan, what money
// buys at the margin, why sessions got what they got, what the retraining changed, and how fast it was. It is given figures and
// works nothing out, but for how many digits to show.

import { formatMean } from "../../domain/money/money.ts";
import { wordsOf } from "../../domain/glossary.ts";
import { whole, decimal, percent, signed, clock } from "../../domain/figures.ts";
import {
  html,
  pair,
  picture,
  raw,
  renderPage,
  table,
  wordsSection,
  type Html,
  type Section,
  type VerdictTile,
} from "../page/page.ts";
import type { Chart } from "../page/chart.ts";
import { dayCharts } from "./charts/day-charts.ts";
import type { AccountFigures, DayReport } from "./day-figures.ts";

/** The page as one HTML file. */
export async function renderDayReport(report: DayReport): Promise<string> {
  const charts = await dayCharts(report);
  return renderPage({
    title: report.title,
    subtitle: report.subtitle,
    verdicts: [verdictOf(report)],
    notices: noticesOf(report),
    figures: figuresOf(report),
    sections: [
      {
        title: "Spend against the curve",
        caption:
          "Spent is what was redeemed and sent; reserved is promised and not yet redeemed. The curve is how the budget is meant to " +
          "go out: what is reserved counts against it with what it is expected to cost. The two together never pass the budget.",
        body: [
          picture(charts.money, "Spent and reserved money over the day, the curve and the budget"),
          moneyTable(report),
        ],
      },
      {
        title: "Who got what, and what the plan meant",
        caption:
          "Each line is a segment, those on whom least is spent on top; each column an offer. First what the plan in force " +
          "gave as shares, then what the sessions got: differences are money that was refused, and chance.",
        body: charts.shares.map(({ planned, given, release }) =>
          pair(
            picture(planned, `Planned under release ${release}: shares of the segment's sessions`),
            picture(given, `Given under release ${release}`),
          ),
        ),
      },
      {
        title: "What money buys",
        caption:
          `Each budget has its plan. The curve is what is expected of them; beside it, what one more ${report.currency} would ` +
          "bring there. The large dots are where the day was, at its beginning and end.",
        body: [
          pair(
            picture(charts.frontier, `Expected extra ${report.reward} by spend`),
            picture(charts.margin, `Extra ${report.reward} per extra ${report.currency}, by spend`),
          ),
          picture(
            charts.position,
            "Budget level over the day: the expected spend of the plan in force for 1,000 sessions",
          ),
        ],
      },
      {
        title: "Why sessions got what they got",
        body: [picture(charts.reasons, "Decisions by what came of them, over the day"), reasonTable(report)],
      },
      incrementalSection(report, charts.incremental),
      ...retrainingSections(report, charts.retrainings),
      {
        title: "How long a decision took",
        caption:
          "From before the session is sent until its decision is read from the topic by a consumer, on this machine, in " +
          "one process with everything else and the simulated world.",
        body: [picture(charts.latency, "Decisions by latency")],
      },
      verifySection(report),
      wordsSection(WORDS),
    ],
    footer: report.footer,
  });
}

const WORDS = wordsOf(
  ...(["spent", "reserved", "budget level", "curve", "segment", "offer", "holdout", "exploration"] as const),
  ...(["extra orders per extra euro", "refused for money"] as const),
);

/** What was spent, what it brought, and how much of what was possible. */
function verdictOf({ figures, currency, reward }: DayReport): VerdictTile {
  const { accounts, budgetUsed, budgetUsedOfPossible, incremental, truth } = figures;
  const spent = `${formatMean(accounts.plan.posted, currency)} spent, ${percent(budgetUsed)} of the budget`;
  const possible = [
    ...(budgetUsedOfPossible === null ? [] : [`${percent(budgetUsedOfPossible)} of what could be spent`]),
    ...(typeof truth?.bestPossibleShare === "number"
      ? [`${percent(truth.bestPossibleShare)} of the ${reward} that the best possible policy brings for that spend`]
      : []),
  ];
  const of = possible.length > 0 ? `That is ${possible.join(", and ")}.` : "";
  const label = "What the day came to";
  if (incremental === null) return { label, kind: "note", value: spent, hint: `Nobody was held out. ${of}`.trim() };
  const { value, low, high } = incremental;
  return {
    label,
    kind: low > 0 ? "good" : high < 0 ? "bad" : "note",
    value: `${spent}: ${signed(value)} ${reward} (${decimal(low)} to ${decimal(high)})`,
    hint: `Against the holdout, with its 95 % interval. ${of}`.trim(),
  };
}

function noticesOf(report: DayReport) {
  const { overspend } = report.figures;
  return [
    { kind: "note" as const, text: report.label },
    ...report.notes.map((text) => ({ kind: "note" as const, text })),
    overspend === 0
      ? { kind: "good" as const, text: "Reserved and spent money together never passed the budget." }
      : { kind: "bad" as const, text: `The budget was passed by ${formatMean(overspend, report.currency)}.` },
    report.verify.ok
      ? { kind: "good" as const, text: report.verify.text }
      : { kind: "bad" as const, text: report.verify.text },
  ];
}

function figuresOf(report: DayReport) {
  const { currency, figures } = report;
  const { incremental, truth, latencyMs, accounts, budgetUsedOfPossible } = figures;
  return [
    { label: "Sessions decided", value: whole(figures.sessions) },
    {
      label: "Budget",
      value: formatMean(accounts.plan.budget, currency),
      hint: `spent ${formatMean(accounts.plan.posted, currency)}`,
    },
    {
      label: "Budget used",
      value: percent(figures.budgetUsed),
      ...(budgetUsedOfPossible !== null ? { hint: `${percent(budgetUsedOfPossible)} of what was possible` } : {}),
    },
    {
      label: `Extra ${report.reward}`,
      value: incremental ? decimal(incremental.value) : "not known",
      ...(incremental ? { hint: `95 %: ${decimal(incremental.low)} to ${decimal(incremental.high)}` } : {}),
    },
    ...(typeof truth?.bestPossibleShare === "number"
      ? [
          {
            label: "Of the best possible",
            value: percent(truth.bestPossibleShare),
            hint: "at the same true spend; synthetic",
          },
        ]
      : []),
    {
      label: "A decision",
      value: `${latencyMs.p50.toFixed(1)} ms`,
      hint: `p99 ${latencyMs.p99.toFixed(1)} ms, ${whole(figures.decisionsPerSecond)} a second`,
    },
  ];
}

const ACCOUNT_WORDS: Readonly<Record<string, string>> = { plan: "For the plan", exploration: "To learn from" };

function moneyTable({ figures, currency }: DayReport): Html {
  const accounts = Object.entries(figures.accounts);
  const amounts = (pick: (account: AccountFigures) => number): string[] =>
    accounts.map(([, account]) => formatMean(pick(account), currency));
  return table(
    [{ title: "Money" }, ...accounts.map(([account]) => ({ title: ACCOUNT_WORDS[account] ?? account, number: true }))],
    [
      ["Budget", ...amounts((account) => account.budget)],
      ["Reserved, all together", ...amounts((account) => account.reserved)],
      ["Spent", ...amounts((account) => account.posted)],
      ["Expired unredeemed, given again", ...amounts((account) => account.expired)],
      ["Declined, given again", ...amounts((account) => account.voided)],
      ["Most that was reserved and spent at one time", ...amounts((account) => account.peak)],
      ["Outcomes after the offer's end (never money)", ...accounts.map(([, account]) => whole(account.late))],
    ],
  );
}

function reasonTable({ reasons, figures }: DayReport): Html {
  return table(
    [
      { title: "Why" },
      { title: "Sessions", number: true },
      { title: "Share", number: true },
      { title: "On the topic" },
    ],
    reasons.map((row) => [
      row.words,
      whole(row.sessions),
      percent(row.sessions / figures.sessions),
      html`<code>${row.reason}</code>`,
    ]),
  );
}

function incrementalSection(report: DayReport, chart: Chart | null): Section {
  const { incremental, truth } = report.figures;
  if (incremental === null)
    return { title: "What it brought", body: [html`<p>Nobody was held out, so nothing can be said.</p>`] };
  const { treated, holdout, perSession } = incremental;
  const rows: (readonly [string, string])[] = [
    ["Users not held out, and held out", `${whole(treated.users)}, ${whole(holdout.users)}`],
    ["Their sessions", `${whole(treated.sessions)}, ${whole(holdout.sessions)}`],
    [`Mean ${report.reward} a user`, `${treated.rewardPerUser.toFixed(4)}, ${holdout.rewardPerUser.toFixed(4)}`],
    ["Difference × users not held out", decimal(incremental.value)],
    ["95 % interval", `${decimal(incremental.low)} to ${decimal(incremental.high)}`],
    [
      "Difference of a session (of other sessions, where incentives bring users back)",
      `${perSession.value.toFixed(4)} (${perSession.low.toFixed(4)} to ${perSession.high.toFixed(4)})`,
    ],
  ];
  if (truth) {
    rows.push(["True expected value of what was decided (synthetic world)", decimal(truth.incrementalReward)]);
    rows.push(["True expected spend (synthetic world)", formatMean(truth.spend, report.currency)]);
    rows.push(["Share of the best possible at that spend", percentOr(truth.bestPossibleShare)]);
    rows.push(["The same, where the plan decided", percentOr(truth.bestPossibleShareOfPlan)]);
  }
  return {
    title: "What it brought",
    caption: "Against users who were held out by chance and never got anything.",
    body: [
      ...(chart === null ? [] : [picture(chart, `Extra ${report.reward} with its interval`)]),
      table([{ title: "" }, { title: "", number: true }], rows),
    ],
  };
}

function retrainingSections(report: DayReport, charts: readonly Chart[]): Section[] {
  return report.retrainings.map((retraining, index) => ({
    title: `What the retraining at ${clock(retraining.hour)} changed`,
    caption:
      `${retraining.why} ${whole(retraining.rows)} rows of the training log` +
      (retraining.earlierRows > 0 ? ` and ${whole(retraining.earlierRows)} of the first randomised log` : "") +
      `, ${retraining.seconds.toFixed(0)} seconds in a process of its own. ${retraining.outcome}`,
    body: [
      table(
        [{ title: "" }, { title: "Before", number: true }, { title: "After", number: true }],
        retraining.facts.map(({ what, before, after }) => [what, before, after]),
      ),
      ...(charts[index] === undefined
        ? []
        : [picture(charts[index], "Share of each offer before and after, at the budget left")]),
    ],
  }));
}

function verifySection({ verify }: DayReport): Section {
  return {
    title: "What the topics prove",
    body: [
      html`<p>${verify.text}</p>`,
      ...(verify.violations.length > 0
        ? [raw(`<ul>${verify.violations.map((text) => html`<li>${text}</li>`.html).join("")}</ul>`)]
        : []),
    ],
  };
}

function percentOr(share: number | null): string {
  return share === null ? "none" : percent(share);
}
