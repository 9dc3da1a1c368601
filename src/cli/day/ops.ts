// Ops
// What the people who run a campaign do on the day: create it, promote a release. Commands go to `budget-pacing` like
// anybody's, and their answers are read from `budget-status`.

import { must } from "../../domain/assert.ts";
import type { BudgetStatus, CommandAnswer, PacingAction } from "../../domain/control.ts";
import { codecFor } from "../../log/codec/codec.ts";
import type { EventLog } from "../../log/event-log.ts";
import { partitionOf } from "../../log/partitioner.ts";

const pacing = codecFor("budget-pacing");
const statuses = codecFor("budget-status");

export async function sendCommand(
  log: EventLog,
  command: {
    readonly commandId: string;
    readonly campaign: string;
    readonly atMs: number;
    readonly action: PacingAction;
  },
): Promise<void> {
  const value = pacing.encode({ ...command, expectedRevision: null, dryRun: false });
  await log.send([{ topic: "budget-pacing", key: Buffer.from(command.campaign), value }]);
}

/** The latest status of the campaign; null before the first. */
export async function latestStatus(log: EventLog, campaign: string): Promise<BudgetStatus | null> {
  const ranges = await log.ranges("budget-status");
  const key = Buffer.from(campaign);
  const range = must(ranges[partitionOf(key, ranges.length)], "partition of the campaign");
  let found: BudgetStatus | null = null;
  for await (const batch of log.read("budget-status", range.partition, range.start))
    for (const record of batch)
      if (record.value !== null && record.key !== null && key.equals(record.key)) found = statuses.decode(record.value);
  return found;
}

/** The answer to a command; an error when it is missing or a refusal. */
export function accepted(status: BudgetStatus | null, commandId: string): CommandAnswer {
  const answer = status?.answers.find((each) => each.commandId === commandId);
  if (answer === undefined) throw new Error(`${commandId}: the treasurer has not answered`);
  if (answer.outcome === "refused") throw new Error(`${commandId}: refused: ${answer.reason ?? "no reason given"}`);
  return answer;
}
