// Holdings: what a campaign's shards hold together: sessions, clusters, money out, and what is expected to be spent of it.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import { releasedToReturn, type AccountTotals } from "../../domain/campaign/control.ts";
import type { Account } from "../../domain/decision/decision.ts";
import type { Minor } from "../../domain/money/money.ts";
import { pendingOf } from "../../domain/money/totals.ts";
import { outOf, sumMinor, type CampaignBook, type ShardBook } from "../state/state.ts";

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
 * Of what is held on an account: the share redeemed of all that was ever held, less what has been. The plan's redemption is
 * believed as far as what was seen allows: not below what has been redeemed already, not above the share among what has ended
 * (redemptions come before expiries).
 */
export function expectedSpend(totals: AccountTotals, redemption: number): number {
  const reserved = Number(totals.reserved);
  const settled = Number(totals.settled);
  const endedMinor = settled + Number(totals.released);
  const highest = endedMinor > 0.05 * reserved ? settled / endedMinor : 1;
  const believed = reserved > 0 ? Math.min(Math.max(redemption, settled / reserved), highest) : redemption;
  return Math.min(Math.max(believed * reserved - settled, 0), Number(pendingOf(totals)));
}

/** Σ(granted − returned): what counts against the budget (L2). */
export function outMinor(book: CampaignBook, account: Account): Minor {
  return sumMinor(book.shards, (shard) => outOf(shard, account));
}

/** Return target and what goes back by itself, less what has come: still on its way. */
export function askedOf(campaign: Campaign, shard: ShardBook, account: Account): Minor {
  const totals = shard.totals[account];
  return shard.returnTarget[account] + releasedToReturn(campaign, totals, account) - totals.returned;
}
