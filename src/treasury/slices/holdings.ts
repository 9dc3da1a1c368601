// Holdings: what a book's shards hold together: sessions, clusters, money out, and what is expected to be spent of it.

import type { Campaign } from "../../domain/campaign.ts";
import { comesBackUnasked, type AccountTotals } from "../../domain/control.ts";
import type { Account } from "../../domain/decision.ts";
import type { Minor } from "../../domain/money.ts";
import { planLimit } from "../pace/periods.ts";
import { riskOf, type Risk } from "../pace/risk.ts";
import { outOf, pendingOf, sumMinor, totalsOf, type CampaignBook, type ShardBook } from "../state/state.ts";

/** How often a campaign is looked at by itself, and its row worked out, in campaign time. */
export const LOOK_EVERY_MS = 1_000;

export function eligibleSessions(book: CampaignBook): number {
  return book.shards.reduce((sum, shard) => sum + shard.eligibleSessions, 0);
}

export function sessionsByCluster(book: CampaignBook): number[] {
  const sums: number[] = [];
  for (const shard of book.shards) {
    if (shard.release !== book.release) continue;
    shard.sessionsByCluster.forEach((sessions, cluster) => {
      sums[cluster] = (sums[cluster] ?? 0) + sessions;
    });
  }
  return sums;
}

/**
 * Of what is held: the share redeemed of all that was ever held, less what has been. The plan's redemption is believed
 * as far as what was seen allows: not below what has been redeemed already, not above the share among what has ended
 * (redemptions come before expiries).
 */
export function expectedSpend(book: CampaignBook, account: Account, redemption: number): number {
  const totals = totalsOf(book.shards, account);
  const reserved = Number(totals.reserved);
  const settled = Number(totals.settled);
  const endedMinor = settled + Number(totals.released);
  const highest = endedMinor > 0.05 * reserved ? settled / endedMinor : 1;
  const believed = reserved > 0 ? Math.min(Math.max(redemption, settled / reserved), highest) : redemption;
  return Math.min(Math.max(believed * reserved - settled, 0), Number(pendingOf(totals)));
}

/** Σ(granted − returned) of each account against its budget; for the checks before a write. */
export function outMinor(book: CampaignBook, account: Account): Minor {
  return sumMinor(book.shards, (shard) => outOf(shard, account));
}

/**
 * What may be out on an account now (L2): the budget, or what its days or weeks so far have of it; under `expected` also
 * what is counted on to come back.
 */
export function mostOut(book: CampaignBook, account: Account): Minor {
  if (account === "exploration") return book.campaign.explorationBudgetMinor;
  return planLimit(book) + riskNow(book).overbookedMinor;
}

export function riskNow({ campaign, cohorts }: CampaignBook): Risk {
  return riskOf(campaign, cohorts);
}

/** Return target and what goes back unasked, less what has come: still on its way. */
export function askedOf(campaign: Campaign, shard: ShardBook, account: Account): Minor {
  const totals = shard.totals[account];
  return shard.returnTarget[account] + unbiddenOf(campaign, totals, account) - totals.returned;
}

export function unbiddenOf(campaign: Campaign, { released }: AccountTotals, account: Account): Minor {
  return comesBackUnasked(campaign, account) ? released : 0n;
}
