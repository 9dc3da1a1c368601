// Contract: what comes to the treasurer is held to its bounds at the door, before any book is opened: names that can be
// keys, lists and numbers that a record can carry again. What is wrong with it is said; the record becomes a dead letter.

import { CAMPAIGN_ID } from "../../domain/campaign/campaign.ts";
import {
  wordsBreach,
  type PacingCommand,
  type ReleaseRecord,
  type ShardReport,
} from "../../domain/campaign/control.ts";
import { idBreach, keyIs } from "../../domain/ids.ts";
import { MAX_CELLS, MAX_CLUSTERS } from "../../domain/release/release.ts";

const HASH = /^[0-9a-f]{64}$/;

/** Null when nothing is wrong. */
export function commandBreach(command: PacingCommand): string | null {
  const { commandId, campaign, action } = command;
  const breach = idBreach("commandId", commandId) ?? campaignBreach(campaign) ?? wordsBreach(command);
  if (breach !== null) return breach;
  switch (action.kind) {
    case "promote_release":
    case "pin_release":
      return action.release === null ? null : idBreach("release", action.release);
    case "set_budget":
      return idBreach("currency", action.currency);
    default:
      return null;
  }
}

export function releaseBreach({ campaign, hash }: ReleaseRecord, key: Uint8Array | null): string | null {
  const breach = campaignBreach(campaign);
  if (breach !== null) return breach;
  if (!HASH.test(hash)) return "hash: not a SHA-256 in hex";
  return keyIs(key, `${campaign}/${hash}`) ? null : "key: differs from campaign/hash";
}

export function reportBreach(report: ShardReport): string | null {
  const { campaign, release, sessionsByCluster, cells } = report;
  const breach = campaignBreach(campaign) ?? (release === null ? null : idBreach("release", release));
  if (breach !== null) return breach;
  for (const field of COUNTS) if (report[field] < 0) return `${field}: ${report[field]} is negative`;
  if (report.refusedMinor < 0n) return `refusedMinor: ${report.refusedMinor} is negative`;
  return (
    listBreach("sessionsByCluster", sessionsByCluster, MAX_CLUSTERS) ??
    listBreach("cells.planned", cells.planned, MAX_CELLS) ??
    listBreach("cells.given", cells.given, MAX_CELLS) ??
    listBreach("cells.reservedMinor", cells.reservedMinor, MAX_CELLS) ??
    listBreach("cells.settledMinor", cells.settledMinor, MAX_CELLS)
  );
}

const COUNTS = ["shard", "atMs", "cycle", "revision", "eligibleSessions", "holdoutSessions"] as const;

function listBreach(field: string, list: readonly number[], most: number): string | null {
  if (list.length > most) return `${field}: ${list.length} entries, at most ${most}`;
  const odd = list.find((value) => !(value >= 0 && value < Number.MAX_SAFE_INTEGER));
  return odd === undefined ? null : `${field}: ${odd} is no count`;
}

function campaignBreach(campaign: string): string | null {
  if (CAMPAIGN_ID.test(campaign)) return null;
  return idBreach("campaign", campaign) ?? "campaign: not letters, digits, dots, dashes and underscores, at most 100";
}
