// The shard's records: what a partition keeps of each campaign and of itself, under control keys.
//
// A campaign has two: its settings (the grant in force; changes with a grant) and its counts (the book and the
// statistics; changes with every decision), so that a busy cycle writes the small one.

import type { AccountTotals, Grant } from "../../../domain/campaign/control.ts";
import type { Minor } from "../../../domain/money/money.ts";

export interface CampaignSettings {
  readonly kind: "campaign_settings";
  /** The latest grant; its release may be one that comes into force with the next cycle. */
  readonly grant: Grant;
  readonly grantOffset: number;
  /** In force for this shard's next cycle, and the plan position and shadow price that go with it. */
  readonly release: string | null;
  readonly planRow: number;
  readonly shadowPrice: number;
}

export interface CampaignCounts {
  readonly kind: "campaign_counts";
  readonly plan: AccountTotals;
  readonly exploration: AccountTotals;
  readonly eligibleSessions: number;
  readonly holdoutSessions: number;
  readonly refusedMinor: Minor;
  /** Release that the statistics are about. */
  readonly release: string | null;
  readonly clusters: number;
  readonly arms: number;
  /** statistics.ts. */
  readonly statistics: Uint8Array;
  readonly reportedAtMs: number;
  readonly reportedRevision: number;
  readonly reportedRelease: string | null;
  /** Whether anything has changed since the last report. */
  readonly unreported: boolean;
}

/** Of the partition: its chains, and which campaigns it knows. */
export interface ShardHead {
  readonly kind: "shard_head";
  readonly campaigns: readonly string[];
  readonly decisionRows: number;
  readonly decisionHead: Uint8Array;
  readonly settlementRows: number;
  readonly settlementHead: Uint8Array;
  /** Sessions that came again with the same body, and got nothing more. */
  readonly repeatedSessions: number;
}

/** How long a profile is kept of a user who does not come: as long as the user's own record would be. */
export const PROFILE_MS = 31 * 86_400_000;

/** A user's profile as it came. */
export interface StoredProfile {
  readonly kind: "stored_profile";
  /** When it is looked at again: a profile whose user the shard does not know any more, or never knew, is forgotten then. */
  readonly dueMs: number;
  readonly atMs: number;
  readonly attributes: Readonly<Record<string, number | string | boolean | null>>;
}

export const NO_HASH: Uint8Array = new Uint8Array(32);

export const NEW_SHARD: ShardHead = {
  kind: "shard_head",
  campaigns: [],
  decisionRows: 0,
  decisionHead: NO_HASH,
  settlementRows: 0,
  settlementHead: NO_HASH,
  repeatedSessions: 0,
};
