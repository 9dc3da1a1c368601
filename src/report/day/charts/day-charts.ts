// Day charts: the pictures of the day report, as SVG.

import { drawChart, type Chart } from "../../page/chart.ts";
import type { Ranged } from "../../../domain/figures.ts";
import type { DayReport } from "../day-figures.ts";
import { moneySpec, type MoneyOverTime } from "../../campaign/money-chart.ts";
import { shareSpecs } from "../../campaign/plan-shares.ts";
import { reasonsSpec, type ReasonsOverTime } from "../../campaign/reasons-chart.ts";
import { liftSpec, type LiftPicture } from "../../campaign/lift-chart.ts";
import { DAY_AXIS } from "../../page/time-axis.ts";
import { armSharesSpec, frontierSpec, marginSpec, positionSpec } from "./plan-charts.ts";
import { latencySpec } from "./latency-chart.ts";

export interface DayCharts {
  readonly money: Chart;
  readonly reasons: Chart;
  readonly shares: readonly { readonly release: string; readonly planned: Chart; readonly given: Chart }[];
  readonly frontier: Chart;
  readonly margin: Chart;
  readonly position: Chart;
  readonly incremental: Chart | null;
  readonly retrainings: readonly Chart[];
  readonly latency: Chart;
}

export async function dayCharts(report: DayReport): Promise<DayCharts> {
  const shares: DayCharts["shares"][number][] = [];
  for (const plan of report.plans) {
    const [planned, given] = shareSpecs(plan);
    shares.push({
      release: plan.release,
      planned: await drawChart(() => planned, "half"),
      given: await drawChart(() => given, "half"),
    });
  }
  const retrainings: Chart[] = [];
  for (const { armShares } of report.retrainings) retrainings.push(await drawChart(() => armSharesSpec(armShares)));
  const { incremental } = report.figures;
  return {
    money: await drawChart((size) => moneySpec(moneyOf(report), size)),
    reasons: await drawChart((size) => reasonsSpec(reasonsOf(report), size)),
    shares,
    frontier: await drawChart(() => frontierSpec(report), "half"),
    margin: await drawChart(() => marginSpec(report), "half"),
    position: await drawChart(() => positionSpec(report)),
    incremental: incremental ? await drawChart(() => liftSpec(liftOf(report, incremental))) : null,
    retrainings,
    latency: await drawChart(() => latencySpec(report)),
  };
}

function moneyOf({ money, figures, currency }: DayReport): MoneyOverTime {
  const points = money.map(({ hour, ...amounts }) => ({ at: hour, ...amounts }));
  return { axis: DAY_AXIS, currency, points, budget: figures.accounts.plan.budget };
}

const QUARTER = 0.25;

function reasonsOf({ reasonsByHour }: DayReport): ReasonsOverTime {
  const rows = reasonsByHour.map(({ hour, reason, sessions }) => ({
    bar: Math.floor(hour / QUARTER),
    reason,
    sessions,
  }));
  const narrow = { together: 2, words: "half an hour" };
  return { axis: DAY_AXIS, rows, bars: { length: QUARTER, words: "a quarter of an hour", narrow } };
}

function liftOf({ reward, figures: { truth } }: DayReport, lift: Ranged): LiftPicture {
  const known = truth === null ? null : { at: truth.incrementalReward, name: "truth" };
  return { title: `extra ${reward} of the day`, lift, known };
}
