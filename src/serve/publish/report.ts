// Report: what a shard tells the treasurer of a campaign. Totals only, at most once a second, and at once when another
// control revision or release has come into force.

import type { ShardReport } from "../../domain/campaign/control.ts";
import type { CycleContext } from "../../task/processor.ts";
import type { CampaignShard } from "../state/campaign/campaign-shard.ts";
import type { ShardHead } from "../state/campaign/records.ts";

export const REPORT_EVERY_MS = 1_000;

export function reportOf(shard: CampaignShard, head: ShardHead, context: CycleContext): ShardReport {
  const { statistics } = shard;
  const { settings } = shard.inForce;
  return {
    campaign: shard.campaign.id,
    shard: context.partition,
    atMs: context.nowMs,
    cycle: context.cycle,
    revision: settings.grant.revision,
    release: shard.release,
    grantOffset: settings.grantOffset,
    totals: shard.book.totals(),
    ...shard.counts(),
    sessionsByCluster: [...statistics.sessions],
    cells: {
      planned: [...statistics.planned],
      given: [...statistics.given],
      reservedMinor: [...statistics.reservedMinor],
      settledMinor: [...statistics.settledMinor],
    },
    decisionRows: head.decisionRows,
    decisionHead: head.decisionHead,
    settlementRows: head.settlementRows,
    settlementHead: head.settlementHead,
  };
}
