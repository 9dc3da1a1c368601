// Recorded: what a campaign's log says of its sessions, in time: who was drawn, what they got, what became of it; and what
// the treasurer was told.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import type { PacingCommand, ReleaseRecord } from "../../domain/campaign/control.ts";
import type { Decision, Settlement } from "../../domain/decision/decision.ts";
import { parseManifest, type ReleaseManifest } from "../../domain/release/release.ts";
import type { TopicValues } from "../../log/codec/codec.ts";
import { erasedUsers } from "../../log/codec/erased-users.ts";
import { readTopic } from "../../log/codec/reading.ts";
import type { EventLog, LogRecord } from "../../log/event-log.ts";
import type { Progress } from "../../terminal/progress.ts";
import { digestOf } from "../../treasury/inbox/commands.ts";
import { campaignSecrets } from "./secrets.ts";

export interface RecordedSession {
  readonly shard: number;
  readonly decision: Decision;
  /** What was posted of its incentive, and when; null when nothing was. */
  readonly posted: { readonly amountMinor: bigint; readonly atMs: number } | null;
}

export interface RecordedCampaign {
  /** Those that reached the draw, by their time. */
  readonly sessions: readonly RecordedSession[];
  /** Sessions of users who were erased after them: left out. */
  readonly erased: number;
  readonly commands: readonly { readonly atMs: number; readonly command: PacingCommand }[];
  readonly releases: readonly {
    readonly atMs: number;
    readonly record: ReleaseRecord;
    readonly manifest: ReleaseManifest;
  }[];
  readonly shards: number;
  readonly secret: Uint8Array;
}

export interface RecordedOptions {
  /** Later sessions are left out. */
  readonly untilMs?: number;
  /** With more drawn sessions it throws InvalidInput; left out: as many as there are. */
  readonly most?: number;
  readonly progress?: Progress;
  /** Ends the reading; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

export async function readRecorded(
  log: EventLog,
  campaign: string,
  { untilMs = Infinity, most = Infinity, progress, signal }: RecordedOptions = {},
): Promise<RecordedCampaign> {
  const options = signal === undefined ? {} : { signal };
  progress?.report("reading what became of the offers", 0);
  const posted = new Map<string, { amountMinor: bigint; atMs: number }>();
  for await (const [, row] of valuesOf(log, "settlements", options))
    if (row.campaign === campaign && row.status === "posted") posted.set(row.decisionId, postedOf(row));
  signal?.throwIfAborted();
  const users = await erasedUsers(log);
  let erased = 0;
  const sessions: RecordedSession[] = [];
  for await (const [{ partition }, decision] of valuesOf(log, "decisions", options)) {
    if (decision.campaign !== campaign || !wasDrawn(decision) || decision.decidedAtMs >= untilMs) continue;
    if (users.has(decision.userId, decision.decidedAtMs)) erased += 1;
    else sessions.push({ shard: partition, decision, posted: posted.get(decision.decisionId) ?? null });
    progress?.report("reading the sessions", 0, `${sessions.length.toLocaleString("en")} so far`);
    if (sessions.length > most)
      throw new InvalidInput(
        `more than ${most.toLocaleString("en")} sessions were drawn since the campaign began: too many to play again here; ` +
          `\`stipend replay --campaign ${campaign}\` does it`,
      );
  }
  signal?.throwIfAborted();
  const refused = await refusedCommands(log, campaign);
  const commands: { atMs: number; command: PacingCommand }[] = [];
  for await (const [{ timestampMs }, command] of valuesOf(log, "budget-pacing"))
    if (command.campaign === campaign && !command.dryRun && !refused.has(nameOf(command.commandId, digestOf(command))))
      commands.push({ atMs: timestampMs, command });
  const releases: { atMs: number; record: ReleaseRecord; manifest: ReleaseManifest }[] = [];
  for await (const [{ timestampMs }, record] of valuesOf(log, "releases"))
    if (record.campaign === campaign)
      releases.push({ atMs: timestampMs, record, manifest: parseManifest(record.manifest, record.hash) });
  return {
    sessions: sessions.toSorted((a, b) => a.decision.decidedAtMs - b.decision.decidedAtMs),
    commands: commands.toSorted((a, b) => a.atMs - b.atMs),
    releases,
    erased,
    shards: (await log.ranges("grants")).length,
    secret: (await campaignSecrets(log)).get(campaign) ?? new Uint8Array(0),
  };
}

/** What was refused did nothing, and might do something at another revision. Answers of long ago are not told any more. */
async function refusedCommands(log: EventLog, campaign: string): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  for await (const [, status] of valuesOf(log, "budget-status"))
    if (status.campaign === campaign)
      for (const { commandId, digest = "", outcome } of status.answers)
        if (outcome === "refused") refused.add(nameOf(commandId, digest));
  return refused;
}

/** An id that was refused may be another command's. */
function nameOf(commandId: string, digest: string): string {
  return `${digest} ${commandId}`;
}

/** Neither held out, nor capped, nor decided before the draw. */
function wasDrawn({ cluster, release, holdout, propensities, reason }: Decision): boolean {
  return cluster >= 0 && release !== null && !holdout && propensities.length > 0 && reason !== "incentive_open";
}

function postedOf({ amountMinor, atMs }: Settlement): { amountMinor: bigint; atMs: number } {
  return { amountMinor, atMs };
}

/** What cannot be read, anybody may have written, and it moved nothing. */
export async function* valuesOf<N extends keyof TopicValues>(
  log: EventLog,
  topic: N,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<readonly [LogRecord, TopicValues[N]]> {
  for await (const { record, value } of readTopic(log, topic, undefined, options))
    if (value !== null) yield [record, value];
}
