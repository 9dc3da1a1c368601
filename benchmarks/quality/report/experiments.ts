// Experiments: a section for each real one.

import { EXPERIMENTS } from "../experiments/published.ts";
import { verdictOf, type ExperimentResult } from "../experiments/judge.ts";
import { METHODS, SCORES_ONLY } from "../results.ts";
import { digits, rowsText, signed, table } from "./format.ts";
import { SCORES_TOLD } from "./markets.ts";
import { labelOf } from "./settings.ts";

export function experimentsSection(experiments: readonly ExperimentResult[]): string[] {
  const names = [...new Set(experiments.map(({ experiment }) => experiment))];
  if (names.length === 0) return [];
  return [
    "",
    "## Real experiments",
    "",
    "Published trials in which chance gave the arms; no truth is known. Each row is decided by what was learned from the other",
    "folds, and policies are valued by the log (expected outcome metric) at the same measured spend, shares of what the dearest",
    "arm for all would cost. Figures of reward are per thousand rows, over nobody getting anything; intervals are 95 %, by a",
    "seeded bootstrap of 1,000 draws that are the same for all methods. **ours is**: _no worse_ where the interval of ours less",
    "this has 0 in it or lies above it at every budget, _better_ where it lies above it at one and below at none, _worse_",
    "otherwise; of six budgets and many methods some will be so by chance. AUCC (Du and others 2019; ½ is chance) and Qini",
    "(Radcliffe 2007; per row) are of one arm each against the control, and do not rank policies with several arms. A plan from a",
    "part of a small log may lie up to 2 % from its bound, where `stipend train` takes .5 %.",
    ...names.flatMap((name) => experimentSection(name, experiments)),
  ];
}

function experimentSection(name: string, all: readonly ExperimentResult[]): string[] {
  const found = Object.keys(METHODS).flatMap((method) =>
    all.filter((each) => each.experiment === name && each.method === method),
  );
  const first = found[0]!;
  const told = EXPERIMENTS.find((each) => each.name === name)?.told ?? "given by a path";
  const arms = (values: readonly (number | null)[], places: number): string =>
    values.map((value) => (value === null ? "–" : digits(value, places))).join(", ");
  const budgets = first.budgets.map(({ budget }) => `${Math.round(100 * budget)} %`);
  return [
    "",
    `### ${name}, ${rowsText(first.rows)} rows`,
    "",
    `${told}. ${first.folds} folds${first.repeats > 1 ? `, split ${first.repeats} times` : ""}.`,
    ...table(
      ["method", "ours is", "budget error", "AUCC by arm", "Qini by arm, ×1,000", "seconds"],
      found.map((each) => [
        labelOf(each.method),
        each.method === "ours" ? "" : (verdictOf(each.budgets) ?? ""),
        `${digits(each.error)}${SCORES_ONLY.has(each.method) ? " †" : ""}`,
        arms(each.aucc, 2),
        arms(
          each.qini.map((value) => (value === null ? null : 1000 * value)),
          1,
        ),
        String(Math.round(each.seconds)),
      ]),
    ),
    ...(found.some(({ method }) => SCORES_ONLY.has(method)) ? ["", SCORES_TOLD] : []),
    "",
    "Incremental reward of ours, and ours less each other, by budget:",
    ...table(
      ["method", ...budgets],
      found.map((each) => [
        labelOf(each.method),
        ...each.budgets.map(({ value, oursLess }) => range(each.method === "ours" ? value : oursLess)),
      ]),
    ),
    "",
    `![Ours less each method, by budget](${experimentPicture(name)})`,
  ];
}

function range(found: { readonly value: number; readonly low: number; readonly high: number } | null): string {
  if (found === null) return "–";
  return `${signed(found.value, 1)} (${signed(found.low, 1)} to ${signed(found.high, 1)})`;
}

export function experimentPicture(name: string): string {
  return `experiment-${name}.svg`;
}
