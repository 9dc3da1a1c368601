// Control
// How a person steers a campaign from outside: a command goes to `budget-pacing` like anybody's, and what becomes of it is
// read from `budget-status`. Every command that steers goes this way and takes the same options.
//
//   1. A command is answered by its id: once accepted, the same id again gets the same answer and changes nothing again.
//      A refusal does not use the id up.
//   2. Without --wait the command ends with its answer, accepted or refused; with it, when every partition reports the
//      revision that it made. What has not come within --timeout is said, with the partitions that are silent.
//   3. What was sent stays sent: a command whose answer has not come is answered when the allocator runs again.

import { must } from "../../domain/assert.ts";
import { CAMPAIGN_ID, InvalidInput } from "../../domain/campaign.ts";
import type { BudgetStatus, CommandAnswer, PacingAction, PacingCommand } from "../../domain/control.ts";
import { idBreach } from "../../domain/ids.ts";
import { codecFor } from "../../log/codec/codec.ts";
import { toJson } from "../../log/codec/json.ts";
import { readTopic } from "../../log/codec/reading.ts";
import type { EventLog } from "../../log/event-log.ts";
import { partitionOf } from "../../log/partitioner.ts";
import { findCampaign } from "./campaigns.ts";
import type { Context } from "../../terminal/context.ts";

const pacing = codecFor("budget-pacing");

/** What a command that steers carries beside what it asks for. */
export interface SteeringRequest {
  /** Refuse unless the campaign is at this revision. */
  readonly expect: number | undefined;
  readonly dryRun: boolean;
  readonly commandId: string | undefined;
}

/** The command as it goes on the log. */
export function commandOf(
  context: Pick<Context, "nowMs" | "newId">,
  campaign: string,
  action: PacingAction,
  { expect, dryRun, commandId }: SteeringRequest,
): PacingCommand {
  if (!CAMPAIGN_ID.test(campaign))
    throw new InvalidInput(`--campaign: ${JSON.stringify(campaign)} is no campaign's id`);
  const breach = commandId === undefined ? null : idBreach("--command-id", commandId);
  if (breach !== null) throw new InvalidInput(breach);
  return {
    commandId: commandId ?? context.newId(),
    campaign,
    atMs: context.nowMs(),
    expectedRevision: expect ?? null,
    dryRun,
    action,
  };
}

/** A command that names no revision is for whatever there is. */
type Sent = Omit<PacingCommand, "expectedRevision" | "dryRun"> & Partial<PacingCommand>;

export async function sendCommand(log: EventLog, command: Sent): Promise<void> {
  const value = pacing.encode({ expectedRevision: null, dryRun: false, ...command });
  await log.send([{ topic: "budget-pacing", key: Buffer.from(command.campaign), value }]);
}

/** The latest status of the campaign; null before the first. */
export async function latestStatus(log: EventLog, campaign: string): Promise<BudgetStatus | null> {
  const place = await placeOf(log, campaign);
  let found: BudgetStatus | null = null;
  const { partition, start: from } = place;
  for await (const { record, value } of readTopic(log, "budget-status", { partition, from }))
    if (value !== null && record.key !== null && place.key.equals(record.key)) found = value;
  return found;
}

/** The latest status of every campaign, by name. */
export async function latestStatuses(log: EventLog): Promise<readonly BudgetStatus[]> {
  const found = new Map<string, BudgetStatus>();
  for await (const { value } of readTopic(log, "budget-status")) if (value !== null) found.set(value.campaign, value);
  return [...found.values()].toSorted((a, b) => (a.campaign < b.campaign ? -1 : 1));
}

async function placeOf(log: EventLog, campaign: string) {
  const ranges = await log.ranges("budget-status");
  const key = Buffer.from(campaign);
  const range = must(
    ranges[partitionOf(key, { partitioner: log.partitioner, partitions: ranges.length })],
    "partition of the campaign",
  );
  return { key, ...range };
}

/** What became of a command, as far as it was waited for. */
export interface Outcome {
  readonly command: PacingCommand;
  /** Null when none came in time. */
  readonly answer: CommandAnswer | null;
  /** Of the answer. */
  readonly status: BudgetStatus | null;
  /** Partitions that have not reported the answer's revision, of so many. */
  readonly silent: readonly number[];
  readonly partitions: number;
}

export interface SteerOptions {
  readonly wait: boolean;
  readonly timeoutMs: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** What the command's id was answered before it is sent: a refusal of then is not the answer of now. */
  readonly earlier?: CommandAnswer | null;
  /** Each time that more is known. */
  readonly onNews?: (outcome: Outcome) => void;
}

/** Sends the command and waits for what becomes of it. */
export async function steer(log: EventLog, command: PacingCommand, options: SteerOptions): Promise<Outcome> {
  // The place to read from is taken before the command goes out, so that no answer can be missed.
  const { key, partition, end } = await placeOf(log, command.campaign);
  const shards = (await log.ranges("grants")).map((range) => range.partition);
  await sendCommand(log, command);
  let outcome: Outcome = { command, answer: null, status: null, silent: shards, partitions: shards.length };
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), options.timeoutMs);
  const signal = AbortSignal.any([over.signal, options.signal]);
  try {
    const statuses = readTopic(log, "budget-status", { partition, from: end }, { follow: true, signal });
    for await (const { record, value } of statuses) {
      if (value === null || record.key === null || !key.equals(record.key)) continue;
      const news = outcomeIn(command, value, shards);
      if (news === null || isEarlier(news.answer, options.earlier ?? null)) continue;
      outcome = news;
      options.onNews?.(news);
      if (isOver(news, options.wait)) return news;
    }
    return outcome;
  } finally {
    clearTimeout(timer);
  }
}

function outcomeIn(command: PacingCommand, status: BudgetStatus, shards: readonly number[]): Outcome | null {
  const answer = status.answers.find(({ commandId }) => commandId === command.commandId);
  if (answer === undefined) return null;
  const reached = new Map(status.applied.map(({ shard, revision }) => [shard, revision]));
  const silent = shards.filter((shard) => (reached.get(shard) ?? -1) < answer.revision);
  return { command, answer, status, silent: answer.outcome === "applied" ? [] : silent, partitions: shards.length };
}

/** An id that was refused is free, and the refusal stays among the answers until the command is decided anew. */
function isEarlier(answer: CommandAnswer | null, earlier: CommandAnswer | null): boolean {
  const isFree = earlier?.outcome === "refused" || earlier?.outcome === "previewed";
  return isFree && answer?.outcome === earlier.outcome && answer.atMs === earlier.atMs;
}

export function isOver({ command, answer, silent }: Outcome, wait: boolean): boolean {
  if (answer === null) return false;
  return !wait || command.dryRun || answer.outcome === "refused" || silent.length === 0;
}

/** An accepted answer; an error with the reason when it is missing or a refusal. */
export function accepted(status: BudgetStatus | null, commandId: string): CommandAnswer {
  const answer = status?.answers.find((each) => each.commandId === commandId);
  if (answer === undefined) throw new Error(`${commandId}: the treasurer has not answered`);
  if (answer.outcome === "refused") throw new Error(`${commandId}: refused: ${answer.reason ?? "no reason given"}`);
  return answer;
}

/** What the command's id has been answered already. */
export async function answerTo(log: EventLog, { campaign, commandId }: PacingCommand): Promise<CommandAnswer | null> {
  return (await latestStatus(log, campaign))?.answers.find((answer) => answer.commandId === commandId) ?? null;
}

/** Whatever the answer carries goes along. */
export function outcomeJson({ command, answer, status, silent }: Outcome) {
  return {
    campaign: command.campaign,
    action: command.action.kind,
    dryRun: command.dryRun,
    ...{ outcome: null, revision: null, reason: null, atMs: null },
    ...(answer === null ? {} : (toJson(answer) as object)),
    commandId: command.commandId,
    applied: toJson(status?.applied ?? []),
    silent,
  };
}

/** The campaign that was named, whether there is one or not, or else the only one there is. */
export async function campaignOr(log: EventLog, named: string | undefined): Promise<string> {
  return named ?? (await findCampaign(log, undefined)).campaign.id;
}
