// Report
// RESULTS.md and its pictures, from the results alone: what was run, by method and world, and what was not measured.

import { writeFile } from "node:fs/promises";
import path from "node:path";
import { drawFile } from "../../src/report/page/chart.ts";
import { BUDGETS, mean, type Figures } from "./scorer.ts";

export interface Result extends Figures {
  readonly world: string;
  readonly rows: number;
  readonly people: number;
  readonly noise: number;
  readonly seed: number;
  readonly method: string;
  /** Of the processor, to learn and to predict; for ours both figures are of one training. */
  readonly seconds: number;
}

export interface Results {
  readonly versions: string;
  readonly results: readonly Result[];
}

const METHODS: Readonly<Record<string, string>> = {
  ours: "**ours as served**",
  individual: "ours, user by user",
  mark: "the mark: S-learner in two parts, tuned (LightGBM)",
  s: "S-learner (LightGBM)",
  t: "T-learner (LightGBM)",
  x: "X-learner (LightGBM)",
  forest: "causal forest (EconML)",
  tarnet: "TARNet (own, JAX)",
  dragonnet: "DragonNet (own, JAX)",
  dfcl: "decision-focused, policy loss (own, JAX)",
};

const FIGURES = ["share", "error", "frozen", "resolved"] as const;

const WORLDS: Readonly<Record<string, string>> = {
  A: "eight ordered coupons, smooth effects of numbers",
  a: "the same with fewer rows and heavier baskets",
  B: "six nominal arms, rare orders, effects in pairs of categories",
  b: "the same with fewer rows",
  C: "five percentage discounts, effects in products and signs of numbers",
  D: "the cheapest of five arms is best for many, some are put off by every arm",
};

export async function writeReport(found: Results, folder: string): Promise<void> {
  await writeFile(path.join(folder, "RESULTS.md"), reportOf(found));
  for (const setting of settingsOf(found.results))
    await writeFile(path.join(folder, pictureOf(setting)), await picture(setting));
}

/** Results of one world, number of rows and noise. */
interface Setting {
  readonly world: string;
  readonly rows: number;
  readonly noise: number;
  readonly results: readonly Result[];
}

function settingsOf(results: readonly Result[]): Setting[] {
  const settings = new Map<string, Result[]>();
  for (const each of results) {
    const key = `${each.world} ${each.rows} ${each.noise}`;
    settings.set(key, [...(settings.get(key) ?? []), each]);
  }
  return [...settings.values()].map((some) => {
    const { world, rows, noise } = some[0]!;
    return { world, rows, noise, results: some };
  });
}

export function reportOf({ versions, results }: Results): string {
  const settings = settingsOf(results);
  return [
    "# Allocation against other methods",
    "",
    "Made by `npm run bench:quality` from `results.json`; not edited by hand. Synthetic markets whose truth is known, new people",
    "that are in no log. **share**: true incremental reward of the best possible at the same true spend, mean over twelve",
    "budgets from 3 to 90 % of what the dearest arm for all would cost. **error**: mean |true spend / budget − 1| where the method",
    "thinks that it spends the budget. **shifted**: the same on another population (numeric features moved by half a deviation),",
    "with the price or plan row of before, and solved again on the method's view of the new people. Mean over the seeds ± the",
    "standard deviation of one seed. Seconds are the processor's, and grow on a machine that others use.",
    "",
    `Run on: ${versions}.`,
    ...settings.flatMap(sectionOf),
    "",
    "## Not measured",
    "",
    ...notMeasured(settings).map((line) => `- ${line}`),
    "",
  ].join("\n");
}

function sectionOf(setting: Setting): string[] {
  const { world, rows, noise, results } = setting;
  const seeds = [...new Set(results.map(({ seed }) => seed))].toSorted((a, b) => a - b);
  const noisy = noise > 0 ? `, ${100 * noise} % of the outcomes wrong` : "";
  const methods = Object.keys(METHODS).filter((name) => results.some(({ method }) => method === name));
  const cells = (of: readonly Result[], pick: (each: Result) => number): string => {
    const values = of.map(pick);
    return values.length > 1 ? `${digits(mean(values))} ± ${digits(deviation(values))}` : digits(values[0] ?? NaN);
  };
  return [
    "",
    `## World ${world}, ${rows.toLocaleString("en")} rows${noisy}`,
    "",
    `${capital(WORLDS[world] ?? "")}. ${seeds.length > 1 ? "Seeds" : "Seed"} ${seeds.join(", ")}.`,
    "",
    "| method | share | error | shifted, as it was | shifted, solved again | ours less this | seconds |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...methods.map((name) => {
      const of = results.filter(({ method }) => method === name);
      const seconds = Math.round(mean(of.map((each) => each.seconds)));
      const figures = FIGURES.map((key) => cells(of, (each) => each[key]));
      return `| ${[METHODS[name], ...figures, name === "ours" ? "" : behind(name, results), seconds].join(" | ")} |`;
    }),
    "",
    `![Share by budget](${pictureOf(setting)})`,
    ...ablationsOf(results, cells),
  ];
}

/** Ours with one choice set otherwise: what is no method of its own. */
function ablationsOf(
  all: readonly Result[],
  cells: (of: readonly Result[], pick: (each: Result) => number) => string,
): string[] {
  const names = [...new Set(all.map(({ method }) => method))].filter((name) => METHODS[name] === undefined);
  if (names.length === 0) return [];
  const seeds = new Set(all.filter(({ method }) => names.includes(method)).map(({ seed }) => seed));
  const results = all.filter(({ seed }) => seeds.has(seed));
  return [
    "",
    `Ours with one choice set otherwise, from the same network (seed ${[...seeds].join(", ")}):`,
    "",
    "| otherwise | share | error | shifted, as it was | shifted, solved again | ours less this |",
    "| --- | --- | --- | --- | --- | --- |",
    ...["ours", ...names].map((name) => {
      const of = results.filter(({ method }) => method === name);
      const figures = FIGURES.map((key) => cells(of, (each) => each[key]));
      return `| ${[METHODS[name] ?? name, ...figures, name === "ours" ? "" : behind(name, results)].join(" | ")} |`;
    }),
  ];
}

/** Ours as served less the method's share, paired by seed, with the interval that t allows from three seeds on. */
function behind(method: string, results: readonly Result[]): string {
  const pairs = results
    .filter((each) => each.method === method)
    .flatMap(({ seed, share }) => {
      const ours = results.find((each) => each.method === "ours" && each.seed === seed);
      return ours === undefined ? [] : [ours.share - share];
    });
  if (pairs.length < 3) return pairs.map((each) => signed(each)).join(", ");
  const half = (T95[pairs.length - 1] ?? 1.96) * (deviation(pairs) / Math.sqrt(pairs.length));
  return `${signed(mean(pairs))} (${signed(mean(pairs) - half)} to ${signed(mean(pairs) + half)})`;
}

/** Two-sided, by degrees of freedom. */
const T95: Readonly<Record<number, number>> = {
  ...{ 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201 },
};

function notMeasured(settings: readonly Setting[]): string[] {
  const all = settings.flatMap(({ results }) => results);
  const missing = Object.keys(WORLDS).filter((world) => !all.some((each) => each.world === world));
  const unseen = Object.entries(METHODS)
    .map(([method, name]) => {
      const without = settings.filter(({ results }) => !results.some((each) => each.method === method));
      return without.length === 0
        ? ""
        : `${name}: not in ${without.map(({ world, rows }) => `${world} (${rows})`).join(", ")}`;
    })
    .filter((line) => line !== "");
  return [
    ...(missing.length > 0 ? [`worlds ${missing.join(", ")}`] : []),
    ...unseen,
    ...(settings.some(({ noise }) => noise > 0) ? [] : ["label noise (`--noise 0,0.05`)"]),
    ...(all.some(({ method }) => METHODS[method] === undefined)
      ? []
      : ["ours with choices taken away (`--ablations`)"]),
    "one member to sixteen, clusters on raw features or predicted effects",
    "real experiments, where no truth is known; logs of a million rows",
    "methods that have neither a maintained library nor our own implementation here: E3IR, DRP",
  ];
}

function pictureOf({ world, rows, noise }: Setting): string {
  return `share-${world === world.toLowerCase() ? `${world}-small` : world}-${rows}${noise > 0 ? `-noise-${noise}` : ""}.svg`;
}

async function picture({ results }: Setting): Promise<string> {
  const values = Object.entries(METHODS).flatMap(([method, name]) => {
    const of = results.filter((each) => each.method === method);
    if (of.length === 0) return [];
    return BUDGETS.map((budget, at) => ({
      method: name.replaceAll("**", ""),
      budget,
      share: mean(of.map(({ byBudget }) => byBudget[at]!)),
    }));
  });
  return await drawFile({
    width: 560,
    height: 300,
    data: { values },
    mark: { type: "line", point: { size: 18 } },
    encoding: {
      x: {
        field: "budget",
        type: "quantitative",
        axis: { title: "budget, of the dearest arm for all", format: ".0%" },
      },
      y: { field: "share", type: "quantitative", scale: { zero: false }, axis: { title: "share of the best" } },
      color: {
        field: "method",
        type: "nominal",
        sort: null,
        legend: { title: null, labelLimit: 320, orient: "right", columns: 1 },
      },
    },
  });
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1));
}

function digits(value: number): string {
  return value.toFixed(3).replace(/^(-?)0\./, "$1.");
}

function signed(value: number): string {
  return `${value >= 0 ? "+" : "−"}${digits(Math.abs(value))}`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
