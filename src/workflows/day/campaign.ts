// The day's campaign: its money, its period and its pacing, from what the first release expects of the market.

import { minorInCurrency } from "../../settings/parse.ts";
import type { TypedAmount } from "../../domain/money/money.ts";
import { parseCampaign, type Campaign } from "../../domain/campaign/campaign.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";
import type { Market } from "../../simulate/market/market.ts";
import { DAY_MS, drawTraffic, hourlyProfile } from "../../simulate/world/traffic.ts";

export interface CampaignOptions {
  readonly id: string;
  readonly market: Market;
  readonly manifest: ReleaseManifest;
  readonly sessions: number;
  readonly seed: number;
  readonly startMs: number;
  /** Of the plan account, minor units; left out: a share of what the dearest plan would spend. */
  readonly budget: TypedAmount | undefined;
}

export const HOLDOUT_SHARE = 0.1;
export const EXPLORATION_SHARE = 0.03;
/** How long an incentive counts: a nudge at the checkout. */
const TTL_MS = 5 * 60_000;
const MOST_A_DAY = 3;
/** Of what the frontier's last row would spend on the day's sessions. */
const BUDGET_SHARE = { synthetic: 0.2, replay: 0.4 } as const;
/**
 * What people expect of a day is not what comes, and the treasurer has to find out: they know when another, smaller day's
 * users came, and expect fewer than come.
 */
const EXPECTED_OF_SESSIONS = 0.95;
const SESSIONS_OF_ANOTHER_DAY = 5_000;

export function campaignOfDay(options: CampaignOptions): Campaign {
  const { market, manifest, sessions, startMs, budget } = options;
  const eligible = sessions * (1 - HOLDOUT_SHARE);
  const top = manifest.frontier.rows.at(-1)?.expectedCost ?? 0;
  const share = BUDGET_SHARE[market.synthetic ? "synthetic" : "replay"];
  return parseCampaign(
    {
      id: options.id,
      currency: market.currency,
      budgetMinor:
        budget === undefined ? roundUp(share * top * eligible) : minorInCurrency(budget, market.currency, "--budget"),
      explorationBudgetMinor: explorationBudget(market, manifest, eligible),
      startMs,
      endMs: startMs + DAY_MS,
      arms: market.arms,
      holdoutShare: HOLDOUT_SHARE,
      explorationShare: EXPLORATION_SHARE,
      caps: [{ max: MOST_A_DAY, windowMs: DAY_MS }],
      reservation: { policy: "strict", ttlMs: TTL_MS },
      pacing: {
        mode: "even",
        expectedSessions: Math.max(1, Math.round(eligible * EXPECTED_OF_SESSIONS)),
        profile: profileOfAnotherDay(options.seed),
      },
      surfaces: ["app"],
      rewardWeights: market.rewardWeights,
    },
    "the day's campaign",
  );
}

function profileOfAnotherDay(seed: number): number[] {
  const sessions = SESSIONS_OF_ANOTHER_DAY;
  return hourlyProfile(drawTraffic({ sessions, users: sessions, seed: seed + 1_000_003 }));
}

/** What uniform draws are expected to cost, and what is held for them meanwhile at the busiest time. */
function explorationBudget(market: Market, { values }: ReleaseManifest, eligible: number): bigint {
  const explored = eligible * EXPLORATION_SHARE;
  const arms = market.arms.length;
  const cost = values.mix.reduce(
    (sum, share, cluster) => sum + (share * (values.cost[cluster] ?? []).reduce((all, value) => all + value, 0)) / arms,
    0,
  );
  const hold = market.arms.reduce((sum, arm) => sum + arm.faceMinor + arm.sendMinor, 0) / arms;
  const busiest = 3 * explored * (TTL_MS / DAY_MS);
  const largest = Math.max(...market.arms.map((arm) => arm.faceMinor + arm.sendMinor));
  return roundUp(1.2 * explored * cost + busiest * hold + 8 * largest);
}

/** To two leading digits, so that a made-up budget looks like one. */
function roundUp(minor: number): bigint {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, minor))) - 1);
  return BigInt(Math.ceil(minor / unit) * unit);
}
