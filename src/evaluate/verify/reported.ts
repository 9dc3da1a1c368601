// Reported: the totals of a shard's report against what its rows come to, and against its report before.

import type { ShardReport } from "../../domain/campaign/control.ts";
import type { Account } from "../../domain/decision/decision.ts";
import { ACCOUNTS } from "../../domain/money/totals.ts";
import type { Findings, Place } from "./findings.ts";
import type { OpenReservation } from "./reservation.ts";
import type { VerifiedSums } from "./sums.ts";

export interface ReportedAccount {
  readonly report: ShardReport;
  readonly account: Account;
  /** By the rows up to the report's cycle. */
  readonly sums: VerifiedSums;
  /** Of the shard, all campaigns. */
  readonly open: Iterable<OpenReservation>;
}

export function compareAccount(
  findings: Findings,
  place: Place,
  { report, account, sums, open }: ReportedAccount,
): void {
  const totals = report.totals[account];
  const money = (amount: bigint): string => findings.money(report.campaign, amount);
  if (sums.beforeBeginning === null) {
    const held = [...open]
      .filter((each) => each.campaign === report.campaign && each.account === account)
      .reduce((sum, each) => sum + each.heldMinor, 0n);
    sums.beforeBeginning = totals.reserved - totals.settled - totals.released - held;
    sums.rebase(totals);
  }
  const difference = sums.differenceFrom(totals, money);
  if (difference !== null) findings.violation("totals", place, `${account}: reported ${difference}`);
  // Between two reports at most the later one's grants were there, and at least the earlier one's returns were gone.
  if (sums.highest > totals.granted - sums.returned)
    findings.violation(
      "L1",
      place,
      `${account}: up to this report ${money(sums.highest)} was in use of ${money(totals.granted)} granted, ${money(sums.returned)} returned`,
    );
  sums.rebase(totals);
  if (sums.inUse > totals.granted - totals.returned)
    findings.violation(
      "L1",
      place,
      `${account}: ${money(sums.inUse)} in use of ${money(totals.granted)} granted, ${money(totals.returned)} returned`,
    );
}

const GROWING = ["granted", "returned", "reserved", "settled", "released", "sent"] as const;

/** Reported totals only grow (L4). */
export function checkGrowth(findings: Findings, place: Place, before: ShardReport, after: ShardReport): void {
  for (const account of ACCOUNTS)
    for (const field of GROWING) {
      const [was, is] = [before.totals[account][field], after.totals[account][field]];
      const money = (amount: bigint): string => findings.money(after.campaign, amount);
      if (is < was) findings.violation("L4", place, `${account}: ${field} fell from ${money(was)} to ${money(is)}`);
    }
}
