// What the treasurer keeps: one record for each campaign, one for each release it knows, and the answers to commands for
// campaigns that there are not. schemas/treasury-state.avsc is their shape on the changelog.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import type { AccountTotals, Alarm, CampaignState, CommandAnswer } from "../../domain/campaign/control.ts";
import type { Account } from "../../domain/decision/decision.ts";
import { MAX_MINOR, minMinor, type Minor } from "../../domain/money/money.ts";
import { NO_TOTALS, type ByAccount } from "../../domain/money/totals.ts";
import type { Cohorts } from "../forecast/cohorts.ts";
import type { ControllerState } from "../pace/controllers.ts";
import type { Arrivals } from "../forecast/traffic.ts";

/** What was given to a shard, and what its last report said. */
export interface ShardBook {
  /** Cumulative, as in its latest grant. */
  readonly granted: ByAccount<Minor>;
  readonly returnTarget: ByAccount<Minor>;
  /** Of the last report taken; 0 before the first. */
  readonly cycle: number;
  readonly atMs: number;
  readonly revision: number;
  readonly release: string | null;
  readonly grantOffset: number;
  readonly totals: ByAccount<AccountTotals>;
  readonly refusedMinor: Minor;
  readonly eligibleSessions: number;
  readonly holdoutSessions: number;
  readonly sessionsByCluster: readonly number[];
  /** Time between its last two reports; 0 before the second. */
  readonly intervalMs: number;
  /** Minor units asked for per second, smoothed over the last reports. */
  readonly demandPerSecond: ByAccount<number>;
  /** After an alarm was cleared: the first report of this revision or a later one is taken as the truth; null: as ever. */
  readonly trustFrom: number | null;
}

/** The day or week that is being spent. */
export interface PeriodBook {
  readonly number: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Left by those before. */
  readonly carriedMinor: Minor;
  /** On the plan account, and eligible sessions, when it began. */
  readonly postedBeforeMinor: Minor;
  readonly sessionsBefore: number;
  /** On the plan account at the last review. */
  readonly postedMinor: Minor;
}

export interface CampaignBook {
  readonly kind: "campaign_book";
  /** When it is reviewed next without being asked; null when nothing can change by itself any more. */
  readonly dueMs: number | null;
  /** With the budgets in force. */
  readonly campaign: Campaign;
  /** Of its draws and holdout, made with it; sent to its shards and to nobody else. */
  readonly secret: Uint8Array;
  readonly state: CampaignState;
  readonly revision: number;
  readonly release: string | null;
  /** Oldest first; the last is what a rollback goes to. */
  readonly earlierReleases: readonly string[];
  /** The release in force is kept until it is unpinned. */
  readonly pinned: boolean;
  readonly planRow: number;
  readonly shadowPrice: number;
  readonly throttle: number;
  /** Share of the money held by the plan in force that is expected to be redeemed. */
  readonly redemption: number;
  /** When planRow was last worked out. */
  readonly plannedAtMs: number;
  /** What the curve lets be out on the plan account now. */
  readonly targetMinor: Minor;
  readonly shards: readonly ShardBook[];
  /** Null before the first review. */
  readonly arrivals: Arrivals | null;
  /** Of the controller that paces it; null before its first step. */
  readonly control: ControllerState | null;
  /** Null before the first review, and under `strict`. */
  readonly cohorts: Cohorts | null;
  /** Null before the first review, and when the budget is one for the whole. */
  readonly period: PeriodBook | null;
  /** Null when no shard has reported what cannot be, or since the alarm was cleared. */
  readonly alarm: Alarm | null;
  /** Oldest first. */
  readonly answers: readonly CommandAnswer[];
}

export interface KnownRelease {
  readonly kind: "known_release";
  readonly hash: string;
  readonly publishedAtMs: number;
  /** Canonical JSON. */
  readonly manifest: string;
}

/** Which releases of a campaign are known. */
export interface ReleaseList {
  readonly kind: "release_shelf";
  /** Oldest first. */
  readonly hashes: readonly string[];
}

export interface UnknownCampaign {
  readonly kind: "unknown_campaign";
  readonly answers: readonly CommandAnswer[];
}

/** schemas/treasury-state.avsc. */
export interface TreasuryState {
  readonly entry: CampaignBook | KnownRelease | ReleaseList | UnknownCampaign;
}

export const bookKey = (campaign: string): string => `c/${campaign}`;
export const releaseKey = (campaign: string, hash: string): string => `r/${campaign}/${hash}`;
export const releaseListKey = (campaign: string): string => `s/${campaign}`;
/** One for all campaigns that there are not: whoever sends names without end must not fill the state. */
export const UNKNOWN_KEY = "u";

/** Answers kept, so that the same command id gets the same answer; the status shows fewer. */
export const ANSWERS_KEPT = 200;
export const RELEASES_KEPT = 50;

const NO_MONEY: ByAccount<Minor> = { plan: 0n, exploration: 0n };

export function newShard(): ShardBook {
  return {
    granted: NO_MONEY,
    returnTarget: NO_MONEY,
    cycle: 0,
    atMs: 0,
    revision: 0,
    release: null,
    grantOffset: -1,
    totals: { plan: NO_TOTALS, exploration: NO_TOTALS },
    refusedMinor: 0n,
    eligibleSessions: 0,
    holdoutSessions: 0,
    sessionsByCluster: [],
    intervalMs: 0,
    demandPerSecond: { plan: 0, exploration: 0 },
    trustFrom: null,
  };
}

export function newBook(campaign: Campaign, shards: number, secret: Uint8Array): CampaignBook {
  return {
    kind: "campaign_book",
    dueMs: 0,
    campaign,
    secret,
    state: "live",
    revision: 1,
    release: null,
    earlierReleases: [],
    pinned: false,
    planRow: 0,
    shadowPrice: 0,
    throttle: 1,
    redemption: 1,
    plannedAtMs: 0,
    targetMinor: 0n,
    shards: Array.from({ length: shards }, newShard),
    arrivals: null,
    control: null,
    cohorts: null,
    period: null,
    alarm: null,
    answers: [],
  };
}

/** What the shards are told: while an alarm stands nothing is given. */
export function stateInForce({ state, alarm }: CampaignBook): CampaignState {
  return alarm !== null && state === "live" ? "paused" : state;
}

/** Granted and not known to be back: what counts against the budget (L2). */
export function outOf(shard: ShardBook, account: Account): Minor {
  return shard.granted[account] - shard.totals[account].returned;
}

export function sumMinor<T>(items: readonly T[], amount: (item: T) => Minor): Minor {
  return items.reduce((sum, item) => sum + amount(item), 0n);
}

/** Totals of an account over all shards; granted is what was granted, whether a shard has seen it or not. */
export function totalsOf(shards: readonly ShardBook[], account: Account): AccountTotals {
  // Sums stay where a record cannot carry more: what has been turned over so often is a statistic.
  const most = (amount: Minor): Minor => minMinor(MAX_MINOR, amount);
  const sum = (field: keyof AccountTotals): Minor => most(sumMinor(shards, (shard) => shard.totals[account][field]));
  return {
    granted: most(sumMinor(shards, (shard) => shard.granted[account])),
    returned: sum("returned"),
    reserved: sum("reserved"),
    settled: sum("settled"),
    released: sum("released"),
    sent: sum("sent"),
  };
}
