// Control
// How a person steers a campaign from outside: a command goes to `budget-pacing`, and what becomes of it is read from
// `budget-status`. The command line and the console both go this way: `dryRun` asks what would change, `send` does it.
//
// Invariants:
//   1. A command is answered by its id: once accepted, the same id again gets the same answer and changes nothing again.
//      A refusal does not use the id up.
//   2. The waiting ends with the answer, accepted or refused, or, if so wished, when every partition reports its revision.
//   3. What was sent stays sent: a command whose answer has not come is answered when the allocator runs again.

import { must } from "../../domain/assert.ts";
import { CAMPAIGN_ID, InvalidInput } from "../../domain/campaign/campaign.ts";
import {
  wordsBreach,
  type BudgetStatus,
  type CommandAnswer,
  type PacingAction,
  type PacingCommand,
} from "../../domain/campaign/control.ts";
import { idBreach } from "../../domain/ids.ts";
import { toJson } from "../../log/codec/json.ts";
import { readTopic } from "../../log/codec/reading.ts";
import { encoded } from "../../log/codec/sending.ts";
import type { EventLog } from "../../log/event-log.ts";
import { partitionOf } from "../../log/partitioner.ts";
import { campaignsOn, findCampaign } from "./campaigns.ts";
import { changesOf, type Change } from "./pacing/changes.ts";

/** What is asked for; `dryRun` and `send` make the command of it. */
export interface SteeringRequest {
  readonly campaign: string;
  readonly action: PacingAction;
  /** Who asks, in at most 256 bytes, and why, in at most 1,024; null: not said. */
  readonly actor: string | null;
  readonly reason: string | null;
  /** Refused when the campaign is at another; null or left out: whatever it is at. */
  readonly expectedRevision?: number | null;
  /** Left out: a new one. */
  readonly commandId?: string | undefined;
}

export interface SteerOptions {
  readonly nowMs: () => number;
  readonly newId: () => string;
  /** Until every partition has applied it, and not only until it is answered. */
  readonly wait: boolean;
  readonly timeoutMs: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Each time that more is known. */
  readonly onNews?: (outcome: CommandOutcome) => void;
}

/** What became of a command, as far as it was waited for. */
export interface CommandOutcome {
  readonly command: PacingCommand;
  /** Null when none came in time. */
  readonly answer: CommandAnswer | null;
  /** Of the answer. */
  readonly status: BudgetStatus | null;
  /** Of a dry run that was not refused: what the command would change. */
  readonly changes: readonly Change[];
  /** Partitions that have not reported the answer's revision, of so many. */
  readonly silent: readonly number[];
  readonly partitions: number;
}

/** Asks the treasurer what the command would change, and changes nothing. Throws InvalidInput that names the field. */
export async function dryRun(log: EventLog, request: SteeringRequest, options: SteerOptions): Promise<CommandOutcome> {
  const outcome = await steer(log, { ...commandOf(request, options), dryRun: true }, request, options);
  if (outcome.status === null || outcome.answer?.outcome !== "previewed") return outcome;
  const found = (await campaignsOn(log)).find(({ campaign }) => campaign.id === request.campaign);
  return found === undefined
    ? outcome
    : { ...outcome, changes: changesOf(request.action, found.campaign, outcome.status) };
}

/** Sends the command and waits for what becomes of it. Throws InvalidInput that names the field. */
export async function send(log: EventLog, request: SteeringRequest, options: SteerOptions): Promise<CommandOutcome> {
  return await steer(log, commandOf(request, options), request, options);
}

function commandOf(
  { campaign, action, actor, reason, expectedRevision = null, commandId }: SteeringRequest,
  { nowMs, newId }: Pick<SteerOptions, "nowMs" | "newId">,
): PacingCommand {
  if (!CAMPAIGN_ID.test(campaign)) throw new InvalidInput(`campaign: ${JSON.stringify(campaign)} is no campaign's id`);
  const breach = (commandId === undefined ? null : idBreach("command-id", commandId)) ?? wordsBreach({ actor, reason });
  if (breach !== null) throw new InvalidInput(breach);
  return {
    commandId: commandId ?? newId(),
    campaign,
    atMs: nowMs(),
    expectedRevision,
    dryRun: false,
    actor,
    reason,
    action,
  };
}

/** A command that names no revision is for whatever there is. */
type Sent = Omit<PacingCommand, "expectedRevision" | "dryRun"> & Partial<PacingCommand>;

/** Without waiting for anything. Throws InvalidInput that names the field. */
export async function sendCommand(log: EventLog, command: Sent): Promise<void> {
  const value = encoded("budget-pacing", { expectedRevision: null, dryRun: false, ...command });
  await log.send([{ topic: "budget-pacing", key: Buffer.from(command.campaign), value }]);
}

async function steer(
  log: EventLog,
  command: PacingCommand,
  { commandId }: SteeringRequest,
  options: SteerOptions,
): Promise<CommandOutcome> {
  // What a named id was answered before: a refusal of then is not the answer of now.
  const earlier = commandId === undefined ? null : await answerTo(log, command);
  // The place to read from is taken before the command goes out, so that no answer can be missed.
  const { key, partition, end } = await placeOf(log, command.campaign);
  const shards = (await log.ranges("grants")).map((range) => range.partition);
  await sendCommand(log, command);
  let outcome: CommandOutcome = {
    command,
    answer: null,
    status: null,
    changes: [],
    silent: shards,
    partitions: shards.length,
  };
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), options.timeoutMs);
  const signal = AbortSignal.any([over.signal, options.signal]);
  try {
    const statuses = readTopic(log, "budget-status", { partition, from: end }, { follow: true, signal });
    for await (const { record, value } of statuses) {
      if (value === null || record.key === null || !key.equals(record.key)) continue;
      const news = outcomeIn(command, value, shards);
      if (news === null || isEarlier(news.answer, earlier)) continue;
      outcome = news;
      options.onNews?.(news);
      if (isComplete(news, options.wait)) return news;
    }
    return outcome;
  } finally {
    clearTimeout(timer);
  }
}

/** The latest status of the campaign; null before the first. */
export async function latestStatus(log: EventLog, campaign: string): Promise<BudgetStatus | null> {
  const { key, partition, start: from } = await placeOf(log, campaign);
  let found: BudgetStatus | null = null;
  for await (const { record, value } of readTopic(log, "budget-status", { partition, from }))
    if (value !== null && record.key !== null && key.equals(record.key)) found = value;
  return found;
}

/** Where its statuses are: their key, and its partition with what is there. */
async function placeOf(log: EventLog, campaign: string) {
  const ranges = await log.ranges("budget-status");
  const key = Buffer.from(campaign);
  const partition = partitionOf(key, { partitioner: log.partitioner, partitions: ranges.length });
  return { key, ...must(ranges[partition], "partition of the campaign") };
}

/** The latest status of every campaign, by name. */
export async function latestStatuses(log: EventLog): Promise<readonly BudgetStatus[]> {
  const found = new Map<string, BudgetStatus>();
  for await (const { value } of readTopic(log, "budget-status")) if (value !== null) found.set(value.campaign, value);
  return [...found.values()].toSorted((a, b) => (a.campaign < b.campaign ? -1 : 1));
}

async function answerTo(log: EventLog, { campaign, commandId }: PacingCommand): Promise<CommandAnswer | null> {
  return (await latestStatus(log, campaign))?.answers.find((answer) => answer.commandId === commandId) ?? null;
}

function outcomeIn(command: PacingCommand, status: BudgetStatus, shards: readonly number[]): CommandOutcome | null {
  const answer = status.answers.find(({ commandId }) => commandId === command.commandId);
  if (answer === undefined) return null;
  const reached = new Map(status.applied.map(({ shard, revision }) => [shard, revision]));
  const silent = shards.filter((shard) => (reached.get(shard) ?? -1) < answer.revision);
  return {
    command,
    answer,
    status,
    changes: [],
    silent: answer.outcome === "applied" ? [] : silent,
    partitions: shards.length,
  };
}

/** An id that was refused is free, and the refusal stays among the answers until the command is decided anew. */
function isEarlier(answer: CommandAnswer | null, earlier: CommandAnswer | null): boolean {
  const isFree = earlier?.outcome === "refused" || earlier?.outcome === "previewed";
  return isFree && answer?.outcome === earlier.outcome && answer.atMs === earlier.atMs;
}

/** Whether nothing more is waited for. */
export function isComplete({ command, answer, silent }: CommandOutcome, wait: boolean): boolean {
  if (answer === null) return false;
  return !wait || command.dryRun || answer.outcome === "refused" || silent.length === 0;
}

/** An accepted answer; an error with the reason when it is missing or a refusal. */
export function acceptedAnswer(status: BudgetStatus | null, commandId: string): CommandAnswer {
  const answer = status?.answers.find((each) => each.commandId === commandId);
  if (answer === undefined) throw new Error(`${commandId}: the treasurer has not answered`);
  if (answer.outcome === "refused") throw new Error(`${commandId}: refused: ${answer.refusal ?? "no reason given"}`);
  return answer;
}

/** Whatever the answer carries goes along. */
export function outcomeJson({ command, answer, status, changes, silent }: CommandOutcome) {
  return {
    campaign: command.campaign,
    action: command.action.kind,
    dryRun: command.dryRun,
    ...{ outcome: null, revision: null, refusal: null, atMs: null },
    actor: command.actor ?? null,
    reason: command.reason ?? null,
    ...(answer === null ? {} : (toJson(answer) as object)),
    commandId: command.commandId,
    ...(command.dryRun ? { changes } : {}),
    applied: toJson(status?.applied ?? []),
    silent,
  };
}

/** The campaign that was named, whether there is one or not, or else the only one there is. */
export async function campaignOr(log: EventLog, named: string | undefined): Promise<string> {
  return named ?? (await findCampaign(log, undefined)).campaign.id;
}
