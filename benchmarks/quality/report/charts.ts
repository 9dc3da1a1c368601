// Charts: the pictures of RESULTS.md, as files of their own on a light ground.

import type { TopLevelSpec } from "vega-lite";
import { drawFile } from "../../../src/report/page/chart.ts";
import { colour, SERIES } from "../../../src/report/page/palette.ts";
import type { ExperimentResult } from "../experiments/judge.ts";
import { METHODS } from "../results.ts";
import { BUDGETS, mean } from "../scorer.ts";
import { pairedDifference } from "../statistics.ts";
import { methodsIn, of, titleOf, type Setting } from "./settings.ts";

/** Without the library, which the tables name. */
const short = (method: string): string =>
  (METHODS[method] ?? method)
    .replace(/ \(.*/, "")
    .replace(/:.*/, "")
    .replace(/^decision-focused.*/, "decision-focused");

const HEADER = { header: { labelFontSize: 12, labelFontWeight: 600, labelColor: colour("ink") } } as const;
const PERCENT = { format: ".0%" } as const;

/** Of each market: ours less each method, with its interval; the line is 0, the dashes two points. */
export async function summaryChart(settings: readonly Setting[]): Promise<string | null> {
  const markets = settings.filter(({ noise }) => noise === 0);
  const values = markets.flatMap((setting) =>
    methodsIn([setting]).flatMap((method) => {
      const found = pairedDifference(of(setting, "ours"), of(setting, method), ({ share }) => share);
      if (method === "ours" || found === null) return [];
      const { low, high } = found.interval ?? { low: found.mean, high: found.mean };
      const told = { method: short(method), market: `World ${titleOf(setting)}` };
      return [{ ...told, less: found.mean, low, high, verdict: found.verdict }];
    }),
  );
  if (values.length === 0) return null;
  const y = {
    field: "method",
    type: "nominal" as const,
    sort: Object.keys(METHODS).map(short),
    axis: { title: null, labelLimit: 200, grid: true },
  };
  const x = {
    type: "quantitative" as const,
    axis: { title: null, format: "+.3~f", tickCount: 4 },
  };
  const color = {
    field: "verdict",
    type: "nominal" as const,
    scale: {
      domain: ["better", "not told apart", "worse", "too few seeds"],
      range: [colour("good"), colour("soft"), colour("bad"), colour("c-nothing")],
    },
    legend: { title: "ours is", orient: "bottom" as const, columns: 4 },
  };
  return await drawFile({
    data: { values },
    title: "Ours as served less each method, in shares of the best possible; the dashes are two points",
    facet: {
      field: "market",
      type: "nominal",
      title: null,
      sort: markets.map((setting) => `World ${titleOf(setting)}`),
      ...HEADER,
    },
    columns: 3,
    spacing: 18,
    spec: {
      width: 200,
      height: { step: 22 },
      layer: [
        { mark: { type: "rule", color: colour("edge") }, encoding: { x: { datum: 0, type: "quantitative" } } },
        {
          mark: { type: "rule", color: colour("edge"), strokeDash: [3, 3] },
          encoding: { x: { datum: 0.02, type: "quantitative" } },
        },
        {
          mark: { type: "rule", strokeWidth: 2 },
          encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" }, color },
        },
        { mark: { type: "point", filled: true, size: 50 }, encoding: { y, x: { ...x, field: "less" }, color } },
      ],
    },
    resolve: { scale: { x: "independent" } },
  });
}

/** One colour for a method in all pictures; the mark's is the strongest of the others. */
function methodColours(): ReadonlyMap<string, string> {
  const [first = "", second = "", , ...rest] = SERIES;
  const colours = [first, second, colour("bad"), ...rest, colour("c-cheaper"), colour("edge")];
  return new Map(Object.keys(METHODS).map((method, at) => [method, colours[at % colours.length]!]));
}

export async function marketChart(setting: Setting): Promise<string> {
  const methods = methodsIn([setting]);
  const values = methods.flatMap((method) =>
    BUDGETS.map((budget, at) => ({
      method: short(method),
      budget,
      share: mean(of(setting, method).map(({ byBudget }) => byBudget[at]!)),
    })),
  );
  const colours = methodColours();
  const spec: TopLevelSpec = {
    width: 560,
    height: 320,
    data: { values },
    mark: { type: "line", point: { size: 18 } },
    encoding: {
      x: {
        field: "budget",
        type: "quantitative",
        axis: { title: "budget, of the dearest arm for all", ...PERCENT },
      },
      y: { field: "share", type: "quantitative", scale: { zero: false }, axis: { title: "share of the best" } },
      color: {
        field: "method",
        type: "nominal",
        scale: { domain: methods.map(short), range: methods.map((method) => colours.get(method)!) },
        legend: { title: null, labelLimit: 200, orient: "right", columns: 1 },
      },
      strokeWidth: { condition: { test: `datum.method === '${short("ours")}'`, value: 3 }, value: 1.5 },
    },
  };
  return await drawFile(spec);
}

/** Of each method: ours less it, by budget, with the paired interval. */
export async function experimentChart(found: readonly ExperimentResult[]): Promise<string> {
  const values = found.flatMap(({ method, budgets }) =>
    budgets.flatMap(({ budget, oursLess }) =>
      oursLess === null
        ? []
        : [{ method: short(method), budget, less: oursLess.value, low: oursLess.low, high: oursLess.high }],
    ),
  );
  const x = {
    field: "budget",
    type: "quantitative" as const,
    axis: { title: null, ...PERCENT, values: [0.2, 0.5, 0.8] },
  };
  const y = { type: "quantitative" as const, axis: { title: null, tickCount: 5 } };
  return await drawFile({
    data: { values },
    title: "Ours less this: reward in 1,000 rows, by budget as a share of what the dearest arm for all would cost",
    facet: { field: "method", type: "nominal", title: null, sort: Object.keys(METHODS).map(short), ...HEADER },
    columns: 4,
    spacing: 18,
    spec: {
      width: 170,
      height: 120,
      layer: [
        { mark: { type: "rule", color: colour("edge") }, encoding: { y: { datum: 0, type: "quantitative" } } },
        {
          mark: { type: "area", opacity: 0.2 },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
        },
        { mark: { type: "line", point: { size: 25 } }, encoding: { x, y: { ...y, field: "less" } } },
      ],
    },
  });
}
