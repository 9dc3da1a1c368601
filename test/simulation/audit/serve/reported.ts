// Reported: a shard's own record of its money, and its reports, against what its rows come to.

import type { AccountTotals, ShardReport } from "../../../../src/domain/campaign/control.ts";
import { schemaCodec } from "../../../../src/log/codec/codec.ts";
import type { LogRecord } from "../../../../src/log/event-log.ts";
import { valueOf } from "../../history.ts";
import type { ShardCampaign } from "./campaign.ts";
import type { Chain } from "./chain.ts";
import type { Moment } from "./decision.ts";
import type { Findings } from "../findings.ts";
import { ACCOUNTS } from "./money.ts";

interface CountsRecord {
  readonly plan: AccountTotals;
  readonly exploration: AccountTotals;
}
const stateCodec = schemaCodec<CountsRecord>("state");

export interface AuditedShard {
  readonly partition: number;
  readonly campaigns: ReadonlyMap<string, ShardCampaign>;
  readonly moment: Moment;
  readonly chains: { readonly decisions: Chain; readonly settlements: Chain };
}

/** The shard's own record of its money must be what the rows come to. */
export function checkState(
  record: LogRecord,
  campaigns: ReadonlyMap<string, ShardCampaign>,
  place: string,
  findings: Findings,
): void {
  const key = Buffer.from(record.key ?? []).toString();
  if (!key.startsWith("c/") || record.value === null) return;
  const campaign = campaigns.get(key.slice(2));
  const stored = stateCodec.decode(record.value);
  for (const account of ACCOUNTS) {
    const difference =
      campaign === undefined ? "no such campaign" : campaign.money[account].differenceFrom(stored[account]);
    if (difference !== null) findings.add("totals", `${place} ${key} ${account}`, difference);
  }
}

/** T3: each report is what the rows come to, and each new revision is reported. */
export function checkReports(records: readonly LogRecord[], shard: AuditedShard, findings: Findings): void {
  const reported = new Set<string>();
  for (const record of records) {
    const report = valueOf("shard-reports", record);
    reported.add(report.campaign);
    checkReport(report, shard, findings);
  }
  for (const [id, campaign] of shard.campaigns) {
    const isNews = campaign.reportedRevision !== campaign.grant.revision;
    findings.demand(!isNews || reported.has(id), "T3", shard.moment.place, () => `${id}: no report of a new revision`);
  }
}

function checkReport(
  report: ShardReport,
  { partition, campaigns, moment, chains }: AuditedShard,
  findings: Findings,
): void {
  const { nowMs, cycle } = moment;
  const place = `${moment.place} report of ${report.campaign}`;
  const campaign = campaigns.get(report.campaign);
  if (campaign === undefined) return findings.add("totals", place, "there is no such campaign here");
  for (const account of ACCOUNTS) {
    const difference = campaign.money[account].differenceFrom(report.totals[account]);
    findings.demand(difference === null, "totals", `${place} ${account}`, () => difference ?? "");
  }
  const { grant, grantOffset, eligible, heldOut } = campaign;
  const demand = (holds: boolean, law: "totals" | "chain" | "T3", what: string): void =>
    findings.demand(holds, law, place, () => what);
  demand(
    report.shard === partition && report.atMs === nowMs && report.cycle === cycle,
    "totals",
    "is of another cycle",
  );
  demand(report.revision === grant.revision && report.grantOffset === grantOffset, "T3", "names another grant");
  demand(
    report.eligibleSessions === eligible && report.holdoutSessions === heldOut,
    "totals",
    `${report.eligibleSessions} sessions, ${eligible} came`,
  );
  demand(chains.decisions.isAt(report.decisionRows, report.decisionHead), "chain", "another head of decisions");
  demand(chains.settlements.isAt(report.settlementRows, report.settlementHead), "chain", "another head of settlements");
  campaign.reportedRevision = report.revision;
}
