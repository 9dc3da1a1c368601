// Evaluate live: releases, what was served, and what it brought, on a campaign's own log.

import { itemAt } from "../../domain/assert.ts";
import { judgePolicies } from "../../evaluate/policy/judge.ts";
import { isMismatch, type HoldoutRatio } from "../../evaluate/policy/sample-ratio.ts";
import type { EventLog } from "../../log/event-log.ts";
import { percent } from "../../domain/figures.ts";
import { findCampaign } from "../control/campaigns.ts";
import { minorInCurrency } from "../../settings/parse.ts";
import { rewardName, type Evaluation, type EvaluationRequest } from "./evaluation.ts";
import { readHoldout, type Holdout } from "./rows/holdout-rows.ts";
import { sumLive, type LiveSums } from "./rows/live-rows.ts";
import { withReleases, type OpenRelease } from "./open-releases.ts";
import { drivingFeatures } from "./plan-importance.ts";
import { judgedReleases } from "./rows/row-sums.ts";

export interface EvaluateLive extends EvaluationRequest {
  readonly log: EventLog;
  readonly campaign: string | undefined;
}

export async function evaluateLive(options: EvaluateLive): Promise<Evaluation> {
  const { log, budgets, importanceRows: sampleRows, bootstrap, progress } = options;
  const { campaign } = await findCampaign(log, options.campaign);
  const valueMinor = options.value === null ? null : minorInCurrency(options.value, campaign.currency, "--value");
  return await withReleases(options.releases, { log, campaign: campaign.id }, async (releases) => {
    const sums = await sumLive(releases, { log, campaign, seed: bootstrap.seed, sampleRows, progress });
    const holdout = await readHoldout({ log, campaign, bootstrap, progress });
    progress.report("drawing intervals", 0);
    const judged = judgePolicies({
      arms: campaign.arms.map(({ id }) => id),
      everybody: sums.everybody,
      served: sums.served,
      releases: judgedReleases(releases, sums),
      budgets,
      worth: valueMinor === null ? null : Number(valueMinor),
      options: bootstrap,
    });
    return {
      source: {
        kind: "live",
        campaign: campaign.id,
        currency: campaign.currency,
        reward: rewardName(Object.entries(campaign.rewardWeights)),
        leftOut: sums.leftOut,
        refused: holdout.refused,
      },
      options: bootstrap,
      valueMinor,
      judged,
      driving: await drivingFeatures(releases, judged, sums, options),
      holdout: holdout.value,
      flattered: [],
      warnings: [...warningsOf(holdout), ...lacking(releases, sums), ...unread(sums), ...withoutErased(sums, holdout)],
    };
  });
}

/** From this share on, what was refused can bend the figures. */
const REFUSED_SHARE = 0.01;

function warningsOf({ value, refused, sessions, tooOld }: Holdout): string[] {
  const warnings: string[] = [];
  if (value !== null && isMismatch(value.sampleRatio)) warnings.push(mismatchText(value.sampleRatio));
  if (refused > REFUSED_SHARE * sessions)
    warnings.push(
      `${refused} of ${sessions} sessions were refused the arm that was drawn, for want of money, and are not among the rows: ` +
        "the incentives that are there come from times when there was money, the controls from all times",
    );
  if (tooOld > 0)
    warnings.push(
      `${tooOld} sessions are of users who entered before the oldest outcome kept, and are not in the comparison with users ` +
        "held out",
    );
  return warnings;
}

export function mismatchText({ heldOutUsers, users, expected, p }: HoldoutRatio): string {
  return (
    `${heldOutUsers} of ${users} users are held out, ${percent(heldOutUsers / users)}, where the campaign holds out ` +
    `${percent(expected)}: chance does that less than once in 1,000 times (chi-square, p = ${p.toPrecision(2)}). Something ` +
    "keeps users of one group away or counts them twice: do not trust the comparison before it is found"
  );
}

function lacking(releases: readonly OpenRelease[], { rows, missing }: LiveSums): string[] {
  return releases.flatMap(({ label, release }, index) => {
    const share = itemAt(missing, index) / (rows * release.manifest.features.features.length);
    if (share === 0) return [];
    return [`release ${label}: ${(100 * share).toFixed(1)} % of its features were missing and took their defaults`];
  });
}

function unread({ leftOut: { undecodable } }: LiveSums): string[] {
  return undecodable === 0 ? [] : [`${undecodable} records of the training log cannot be read and are left out`];
}

function withoutErased({ leftOut }: LiveSums, holdout: Holdout): string[] {
  if (leftOut.erased + holdout.erased === 0) return [];
  return [
    `users who were erased are left out: ${leftOut.erased} rows of the training log (of any campaign), ${holdout.erased} decisions`,
  ];
}
