// Day charts: the pictures of the day report, as SVG.

import { drawChart } from "../../page/chart.ts";
import type { DayReport } from "../day-figures.ts";
import { moneySpec, reasonsSpec } from "./money-charts.ts";
import { armSharesSpec, frontierSpec, heatSpec, positionSpec } from "./plan-charts.ts";
import { incrementalSpec, latencySpec } from "./result-charts.ts";

export interface DayCharts {
  readonly money: string;
  readonly reasons: string;
  readonly heat: readonly { readonly release: string; readonly svg: string }[];
  readonly frontier: string;
  readonly position: string;
  readonly incremental: string | null;
  readonly retrainings: readonly string[];
  readonly latency: string;
}

export async function dayCharts(report: DayReport): Promise<DayCharts> {
  const heat: { release: string; svg: string }[] = [];
  for (const plan of report.plans) heat.push({ release: plan.release, svg: await drawChart(heatSpec(plan)) });
  const retrainings: string[] = [];
  for (const { armShares } of report.retrainings) retrainings.push(await drawChart(armSharesSpec(armShares)));
  const { incremental } = report.figures;
  return {
    money: await drawChart(moneySpec(report)),
    reasons: await drawChart(reasonsSpec(report)),
    heat,
    frontier: await drawChart(frontierSpec(report)),
    position: await drawChart(positionSpec(report)),
    incremental: incremental ? await drawChart(incrementalSpec(report, incremental)) : null,
    retrainings,
    latency: await drawChart(latencySpec(report)),
  };
}
