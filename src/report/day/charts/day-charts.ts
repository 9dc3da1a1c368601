// Day charts: the pictures of the day report, as SVG.

import { drawChart, type Chart } from "../../page/chart.ts";
import type { DayReport } from "../day-figures.ts";
import { moneySpec, reasonsSpec } from "./money-charts.ts";
import { armSharesSpec, frontierSpec, marginSpec, positionSpec, shareSpecs } from "./plan-charts.ts";
import { incrementalSpec, latencySpec } from "./result-charts.ts";

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
    money: await drawChart((size) => moneySpec(report, size)),
    reasons: await drawChart((size) => reasonsSpec(report, size)),
    shares,
    frontier: await drawChart(() => frontierSpec(report), "half"),
    margin: await drawChart(() => marginSpec(report), "half"),
    position: await drawChart(() => positionSpec(report)),
    incremental: incremental ? await drawChart(() => incrementalSpec(report, incremental)) : null,
    retrainings,
    latency: await drawChart(() => latencySpec(report)),
  };
}
