// Evaluate table: releases on a randomised table.

import path from "node:path";
import type { BootstrapOptions } from "../../evaluate/policy/bootstrap.ts";
import { judge } from "../../evaluate/policy/judge.ts";
import type { Mapping } from "../../learn/data/mapping/mapping.ts";
import type { Progress } from "../../terminal/progress.ts";
import { rewardName, type Evaluation } from "./evaluation.ts";
import { learnedOn } from "./learned-on.ts";
import { withReleases } from "./open-releases.ts";
import { judgedReleases } from "./rows/row-sums.ts";
import { sumTable } from "./rows/table-rows.ts";

export interface EvaluateTable {
  readonly files: readonly string[];
  readonly mapping: Mapping;
  readonly allowBadRows: number;
  readonly observational: boolean;
  readonly releases: readonly string[];
  readonly budgets: number;
  readonly bootstrap: BootstrapOptions;
  readonly progress: Progress;
}

export async function evaluateTable(options: EvaluateTable): Promise<Evaluation> {
  const { files, mapping, allowBadRows, observational, budgets, bootstrap, progress } = options;
  const { seed } = bootstrap;
  return await withReleases(options.releases, null, async (releases) => {
    const report = progress.report.bind(progress);
    const sums = await sumTable(releases, { files, mapping, allowBadRows, observational, seed, progress: report });
    progress.report("drawing intervals", 0);
    return {
      source: {
        kind: "table",
        files: files.map((name) => path.basename(name)),
        read: sums.sources,
        currency: mapping.currency,
        reward: rewardName(
          mapping.rewards.flatMap(({ name, weight, part }) => (part === "below" ? [] : [[name, weight]])),
        ),
        badRows: sums.badRows,
      },
      options: bootstrap,
      judged: judge({
        arms: mapping.arm.arms.map(({ id }) => id),
        everybody: sums.everybody,
        served: null,
        releases: judgedReleases(releases, sums),
        budgets,
        options: bootstrap,
      }),
      holdout: null,
      randomisation: sums.randomisation,
      warnings: [...sums.warnings, ...learnedOn(releases, files)],
    };
  });
}
