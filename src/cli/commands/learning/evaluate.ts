// stipend evaluate: what releases would have been worth, on a randomised table or on a campaign's own log.

import { writeFile } from "node:fs/promises";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { BOOTSTRAP } from "../../../evaluate/policy/bootstrap.ts";
import { renderEvaluationReport } from "../../../report/evaluation/evaluation-report.ts";
import { defineCommand } from "../../command.ts";
import { DONE, type Context } from "../../../terminal/context.ts";
import { evaluateLive } from "../../../workflows/evaluate/evaluate-live.ts";
import { evaluateTable } from "../../../workflows/evaluate/evaluate-table.ts";
import { evaluationJson, type Evaluation } from "../../../workflows/evaluate/evaluation.ts";
import { evaluationReport } from "../../../workflows/evaluate/evaluation-page.ts";
import { evaluationText } from "../../../workflows/evaluate/evaluation-text.ts";
import { IMPORTANCE_ROWS } from "../../../workflows/evaluate/plan-importance.ts";
import { readMappingFile } from "../../../workflows/retrain/mapping-file.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { checkOutFile } from "../../../terminal/out-file.ts";
import { flag, many, option, withDefault, type ValuesOf } from "../../options.ts";
import { asInteger, asOneOf, asPositiveAmount, asText } from "../../../settings/parse.ts";

const BUDGETS = 5;

const options = {
  data: many("file", "randomised log: CSV, CSV.gz or Parquet; glob:PATTERN for several", asText),
  mapping: option("file", "what the log's columns mean", asText),
  allowBadRows: withDefault("number", "rows that cannot be read and may be left out", asInteger({ min: 0 }), 0),
  rows: withDefault(
    "which",
    "all, or test: the fifth that `train --rows train` leaves out, the same one by every seed",
    asOneOf(["all", "test"]),
    "all",
  ),
  observational: flag("take a log in which chance did not give the arms; what comes of it says so"),
  live: flag("judge on the campaign's own log, which the settings name, in place of --data"),
  campaign: option("id", "with --live: this campaign (default: the only one)", asText),
  release: many("folder", "releases to judge; with --live also hashes of published ones", asText),
  budgets: withDefault("number", "points of the grid of budgets", asInteger({ min: 1, max: 100 }), BUDGETS),
  value: option(
    "amount",
    "what one of the reward is worth to you, as in 25.00EUR: profit by budget then stands beside the reward",
    asPositiveAmount,
  ),
  importanceRows: withDefault(
    "number",
    "rows on which each feature is shuffled, to see what the groups rest on; 0: not at all",
    asInteger({ min: 0, max: 1_000_000 }),
    IMPORTANCE_ROWS,
  ),
  seed: withDefault("number", "seed of the intervals", asInteger({ min: 0 }), BOOTSTRAP.seed),
  replicates: withDefault(
    "number",
    "bootstrap draws of the intervals",
    asInteger({ min: 100, max: 100_000 }),
    BOOTSTRAP.replicates,
  ),
  out: option("file", "also write a page with pictures there (.html)", asText),
  force: flag("replace that page if it is there"),
} as const;

type Values = ValuesOf<typeof options>;

export const command = defineCommand({
  summary: "what releases would have been worth on a randomised log, by budget",
  description:
    "From rows whose arm was drawn by known chances: reward, spend and incremental reward of each release at a grid of " +
    "budgets, beside each arm for all and beside one mix for all at the same spend, with bootstrap intervals; how well it " +
    "ranks users (AUCC, Qini), which features it rests on, and with --value the profit by budget. With --live on a campaign's own decisions: also what was served, and what the " +
    "campaign brought against the users held out. docs/EVALUATION.md says what each figure means.",
  examples: [
    "stipend evaluate --data log.csv.gz --mapping mapping.yaml --release releases/first releases/second",
    "stipend evaluate --data log.csv.gz --mapping mapping.yaml --release releases/trial --rows test --value 25.00EUR",
    "stipend evaluate --live --campaign spring --release 3f9a1c --json",
  ],
  options,
  async run(context, values) {
    checkUse(values);
    const evaluation = await evaluate(context, values);
    if (values.out !== undefined) {
      context.progress.report("drawing the page", 0);
      await writeFile(values.out, await renderEvaluationReport(evaluationReport(evaluation)));
    }
    if (evaluation.source.kind === "table")
      for (const read of evaluation.source.read) context.output.note(`read ${read}`);
    context.output.result(evaluationJson(evaluation, values.out ?? null), () => evaluationText(evaluation, values.out));
    return DONE;
  },
});

async function evaluate(context: Context, values: Values): Promise<Evaluation> {
  const { progress } = context;
  const { release: releases, budgets, replicates, seed, campaign } = values;
  const { importanceRows, value = null } = values;
  const bootstrap = { ...BOOTSTRAP, replicates, seed };
  const common = { releases, budgets, value, importanceRows, progress, bootstrap };
  if (values.live) return await withLog(context, (log) => evaluateLive({ ...common, log, campaign }));
  const mapping = await readMappingFile(values.mapping ?? "");
  const { data: files, rows: part, allowBadRows, observational } = values;
  return await evaluateTable({ ...common, files, mapping, part, allowBadRows, observational });
}

function checkUse({ live, data, mapping, campaign, rows, out, force }: Values): void {
  if (live && (data.length > 0 || mapping !== undefined))
    throw new InvalidInput("--live reads the campaign's own log: leave --data and --mapping out, or leave --live out");
  if (live && rows !== "all") throw new InvalidInput("--rows: a campaign's own log has no test rows; leave it out");
  if (!live && campaign !== undefined) throw new InvalidInput("--campaign belongs to --live");
  if (!live && data.length === 0) throw new InvalidInput("--data: name the randomised log, or say --live");
  if (out !== undefined) checkOutFile(out, force, [...data, ...(mapping === undefined ? [] : [mapping])]);
  if (!live && mapping === undefined) throw new InvalidInput("--mapping: say what the columns of --data mean");
}
