// Evaluate table: releases on a randomised table.

import path from "node:path";
import { judgePolicies } from "../../evaluate/policy/judge.ts";
import type { LogPart } from "../../learn/data/row-keys.ts";
import type { Mapping } from "../../learn/data/mapping/mapping.ts";
import { minorInCurrency } from "../../settings/parse.ts";
import { rewardName, type Evaluation, type EvaluationRequest } from "./evaluation.ts";
import { learnedOn } from "./learned-on.ts";
import { withReleases } from "./open-releases.ts";
import { drivingFeatures } from "./plan-importance.ts";
import { judgedReleases } from "./rows/row-sums.ts";
import { sumTable } from "./rows/table-rows.ts";

export interface EvaluateTable extends EvaluationRequest {
  readonly files: readonly string[];
  readonly mapping: Mapping;
  readonly part: LogPart;
  readonly allowBadRows: number;
  readonly observational: boolean;
}

export async function evaluateTable(options: EvaluateTable): Promise<Evaluation> {
  const {
    files,
    mapping,
    part,
    allowBadRows,
    observational,
    budgets,
    importanceRows: sampleRows,
    bootstrap,
    progress,
  } = options;
  const { seed } = bootstrap;
  const valueMinor = options.value === null ? null : minorInCurrency(options.value, mapping.currency, "--value");
  return await withReleases(options.releases, null, async (releases) => {
    const flattered = learnedOn(releases, { files, part });
    const report = progress.report.bind(progress);
    const sums = await sumTable(releases, {
      files,
      mapping,
      part,
      allowBadRows,
      observational,
      seed,
      sampleRows,
      progress: report,
    });
    progress.report("drawing intervals", 0);
    const judged = judgePolicies({
      arms: mapping.arm.arms.map(({ id }) => id),
      everybody: sums.everybody,
      served: null,
      releases: judgedReleases(releases, sums),
      budgets,
      worth: valueMinor === null ? null : Number(valueMinor),
      options: bootstrap,
    });
    return {
      source: {
        kind: "table",
        files: files.map((name) => path.basename(name)),
        part,
        read: sums.sources,
        currency: mapping.currency,
        reward: rewardName(
          mapping.rewards.flatMap((each) => (each.part === "below" ? [] : [[each.name, each.weight]])),
        ),
        badRows: sums.badRows,
      },
      options: bootstrap,
      valueMinor,
      judged,
      driving: await drivingFeatures(releases, judged, sums, options),
      holdout: null,
      randomisation: sums.randomisation,
      flattered: flattered.map(({ label }) => label),
      warnings: [...sums.warnings, ...flattered.map(({ warning }) => warning)],
    };
  });
}
