// Grants: what an account's shards are given and asked for at a review, from the curve's limit and what each shard needs.

import { itemAt } from "../../domain/assert.ts";
import { strictHoldMinor, type Campaign } from "../../domain/campaign/campaign.ts";
import { returnsReleased } from "../../domain/campaign/control.ts";
import type { Account } from "../../domain/decision/decision.ts";
import { MAX_MINOR, maxMinor, minMinor, minorOfMean, type Minor } from "../../domain/money/money.ts";
import { pendingOf, postedOf } from "../../domain/money/totals.ts";
import { curveLimitMinor } from "../pace/curve.ts";
import type { Span } from "../pace/periods.ts";
import { outOf, stateInForce, type CampaignBook, type ShardBook } from "../state/state.ts";
import { askedOf } from "./holdings.ts";
import { slice, type ShardNeed } from "./slices.ts";

/** Working money in intervals of demand: between a hold in a shard and the grant that answers it lie about two reports. */
const WORKING_INTERVALS = 4;
const WORKING_HOLDS_PER_SHARD = 2n;

export interface AccountLimits {
  readonly account: Account;
  readonly span: Span;
  /** What may be out at all (L2). */
  readonly mostMinor: Minor;
  readonly curveShare: number;
  /** Held money that is expected to come back. */
  readonly comingBackMinor: Minor;
}

/** The book with the account's new slices, and what the curve lets be out on it. */
export function regrant(
  book: CampaignBook,
  { account, span, mostMinor, curveShare, comingBackMinor }: AccountLimits,
): { readonly book: CampaignBook; readonly limitMinor: Minor } {
  const holds = book.campaign.arms.map(strictHoldMinor).filter((hold) => hold > 0n);
  const largestHold = holds.reduce(maxMinor, 0n);
  const limitMinor = curveLimitMinor({
    budgetMinor: span.budgetMinor,
    beforeMinor: span.postedBeforeMinor,
    mostMinor,
    share: curveShare,
    workingMinor: workingMinor(book, account, largestHold),
    comingBackMinor,
  });
  const slices = slice({
    budget: mostMinor,
    limit: limitMinor,
    largestHold,
    smallestHold: holds.reduce(minMinor, largestHold),
    shards: book.shards.map((shard) => needOf(book.campaign, shard, account)),
    asksHeld: !returnsReleased(book.campaign, account),
    mode: stateInForce(book),
  });
  const shards = book.shards.map((shard, index) =>
    withSlice(shard, account, itemAt(slices.grant, index), itemAt(slices.ask, index)),
  );
  return { book: { ...book, shards }, limitMinor };
}

function workingMinor(book: CampaignBook, account: Account, largestHold: Minor): Minor {
  const perInterval = book.shards.reduce(
    (sum, shard) => sum + (shard.demandPerSecond[account] * shard.intervalMs) / 1_000,
    0,
  );
  const holds = largestHold * WORKING_HOLDS_PER_SHARD * BigInt(book.shards.length);
  return maxMinor(holds, minorOfMean(Math.ceil(WORKING_INTERVALS * perInterval)));
}

function needOf(campaign: Campaign, shard: ShardBook, account: Account): ShardNeed {
  const totals = shard.totals[account];
  const out = outOf(shard, account);
  const posted = postedOf(totals);
  return {
    out,
    pending: pendingOf(totals),
    posted,
    // What a shard has spent since it was asked for it does not come.
    asked: minMinor(askedOf(campaign, shard, account), maxMinor(0n, out - posted)),
    demand: shard.demandPerSecond[account],
  };
}

function withSlice(shard: ShardBook, account: Account, grant: Minor, ask: Minor): ShardBook {
  if (grant === 0n && ask === 0n) return shard;
  return {
    ...shard,
    granted: { ...shard.granted, [account]: minMinor(MAX_MINOR, shard.granted[account] + grant) },
    returnTarget: { ...shard.returnTarget, [account]: minMinor(MAX_MINOR, shard.returnTarget[account] + ask) },
  };
}
