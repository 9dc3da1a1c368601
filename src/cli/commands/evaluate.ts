// stipend evaluate: what releases would have been worth, on a randomised table or on a campaign's own log.

import path from "node:path";
import { InvalidInput } from "../../domain/campaign.ts";
import { BOOTSTRAP, type BootstrapOptions } from "../../evaluate/policy/bootstrap.ts";
import { judge } from "../../evaluate/policy/judge.ts";
import { findCampaign } from "../campaigns.ts";
import { defineCommand, DONE, type Context } from "../command.ts";
import { evaluationJson, type Evaluation } from "../evaluate/evaluation.ts";
import { evaluationText } from "../evaluate/evaluation-text.ts";
import { readHoldout } from "../evaluate/holdout-rows.ts";
import { learnedOn } from "../evaluate/learned-on.ts";
import { sumLive } from "../evaluate/live-rows.ts";
import { withReleases, type OpenRelease } from "../evaluate/open-releases.ts";
import type { RowSums } from "../evaluate/row-sums.ts";
import { sumTable } from "../evaluate/table-rows.ts";
import { readMappingFile } from "../mapping-file.ts";
import { withLog } from "../open-log.ts";
import { asInteger, asOneOf, asText, flag, many, option, withDefault, type ValuesOf } from "../options.ts";

const BUDGETS = 5;

const options = {
  data: many("file", "randomised log: CSV, CSV.gz or Parquet", asText),
  mapping: option("file", "what the log's columns mean", asText),
  live: flag("judge on the campaign's own log, which the settings name, in place of --data"),
  campaign: option("id", "with --live: this campaign (default: the only one)", asText),
  release: many("folder", "releases to judge; with --live also hashes of published ones", asText),
  budgets: withDefault("number", "points of the grid of budgets", asInteger({ min: 1, max: 100 }), BUDGETS),
  rows: withDefault(
    "which",
    "all, or test: those that a training with --seed does not learn from",
    asOneOf(["all", "test"]),
    "all",
  ),
  seed: withDefault("number", "seed of the test rows and of the intervals", asInteger({ min: 0 }), BOOTSTRAP.seed),
  replicates: withDefault(
    "number",
    "bootstrap draws of the intervals",
    asInteger({ min: 100, max: 100_000 }),
    BOOTSTRAP.replicates,
  ),
} as const;

type Values = ValuesOf<typeof options>;

export const command = defineCommand({
  summary: "what releases would have been worth on a randomised log, by budget",
  description:
    "From rows whose arm was drawn by known chances: reward, spend and incremental reward of each release at a grid of " +
    "budgets, beside each arm for all and beside one mix for all at the same spend, with bootstrap intervals; and how " +
    "well it ranks users (AUCC, Qini). With --live on a campaign's own decisions: also what was served, and what the " +
    "campaign brought against the users held out. docs/EVALUATION.md says what each figure means.",
  examples: [
    "stipend evaluate --data log.csv.gz --mapping mapping.yaml --release releases/first releases/second",
    "stipend evaluate --data log.csv.gz --mapping mapping.yaml --release releases/first --rows test --seed 1",
    "stipend evaluate --live --campaign spring --release 3f9a1c --json",
  ],
  options,
  async run(context, values) {
    checkUse(values);
    const evaluation = values.live ? await evaluateLive(context, values) : await evaluateTable(context, values);
    context.output.result(evaluationJson(evaluation), () => evaluationText(evaluation));
    return DONE;
  },
});

function checkUse({ live, data, mapping, campaign, rows }: Values): void {
  if (live && (data.length > 0 || mapping !== undefined))
    throw new InvalidInput("--live reads the campaign's own log: leave --data and --mapping out, or leave --live out");
  if (live && rows !== "all") throw new InvalidInput("--rows: a campaign's own log has no test rows; leave it out");
  if (!live && campaign !== undefined) throw new InvalidInput("--campaign belongs to --live");
  if (!live && data.length === 0) throw new InvalidInput("--data: name the randomised log, or say --live");
  if (!live && mapping === undefined) throw new InvalidInput("--mapping: say what the columns of --data mean");
}

async function evaluateTable(context: Context, values: Values): Promise<Evaluation> {
  const { data, mapping: file = "", seed, rows: split } = values;
  const mapping = await readMappingFile(file);
  return await withReleases(values.release, null, async (releases) => {
    const sums = await sumTable(releases, {
      files: data,
      mapping,
      seed,
      split,
      progress: context.progress.report.bind(context.progress),
    });
    const { badRows, warnings } = sums;
    const arms = mapping.arm.arms.map(({ id }) => id);
    return {
      source: {
        kind: "table",
        files: data.map((name) => path.basename(name)),
        split,
        currency: mapping.currency,
        badRows,
      },
      options: bootstrapOf(values),
      judged: judgeAll(context, values, { arms, releases, sums, served: null }),
      holdout: null,
      warnings: [...warnings, ...learnedOn(releases, { files: data, split, seed })],
    };
  });
}

async function evaluateLive(context: Context, values: Values): Promise<Evaluation> {
  return await withLog(context, async (log) => {
    const { campaign } = await findCampaign(log, values.campaign);
    return await withReleases(values.release, { log, campaign: campaign.id }, async (releases) => {
      const { progress } = context;
      const sums = await sumLive(releases, { log, campaign, seed: values.seed, progress });
      const bootstrap = bootstrapOf(values);
      const { value: holdout, refused, sessions, tooOld } = await readHoldout({ log, campaign, bootstrap, progress });
      const { leftOut, served } = sums;
      const arms = campaign.arms.map(({ id }) => id);
      return {
        source: { kind: "live", campaign: campaign.id, currency: campaign.currency, leftOut, refused },
        options: bootstrap,
        judged: judgeAll(context, values, { arms, releases, sums, served }),
        holdout,
        warnings: [...refusals(refused, sessions), ...lacking(releases, sums), ...expired(tooOld), ...unread(leftOut)],
      };
    });
  });
}

function judgeAll(
  { progress }: Context,
  values: Values,
  of: {
    arms: string[];
    releases: readonly OpenRelease[];
    sums: RowSums;
    served: Parameters<typeof judge>[0]["served"];
  },
): ReturnType<typeof judge> {
  progress.report("drawing intervals", 0);
  const { everybody, byRelease } = of.sums;
  return judge({
    arms: of.arms,
    everybody,
    served: of.served,
    releases: of.releases.flatMap(({ label, release }, index) => {
      const grouped = byRelease[index];
      return grouped ? [{ label, hash: release.hash, manifest: release.manifest, grouped }] : [];
    }),
    budgets: values.budgets,
    options: bootstrapOf(values),
  });
}

function bootstrapOf({ replicates, seed }: Values): BootstrapOptions {
  return { ...BOOTSTRAP, replicates, seed };
}

/** From this share on, what was refused can bend the figures. */
const REFUSED_SHARE = 0.01;

function refusals(refused: number, sessions: number): string[] {
  if (refused < REFUSED_SHARE * sessions) return [];
  return [
    `${refused} of ${sessions} sessions were refused the arm that was drawn, for want of money, and are not among the rows: ` +
      "the incentives that are there come from times when there was money, the controls from all times",
  ];
}

function lacking(
  releases: readonly OpenRelease[],
  { everybody, ...sums }: RowSums & { missing: readonly number[] },
): string[] {
  const rows = everybody.counts[0] ?? 0;
  return releases.flatMap(({ label, release }, index) => {
    const cells = rows * release.manifest.features.features.length;
    const share = (sums.missing[index] ?? 0) / cells;
    return share > 0
      ? [
          `release ${label}: ${(100 * share).toFixed(1)} % of its features were missing in the rows and took their defaults`,
        ]
      : [];
  });
}

function expired(tooOld: number): string[] {
  if (tooOld === 0) return [];
  return [
    `${tooOld} sessions are from before the oldest outcome kept, and are not in the comparison with users held out`,
  ];
}

function unread({ undecodable }: { readonly undecodable: number }): string[] {
  return undecodable === 0 ? [] : [`${undecodable} records of the training log cannot be read and are left out`];
}
