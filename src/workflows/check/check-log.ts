// Check a log: can it be learned from, before an hour is spent on it? What was read and left out, whether chance gave the
// arms, which features look as if they were known too late, and whether the rows are enough.

import { BOOTSTRAP } from "../../evaluate/policy/bootstrap.ts";
import { powerByBudget, type PowerAtBudget } from "../../evaluate/policy/power.ts";
import type { Randomisation } from "../../learn/check/randomisation/figures.ts";
import { NOT_CAUSAL } from "../../learn/data/dataset.ts";
import type { Mapping } from "../../learn/data/mapping/mapping.ts";
import type { Progress } from "../../terminal/progress.ts";
import { rewardName } from "../evaluate/evaluation.ts";
import { sumTable } from "../evaluate/rows/table-rows.ts";

export interface LogCheck {
  readonly rows: number;
  readonly badRows: number;
  readonly currency: string;
  /** What is added up as reward, in words. */
  readonly reward: string;
  readonly arms: readonly string[];
  readonly rowsOfArm: readonly number[];
  readonly sources: readonly string[];
  /** Why chance did not give the arms as the mapping says; empty: nothing speaks against it. */
  readonly notRandomised: readonly string[];
  readonly randomisation: Randomisation;
  readonly warnings: readonly string[];
  /** Empty where no arm is worth its cost, or not randomised. */
  readonly power: readonly PowerAtBudget[];
}

export interface CheckOptions {
  readonly files: readonly string[];
  readonly mapping: Mapping;
  readonly allowBadRows: number;
  readonly budgets: number;
  readonly progress: Progress;
}

export async function checkLog(options: CheckOptions): Promise<LogCheck> {
  const { files, mapping, allowBadRows, budgets, progress } = options;
  const report = progress.report.bind(progress);
  // Taken whatever chance did: to say what is wrong with it is what this is for.
  const read = {
    files,
    mapping,
    part: "all" as const,
    allowBadRows,
    observational: true,
    seed: BOOTSTRAP.seed,
    sampleRows: 0,
    progress: report,
  };
  const sums = await sumTable([], read);
  const { rows, badRows, sources, randomisation, warnings, everybody, rowsOfArm } = sums;
  progress.report("drawing intervals", 0);
  const said = new Set([NOT_CAUSAL, ...randomisation.failed]);
  return {
    ...{ rows, badRows, sources, randomisation, rowsOfArm },
    currency: mapping.currency,
    reward: rewardName(mapping.rewards.flatMap(({ name, weight, part }) => (part === "below" ? [] : [[name, weight]]))),
    arms: mapping.arm.arms.map(({ id }) => id),
    notRandomised: randomisation.failed,
    warnings: warnings.filter((warning) => !said.has(warning)),
    power: randomisation.failed.length > 0 ? [] : powerByBudget(everybody, budgets, BOOTSTRAP),
  };
}
