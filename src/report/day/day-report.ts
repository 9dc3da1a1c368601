// Day report
// One page about one day of a campaign: what it spent against what it might, who got what against the plan, what money
// buys at the margin, why sessions got what they got, what the retraining changed, and how fast it was. It is given
// figures and draws them; it works nothing out, but for how many digits to show.

import { formatMean } from "../../domain/money.ts";
import { dayCharts } from "./day-charts.ts";
import type { AccountFigures, DayReport } from "./day-report-figures.ts";
import { html, picture, raw, renderPage, table, type Html, type Section } from "../page/page.ts";

/** The page as one HTML file. */
export async function renderDayReport(report: DayReport): Promise<string> {
  const charts = await dayCharts(report);
  return renderPage({
    title: report.title,
    subtitle: report.subtitle,
    notices: noticesOf(report),
    figures: figuresOf(report),
    sections: [
      {
        title: "Spend against the curve",
        caption:
          "Posted is spent; held is promised and not yet redeemed. The curve is the share of the budget that may be " +
          "out by now: holds count against it with what they are expected to cost. The two together never pass the budget.",
        body: [
          picture(charts.money, "Posted and held money over the day, the pacing curve and the budget"),
          moneyTable(report),
        ],
      },
      {
        title: "Who got what, and what the plan meant",
        caption:
          "Each line is a cluster, the lightest spenders on top; each column an incentive. Left what the plan in force " +
          "gave as shares, right what the sessions got: differences are money that was refused, and chance.",
        body: charts.heat.map(({ svg, release }) => picture(svg, `Planned and given shares under release ${release}`)),
      },
      {
        title: "What money buys",
        caption:
          "Each budget has its plan. The curve is what is expected of them; the shadow price is what one more unit of " +
          "money would bring there. Dots are where the day was.",
        body: [
          picture(charts.frontier, "Expected incremental reward and shadow price by spend per session"),
          picture(charts.position, "Expected spend per session of the plan in force over the day"),
        ],
      },
      {
        title: "Why sessions got what they got",
        body: [picture(charts.reasons, "Decisions by reason over the day"), reasonTable(report)],
      },
      incrementalSection(report, charts.incremental),
      ...retrainingSections(report, charts.retrainings),
      {
        title: "How long a decision took",
        caption:
          "From before the session is sent until its decision is read from the topic by a consumer, on this machine, in " +
          "one process with the treasurer and the simulated world.",
        body: [picture(charts.latency, "Decisions by latency")],
      },
      verifySection(report),
    ],
    footer: report.footer,
  });
}

function noticesOf(report: DayReport) {
  return [
    { kind: "note" as const, text: report.label },
    ...report.notes.map((text) => ({ kind: "note" as const, text })),
    report.overspend === 0
      ? { kind: "good" as const, text: "Held and spent money together never passed the budget." }
      : { kind: "bad" as const, text: `The budget was passed by ${formatMean(report.overspend, report.currency)}.` },
    report.verify.ok
      ? { kind: "good" as const, text: report.verify.text }
      : { kind: "bad" as const, text: report.verify.text },
  ];
}

function figuresOf(report: DayReport) {
  const { currency, incremental, truth, latency } = report;
  const plan = report.accounts[0];
  return [
    { label: "Sessions decided", value: whole(report.sessions) },
    {
      label: "Budget",
      value: plan ? formatMean(plan.budget, currency) : "none",
      hint: plan ? `posted ${formatMean(plan.posted, currency)}` : "",
    },
    {
      label: "Budget used",
      value: percent(report.budgetUsed),
      ...(report.budgetUsedOfPossible !== null
        ? { hint: `${percent(report.budgetUsedOfPossible)} of what was possible` }
        : {}),
    },
    {
      label: `Incremental ${report.reward}`,
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
      value: `${latency.p50.toFixed(1)} ms`,
      hint: `p99 ${latency.p99.toFixed(1)} ms, ${whole(latency.decisionsPerSecond)} a second`,
    },
  ];
}

function moneyTable({ accounts, currency }: DayReport): Html {
  const amounts = (pick: (account: AccountFigures) => number): string[] =>
    accounts.map((account) => formatMean(pick(account), currency));
  return table(
    [{ title: "Money" }, ...accounts.map(({ name }) => ({ title: name, number: true }))],
    [
      ["Budget", ...amounts((account) => account.budget)],
      ["Held, all together", ...amounts((account) => account.reserved)],
      ["Posted", ...amounts((account) => account.posted)],
      ["Expired unredeemed, drawn again", ...amounts((account) => account.expired)],
      ["Declined, drawn again", ...amounts((account) => account.voided)],
      ["Most that was held and posted at one time", ...amounts((account) => account.peak)],
      ["Outcomes after the hold's end (never money)", ...accounts.map((account) => whole(account.late))],
    ],
  );
}

function reasonTable({ reasons, sessions }: DayReport): Html {
  return table(
    [{ title: "Reason" }, { title: "Sessions", number: true }, { title: "Share", number: true }, { title: "Means" }],
    reasons.map((row) => [
      html`<code>${row.reason}</code>`,
      whole(row.sessions),
      percent(row.sessions / sessions),
      row.meaning,
    ]),
  );
}

function incrementalSection(report: DayReport, chart: string | null): Section {
  const { incremental, truth } = report;
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
      ...(chart === null ? [] : [picture(chart, "Incremental reward with its interval")]),
      table([{ title: "" }, { title: "", number: true }], rows),
    ],
  };
}

function retrainingSections(report: DayReport, charts: readonly string[]): Section[] {
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
        : [picture(charts[index], "Share of each incentive before and after, at the budget left")]),
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

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function decimal(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function percentOr(share: number | null): string {
  return share === null ? "none" : percent(share);
}

function clock(hour: number): string {
  const minutes = Math.floor(hour * 60) % 1440;
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}
