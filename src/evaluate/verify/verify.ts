// Verify
// Proves the money from the topics alone, with arithmetic of its own. It reads the log and nothing else: no state, no store,
// nothing of the ledger's code; so it can be run by whoever does not trust them.

import { must } from "../../domain/assert.ts";
import type { EventLog, PartitionRange } from "../../log/event-log.ts";
import { codecFor } from "../../log/codec/codec.ts";
import { placementOf } from "../../log/placement.ts";
import { Budgets } from "./budgets.ts";
import { Cursor } from "./cursor.ts";
import { Findings, type VerifyResult } from "./findings.ts";
import { Ids, type Share } from "./ids.ts";
import { Shard, type Common } from "./shard.ts";

export type { VerifyResult } from "./findings.ts";

export interface VerifyOptions {
  /** Told now and then how many rows have been checked. */
  readonly progress?: (rows: number) => void;
  /** Of ids that are kept at a time, 64 bits of each; with more the rows are read again for the others. */
  readonly mostIds?: number;
}

const PROGRESS_EVERY_REPORTS = 64;
/** 600 MB at most. */
const MOST_IDS = 30_000_000;

/**
 * One pass over the shards' reports drives a walk through each partition's rows: memory is what is open, a bounded number of
 * ids (ids.ts), and a batch of each topic. Where retention has removed rows, a partition's proof begins at its oldest usable
 * report.
 */
export async function verify(log: EventLog, options: VerifyOptions = {}): Promise<VerifyResult> {
  const findings = new Findings();
  const budgets = new Budgets(findings, await placementOf(log, "budget-status"));
  await budgets.readGrants(log);
  // Rows are read later than these reports, so they reach at least as far.
  const reports = await log.ranges("shard-reports");
  const walks: (readonly Shard[])[] = [];
  const shares = Math.max(1, Math.ceil((await idsOf(log)) / (options.mostIds ?? MOST_IDS)));
  // Reports of two control partitions have no common order: each has a walk of its own; the rows count once.
  for (const range of reports)
    walks.push(
      await walk(log, range, { findings, share: { number: 0, of: shares }, again: walks.length > 0 }, options),
    );
  await budgets.readControl(log);
  budgets.finish(walks);
  findings.idsOnly = true;
  for (let number = 1; number < shares; number += 1)
    await walk(
      log,
      must(reports[0], "a control partition"),
      { findings, share: { number, of: shares }, again: true },
      options,
    );
  return findings.result();
}

/** At most so many: of a decision three, its own, its session's and its reservation's. */
async function idsOf(log: EventLog): Promise<number> {
  const rows = async (topic: string): Promise<number> =>
    (await log.ranges(topic)).reduce((sum, { start, end }) => sum + end - start, 0);
  return 3 * (await rows("decisions")) + (await rows("settlements"));
}

interface Walk {
  readonly findings: Findings;
  readonly share: Share;
  /** The rows have been counted. */
  readonly again: boolean;
}

/** Every row of every shard, with the reports of one control partition. */
async function walk(
  log: EventLog,
  reports: PartitionRange,
  { findings, share, again }: Walk,
  options: VerifyOptions,
): Promise<readonly Shard[]> {
  const counted = { ...findings.checked };
  const shards = await shardsOf(log, {
    findings,
    ids: new Ids(share),
    placement: await placementOf(log, "decisions"),
  });
  await readReports(log, reports, shards, findings, options);
  for (const shard of shards) await shard.finish();
  const counts = findings.idsOnly ? counted.reports : findings.checked.reports;
  if (again) Object.assign(findings.checked, { ...counted, reports: counts });
  return shards;
}

async function shardsOf(log: EventLog, common: Common): Promise<Shard[]> {
  const decisions = await log.ranges("decisions");
  const settlements = await log.ranges("settlements");
  return decisions.map((range) => {
    const other = settlements.find(({ partition }) => partition === range.partition);
    const ranges = { decisions: range, settlements: must(other, `settlements partition ${range.partition}`) };
    return new Shard(log, range.partition, ranges, common);
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
