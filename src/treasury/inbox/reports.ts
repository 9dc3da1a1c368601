// Reports: what a shard says becomes what the treasurer knows of it. Totals only, so a repeated or late report changes
// nothing (L4); a report that cannot be true is not taken, and says why.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import { releasedToReturn, type AccountTotals, type ShardReport } from "../../domain/campaign/control.ts";
import type { Account } from "../../domain/decision/decision.ts";
import { maxMinor, type Minor } from "../../domain/money/money.ts";
import { ACCOUNTS, pendingOf, postedOf, type ByAccount } from "../../domain/money/totals.ts";
import { newShard, type CampaignBook, type ShardBook } from "../state/state.ts";

/** Weight of the newest interval in a shard's demand. */
const SMOOTHING = 0.3;

export type Taken = { readonly shard: ShardBook } | { readonly late: true } | { readonly broken: string };

/** `revision` is the campaign's own: no shard can have heard of a later one. */
export function takeReport(
  { campaign, revision }: Pick<CampaignBook, "campaign" | "revision">,
  known: ShardBook,
  report: ShardReport,
  explorationMean: number,
): Taken {
  const shard = baselineOf(campaign, known, report);
  if (shard === null) return { late: true };
  // A shard's time and its cycles rise together: what is later by one and earlier by the other is not the shard's.
  if (report.cycle < shard.cycle && report.atMs > shard.atMs)
    return { broken: `cycle fell from ${shard.cycle} to ${report.cycle} while time went on` };
  if (report.cycle <= shard.cycle) return { late: true };
  if (report.revision > revision)
    return { broken: `revision is ${report.revision}, but the campaign is at ${revision}` };
  for (const account of ACCOUNTS) {
    const broken = checkTotals(campaign, shard, account, report.totals[account]);
    if (broken !== null) return { broken: `totals.${account}.${broken}` };
  }
  if (report.eligibleSessions < shard.eligibleSessions) return { broken: "eligibleSessions fell" };
  if (report.refusedMinor < shard.refusedMinor) return { broken: "refusedMinor fell" };
  return {
    shard: {
      ...shard,
      cycle: report.cycle,
      atMs: report.atMs,
      revision: report.revision,
      release: report.release,
      grantOffset: report.grantOffset,
      totals: report.totals,
      refusedMinor: report.refusedMinor,
      eligibleSessions: report.eligibleSessions,
      holdoutSessions: report.holdoutSessions,
      sessionsByCluster: report.sessionsByCluster,
      intervalMs: shard.cycle === 0 ? 0 : Math.max(0, report.atMs - shard.atMs),
      demandPerSecond: demandAfter(shard, report, explorationMean),
    },
  };
}

/**
 * What is known of the shard, to check its report against. After an alarm was cleared it is the first report of a revision that
 * says so: what the shard holds counts as granted. Null for reports of before that.
 */
function baselineOf(campaign: Campaign, shard: ShardBook, report: ShardReport): ShardBook | null {
  if (shard.trustFrom === null) return shard;
  if (report.revision < shard.trustFrom) return null;
  const { totals } = report;
  const most = (of: (account: Account) => Minor): ByAccount<Minor> => ({
    plan: of("plan"),
    exploration: of("exploration"),
  });
  return {
    ...newShard(),
    granted: most((account) => maxMinor(shard.granted[account], totals[account].granted)),
    returnTarget: most((account) =>
      maxMinor(
        shard.returnTarget[account],
        totals[account].returned - releasedToReturn(campaign, totals[account], account),
      ),
    ),
  };
}

const FIELDS: readonly (keyof AccountTotals)[] = ["granted", "returned", "reserved", "settled", "released", "sent"];

/** What breaks a law in the account's totals; null when nothing does. */
function checkTotals(campaign: Campaign, shard: ShardBook, account: Account, totals: AccountTotals): string | null {
  const before = shard.totals[account];
  for (const field of FIELDS) if (totals[field] < before[field]) return `${field} fell from ${before[field]} (L4)`;
  if (totals.granted > shard.granted[account])
    return `granted is ${totals.granted}, but only ${shard.granted[account]} was granted`;
  const returnable = shard.returnTarget[account] + releasedToReturn(campaign, totals, account);
  if (totals.returned > returnable) return `returned is ${totals.returned}, but only ${returnable} was asked for`;
  const pending = pendingOf(totals);
  if (pending < 0n) return `reserved is less than what has ended`;
  if (pending + postedOf(totals) > totals.granted - totals.returned) return `granted does not cover what is out (L1)`;
  return null;
}

/**
 * Plan: holds made and refused. Exploration, whose refusals go on to the plan: what the sessions that came would have
 * asked for.
 */
function demandAfter(shard: ShardBook, report: ShardReport, explorationMean: number): ShardBook["demandPerSecond"] {
  const seconds = (report.atMs - shard.atMs) / 1_000;
  if (shard.cycle === 0 || seconds <= 0) return shard.demandPerSecond;
  const asked = (totals: AccountTotals): Minor => totals.reserved + totals.sent;
  const planAsked = asked(report.totals.plan) - asked(shard.totals.plan) + report.refusedMinor - shard.refusedMinor;
  const sessions = report.eligibleSessions - shard.eligibleSessions;
  const smooth = (before: number, now: number): number => before + SMOOTHING * (now - before);
  return {
    plan: smooth(shard.demandPerSecond.plan, Number(planAsked) / seconds),
    exploration: smooth(shard.demandPerSecond.exploration, (sessions * explorationMean) / seconds),
  };
}
