// Measure: one real experiment, all methods, by repeated K-fold splits.

import { BOOTSTRAP } from "../../../src/evaluate/policy/bootstrap.ts";
import type { Asked } from "../options.ts";
import type { Python } from "../environment.ts";
import { judgeExperiment, type ExperimentResult } from "./judge.ts";
import { experimentOf } from "./published.ts";
import { readExperiment } from "./rows.ts";
import { toldBy, type Told } from "./told.ts";

export async function measureExperiment(
  name: string,
  { experiments, methods, learn }: Pick<Asked, "experiments" | "methods" | "learn">,
  python: Python,
  learner: string,
  tell: (text: string) => void,
): Promise<ExperimentResult[]> {
  const experiment = experimentOf(name, experiments.folder);
  const rows = await readExperiment(experiment, experiments.unit);
  const { folds, repeats } = experiments;
  const told = new Map<string, Told[]>();
  for (const method of methods)
    for (let seed = 1; seed <= repeats; seed += 1) {
      tell(`${experiment.name}, split ${seed} of ${repeats}: ${method}`);
      for (const each of await toldBy(method, rows, { python, learn, folds, seed }))
        told.set(each.method, [...(told.get(each.method) ?? []), each]);
    }
  const known = { experiment: experiment.name, rows: rows.block.n, folds, repeats };
  return judgeExperiment(rows.logged, told, BOOTSTRAP).map((each) => ({
    ...known,
    ...each,
    ...(each.method === "ours" || each.method === "individual" ? { learner } : {}),
  }));
}
