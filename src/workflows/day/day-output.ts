// Day output: one JSON object for programs, a short table for the terminal, the figures of the page.

import { formatMean } from "../../domain/money/money.ts";
import type { DayReport } from "../../report/day/day-figures.ts";
import { whole, percent, clock } from "../../domain/figures.ts";
import { shellWord } from "../../terminal/shell-word.ts";
import {
  frontierPictures,
  latencyBins,
  moneySeries,
  planPictures,
  positions,
  reasonRows,
  reasonsByHour,
} from "./day-series.ts";
import type { DayResult } from "./play.ts";

/** The reward's name, when it is one. */
function rewardName({ campaign }: DayResult): string {
  const names = Object.entries(campaign.rewardWeights).filter(([, weight]) => weight !== 0);
  return names.length === 1 && names[0] !== undefined ? names[0][0] : "reward";
}

export function dayJson(result: DayResult, report: string): object {
  const { summary, setting, campaign, verified, retrainings } = result;
  const { plan } = summary.accounts;
  return {
    setting: setting.name,
    label: setting.market.label,
    synthetic: setting.market.synthetic,
    currency: campaign.currency,
    sessions: summary.sessions,
    decisions: summary.decisions,
    decidedTwice: summary.decidedTwice,
    sessionsResent: summary.sessionsResent,
    outcomes: summary.outcomesSent,
    degraded: summary.degraded,
    budget: plan.budget,
    reserved: plan.reserved,
    posted: plan.posted,
    expired: plan.expired,
    voided: plan.voided,
    peak: plan.peak,
    late: plan.late,
    overspend: summary.overspend,
    budgetUsed: summary.budgetUsed,
    budgetPossible: summary.budgetPossible,
    budgetUsedOfPossible: summary.budgetUsedOfPossible,
    exploration: summary.accounts.exploration,
    reasons: Object.fromEntries(Object.entries(summary.reasons).filter(([, count]) => count > 0)),
    retrainings: retrainings.length,
    retrained: retrainings.map(({ json }) => json),
    latencyMs: summary.latencyMs,
    decisionsPerSecond: summary.decisionsPerSecond,
    seconds: { firstTraining: result.trainingSeconds, day: summary.wallSeconds, retrainings: summary.pausedSeconds },
    incrementalReward: summary.incremental,
    ...(summary.truth === null
      ? {}
      : {
          bestPossibleShare: summary.truth.bestPossibleShare,
          bestPossibleShareOfPlan: summary.truth.bestPossibleShareOfPlan,
          truth: { incrementalReward: summary.truth.incrementalReward, spend: summary.truth.spend },
        }),
    verify: {
      ok: verified.ok,
      checked: verified.checked,
      violations: verified.violations,
      violationsInAll: verified.violationsInAll,
    },
    report,
    log: result.logFolder,
  };
}

export function verifyText({ verified }: DayResult): string {
  const { checked } = verified;
  const said =
    `${checked.decisions.toLocaleString("en")} decisions, ${checked.settlements.toLocaleString("en")} settlements and ` +
    `${checked.reports.toLocaleString("en")} shard reports in ${checked.partitions} partitions`;
  return verified.ok
    ? `Proved from the topics alone: ${said}; every budget kept, every reservation ended once, every chain unbroken.`
    : `${verified.violationsInAll} violations in ${said}.`;
}

export function dayText(result: DayResult, report: string): string {
  const { summary, setting, campaign, verified, retrainings } = result;
  const { plan, exploration } = summary.accounts;
  const { incremental, truth, latencyMs } = summary;
  const amount = (minor: number): string => formatMean(minor, campaign.currency);
  const rows: [string, string][] = [
    ["Sessions decided", `${whole(summary.decisions)} of ${whole(summary.sessions)}`],
    ["Budget", amount(plan.budget)],
    ["  reserved, all together", amount(plan.reserved)],
    ["  spent", `${amount(plan.posted)}, ${percent(summary.budgetUsed)} of the budget`],
    [
      "  of what could be spent",
      summary.budgetUsedOfPossible === null ? "nothing was" : percent(summary.budgetUsedOfPossible),
    ],
    ["  expired or declined, given again", amount(plan.expired + plan.voided)],
    ["  most reserved and spent at a time", amount(plan.peak)],
    ["  over the budget", summary.overspend === 0 ? "never" : amount(summary.overspend)],
    ["Exploration", `${amount(exploration.posted)} spent of ${amount(exploration.budget)}`],
  ];
  for (const { words, sessions } of reasonRows(summary.reasons))
    rows.push([`  ${words}`, `${whole(sessions).padStart(9)}  ${percent(sessions / summary.sessions).padStart(7)}`]);
  rows.push([
    `Extra ${rewardName(result)}`,
    incremental === null
      ? "nobody was held out"
      : `${whole(incremental.value)} against the holdout (95 %: ${whole(incremental.low)} to ${whole(incremental.high)})`,
  ]);
  if (truth !== null) {
    rows.push(["  truth of the synthetic world", whole(truth.incrementalReward)]);
    if (truth.bestPossibleShare !== null)
      rows.push(["  of the best possible at that spend", percent(truth.bestPossibleShare)]);
    if (truth.bestPossibleShareOfPlan !== null)
      rows.push(["  the same, where the plan decided", percent(truth.bestPossibleShareOfPlan)]);
  }
  for (const { figures, candidate } of retrainings)
    rows.push([
      `Retrained at ${clock(figures.hour)}`,
      `${whole(figures.rows)} rows + ${whole(figures.earlierRows)} of the first log, ${figures.seconds.toFixed(0)} s, ` +
        `promoted ${candidate.hash.slice(0, 8)}`,
    ]);
  rows.push([
    "A decision",
    `p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms, ${whole(summary.decisionsPerSecond)} a second`,
  ]);
  rows.push(["Verify", verified.ok ? "ok" : `${verified.violationsInAll} violations`]);
  rows.push(["Report", report]);
  rows.push(["Log", `STIPEND_DIR=${shellWord(result.logFolder)} bin/stipend tail decisions`]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
  return `${setting.name}\n${setting.market.label}\n\n${table}`;
}

export function dayReport(result: DayResult, seed: number, command: string): DayReport {
  const { summary, setting, campaign, record, manifests, retrainings, verified } = result;
  return {
    title: "A day of a campaign",
    subtitle: `${setting.name}: ${summary.sessions.toLocaleString("en")} sessions on ${new Date(campaign.startMs).toISOString().slice(0, 10)}, times in ${campaign.timeZone ?? "UTC"}`,
    label: setting.market.label,
    currency: campaign.currency,
    reward: rewardName(result),
    figures: summary,
    money: moneySeries(record),
    reasons: reasonRows(summary.reasons),
    reasonsByHour: reasonsByHour(record),
    plans: planPictures(record, manifests),
    frontiers: frontierPictures(record, manifests),
    positions: positions(record, manifests),
    latencyBins: latencyBins(record),
    retrainings: retrainings.map(({ figures }) => figures),
    verify: {
      ok: verified.ok,
      text: verifyText(result),
      violations: verified.violations
        .slice(0, 50)
        .map(({ law, topic, partition, offset, detail }) => `${law}: ${topic}/${partition}@${offset}: ${detail}`),
    },
    notes:
      retrainings.length > 0
        ? ["The day's clock is virtual and stood still while the retraining ran in its own process."]
        : [],
    footer: `Made by ${command}, seed ${seed}. Amounts are decided in whole minor units; what is expected of them is a statistic.`,
  };
}
