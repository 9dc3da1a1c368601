// stipend score: each row's cluster under a release, and what the plan at a budget gives it.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { formatMean } from "../../../domain/money/money.ts";
import { defineCommand } from "../../command.ts";
import { DONE } from "../../../terminal/context.ts";
import { withReleases, type OpenRelease } from "../../../workflows/evaluate/open-releases.ts";
import { readMappingFile } from "../../../workflows/retrain/mapping-file.ts";
import { checkOutFile } from "../../../terminal/out-file.ts";
import { flag, option, required, someOf } from "../../options.ts";
import { asAmount, asText, minorInCurrency } from "../../../settings/parse.ts";
import { SCORE_COLUMN, ENDINGS, scoreTable, type Scored } from "../../../workflows/score/score-table.ts";
import { tableText } from "../../../terminal/table.ts";

export const command = defineCommand({
  summary: "each row's cluster and arm shares under a release",
  description:
    `Writes the rows of --data with all their columns and, added: ${SCORE_COLUMN.row} (from 1), ${SCORE_COLUMN.cluster}, ` +
    `${SCORE_COLUMN.probability} (how sure the classifier is of it) and for each arm ${SCORE_COLUMN.share("ARM")}, the share of the ` +
    "cluster's sessions that the plan gives the arm. The plan is the frontier's for --budget, on the clusters of these " +
    "rows. Rows need the release's features only; a missing value takes the release's default, as when it serves.",
  examples: [
    "stipend score --data users.parquet --mapping mapping.yaml --release releases/first --out scored.parquet",
    "stipend score --data users.csv.gz --mapping mapping.yaml --release releases/first --budget 500000 --out scored.csv",
  ],
  options: {
    data: someOf("file", "rows to score: CSV, CSV.gz or Parquet; glob:PATTERN for several", asText),
    mapping: required("file", "what their columns mean", asText),
    release: required("folder", "the release", asText),
    budget: option(
      "amount",
      "money for all rows together: minor units, or 5000.00EUR (default: as much as the frontier's last plan spends)",
      asAmount,
    ),
    out: required("file", "where to write: .csv, .csv.gz or .parquet", asText),
    force: flag("replace the file if it is there"),
  },
  async run(context, { data, mapping: file, release, budget, out, force }) {
    checkOut(out, force, [...data, file]);
    const mapping = await readMappingFile(file);
    const budgetMinor = budget === undefined ? undefined : minorInCurrency(budget, mapping.currency, "--budget");
    await withReleases([release], null, async ([open]) => {
      if (open === undefined) return;
      const progress = context.progress.report.bind(context.progress);
      const scored = await scoreTable({ files: data, mapping, open, budgetMinor, out, progress });
      for (const source of scored.sources) context.output.note(`read ${source}`);
      for (const warning of warningsOf(scored)) context.output.note(`warning: ${warning}`);
      context.output.result(toJson(open, scored, out), () => toText(open, scored, out, mapping.currency));
    });
    return DONE;
  },
});

/** Of a feature's values, the share that cannot be read from which on it is told. */
const UNREAD_SHARE = 0.01;

function checkOut(out: string, force: boolean, inputs: readonly string[]): void {
  if (!ENDINGS.some((ending) => out.endsWith(ending)))
    throw new InvalidInput(`--out ${out}: end it in ${ENDINGS.join(", ")}, which says how it is written`);
  checkOutFile(out, force, inputs);
}

function warningsOf({ rows, badLines, badLineExamples, missingShare, unread }: Scored): string[] {
  return [
    ...unread
      .filter(({ values }) => values > UNREAD_SHARE * rows)
      .map(({ column, values }) => `column ${column}: ${values} of ${rows} values cannot be read and take the default`),
    ...(badLines > 0
      ? [`${badLines} lines are no rows of the table and are left out: ${badLineExamples.join(", ")}`]
      : []),
    ...(missingShare > 0
      ? [
          `${(100 * missingShare).toFixed(1)} % of the features were missing or could not be read, and took their defaults`,
        ]
      : []),
  ];
}

function toJson({ release }: OpenRelease, scored: Scored, out: string): object {
  return { release: release.hash, clusters: release.manifest.clusters, arms: release.manifest.arms, ...scored, out };
}

function toText(
  { label, release }: OpenRelease,
  { rows, rowsByCluster, plan }: Scored,
  out: string,
  currency: string,
): string {
  const facts: [string, string][] = [
    ["rows", rows.toLocaleString("en")],
    ["release", `${label} (${release.hash.slice(0, 12)})`],
    ["clusters", `${rowsByCluster.filter((count) => count > 0).length} of ${release.manifest.clusters} have rows`],
    ["plan", `position ${plan.position.toFixed(2)} of ${release.manifest.frontier.rows.length - 1} on the frontier`],
    ["expected spend", formatMean(plan.expectedSpend, currency)],
    ["expected reward", Math.round(plan.expectedReward).toLocaleString("en")],
    ["written", out],
  ];
  return tableText(["", ""], facts).trimStart();
}
