// Verify: proves the money from the topics alone, with arithmetic of its own. It reads the log and nothing else: no state,
// no store, nothing of the ledger's code; so it can be run by whoever does not trust them.
//
// One pass over the shards' reports drives a walk through each partition's rows: memory is what is open, 64 bits of every
// id, and a batch of each topic. Where retention has removed rows, a partition's proof begins at its oldest usable report.

import { must } from "../../domain/assert.ts";
import type { EventLog, PartitionRange } from "../../log/event-log.ts";
import { codecFor } from "../../log/codec/codec.ts";
import { Budgets } from "./budgets.ts";
import { Cursor } from "./cursor.ts";
import { Findings, type VerifyResult } from "./findings.ts";
import { Shard } from "./shard.ts";

export type { VerifyResult } from "./findings.ts";

export interface VerifyOptions {
  /** Told now and then how many rows have been checked. */
  readonly progress?: (rows: number) => void;
}

const PROGRESS_EVERY_REPORTS = 64;

export async function verify(log: EventLog, options: VerifyOptions = {}): Promise<VerifyResult> {
  const findings = new Findings();
  const budgets = new Budgets(findings);
  await budgets.readGrants(log);
  // Rows are read later than these reports, so they reach at least as far.
  const reports = await log.ranges("shard-reports");
  const walks: Shard[][] = [];
  for (const [index, range] of reports.entries()) {
    // Reports of two control partitions have no common order: each has a walk of its own; the rows count once.
    const counted = { ...findings.checked };
    const shards = await shardsOf(log, findings);
    await readReports(log, range, shards, findings, options);
    for (const shard of shards) await shard.finish();
    if (index > 0) Object.assign(findings.checked, { ...counted, reports: findings.checked.reports });
    walks.push(shards);
  }
  await budgets.readControl(log);
  budgets.finish(walks);
  return findings.result();
}

async function shardsOf(log: EventLog, findings: Findings): Promise<Shard[]> {
  const decisions = await log.ranges("decisions");
  const settlements = await log.ranges("settlements");
  return decisions.map((range) => {
    const other = settlements.find(({ partition }) => partition === range.partition);
    const ranges = { decisions: range, settlements: must(other, `settlements partition ${range.partition}`) };
    return new Shard(log, range.partition, ranges, findings);
  });
}

async function readReports(
  log: EventLog,
  { partition, start, end }: PartitionRange,
  shards: readonly Shard[],
  findings: Findings,
  { progress }: VerifyOptions,
): Promise<void> {
  const place = { topic: "shard-reports", partition };
  const cursor = new Cursor(log, place, { from: start, to: end }, codecFor("shard-reports"), findings);
  for (let row = await cursor.take(); row !== null; row = await cursor.take()) {
    if (row.value === null) continue;
    const { shard: index } = row.value;
    const shard = shards.find((candidate) => candidate.partition === index);
    if (shard === undefined) findings.violation("totals", row, `there is no shard ${index}`);
    else await shard.report(row, row.value);
    const { decisions, settlements, reports } = findings.checked;
    if (reports % PROGRESS_EVERY_REPORTS === 0) progress?.(decisions + settlements);
  }
}
