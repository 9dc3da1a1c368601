// Steering
// What every command that steers a campaign takes, prints and ends with. Each says only what it asks for; the sending and
// the waiting are workflows/control/control.ts.

import type { PacingAction } from "../domain/campaign/control.ts";
import { MAX_ID_BYTES, MAX_LINE_BYTES } from "../domain/ids.ts";
import type { EventLog } from "../log/event-log.ts";
import { asInteger, asLine, asText, asWait } from "../settings/parse.ts";
import { CHECK_FAILED, DONE, type Context } from "../terminal/context.ts";
import { withLog } from "../workflows/connect/open-log.ts";
import {
  campaignOr,
  dryRun,
  isComplete,
  outcomeJson,
  send,
  type CommandOutcome,
} from "../workflows/control/control.ts";
import { previewText } from "../workflows/control/pacing/preview-text.ts";
import { defineCommand, type Command } from "./command.ts";
import { flag, option, withDefault, type Options, type ValuesOf } from "./options.ts";

const SECOND_MS = 1_000;

/** Of what is kept with its record. */
export const ACTOR_AND_REASON = {
  actor: option("name", "who asks for it (default: STIPEND_ACTOR, or the system's user)", asLine(MAX_ID_BYTES)),
  reason: option("text", "why, kept on record", asLine(MAX_LINE_BYTES)),
} as const;

/** What every command that steers takes beside its own. */
export const STEERING = {
  expect: option("revision", "refuse unless the campaign is at this revision", asInteger({ min: 0 })),
  dryRun: flag("answer what would change, and change nothing"),
  wait: flag("print the acknowledgements and end when every partition has applied it"),
  timeout: withDefault("duration", "how long to wait for an answer, such as 500ms, 30s or 5m", asWait, 30_000),
  commandId: option(
    "id",
    "id of the command: one that was accepted gets the same answer again (default: a new one)",
    asText,
  ),
  ...ACTOR_AND_REASON,
} as const;

export type Steering = ValuesOf<typeof STEERING>;

const CAMPAIGN = { campaign: option("id", "the campaign (default: the only one there is)", asText) } as const;

interface SteeringTable<O extends Options> {
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly [string, ...string[]];
  readonly options: O;
  /** What is asked of the campaign. */
  action(values: ValuesOf<O>, log: EventLog, campaign: string): PacingAction | Promise<PacingAction>;
}

const ANSWERS =
  "The treasurer answers: accepted with the new revision, or refused with the reason (exit 1). With --dry-run it answers " +
  "what would change; with --wait the command ends when every partition has applied it.";

export function steeringCommand<O extends Options>(table: SteeringTable<O>): Command {
  return defineCommand({
    summary: table.summary,
    description: `${table.description} ${ANSWERS}`,
    examples: table.examples,
    options: { ...CAMPAIGN, ...table.options, ...STEERING },
    endsBySignal: true,
    async run(context, merged) {
      // The types of three tables do not come together over a generic one.
      const values = merged as unknown as ValuesOf<typeof CAMPAIGN> & Steering & ValuesOf<O>;
      return await withLog(context, async (log) => {
        const campaign = await campaignOr(log, values.campaign);
        const action = await table.action(values, log, campaign);
        return await runSteering(context, log, campaign, action, values);
      });
    },
  });
}

/**
 * A whole command of the command line: sends it, prints what becomes of it, and answers the exit code: 1 for a refusal
 * and for an answer, or an acknowledgement that was asked for, which has not come in time.
 */
export async function runSteering(
  context: Context,
  log: EventLog,
  campaign: string,
  action: PacingAction,
  steering: Steering,
): Promise<number> {
  const { output, progress } = context;
  let told = "";
  const request = {
    campaign,
    action,
    actor: steering.actor ?? context.actor,
    reason: steering.reason ?? null,
    expectedRevision: steering.expect ?? null,
    commandId: steering.commandId,
  };
  const outcome = await (steering.dryRun ? dryRun : send)(log, request, {
    nowMs: context.nowMs,
    newId: context.newId,
    wait: steering.wait,
    timeoutMs: steering.timeout,
    signal: context.signal,
    onNews: (news) => {
      const text = newsText(news);
      if (steering.wait && text !== told && !isComplete(news, true)) output.note(text);
      told = text;
    },
  });
  progress.clear();
  const waited = context.signal.aborted ? "before it was interrupted" : `within ${steering.timeout / SECOND_MS} s`;
  output.result(outcomeJson(outcome), () => outcomeText(outcome, steering.wait, waited));
  return isComplete(outcome, steering.wait) && outcome.answer?.outcome !== "refused" ? DONE : CHECK_FAILED;
}

function newsText({ answer, silent, partitions }: CommandOutcome): string {
  const named = silent.length < partitions ? ` (${silent.join(", ")})` : "";
  return (
    `${answer?.outcome ?? "no answer"}: revision ${answer?.revision ?? "?"}; ` +
    `${silent.length} of ${partitions} partitions have not applied it${named}`
  );
}

function outcomeText(outcome: CommandOutcome, wait: boolean, waited: string): string {
  const { command, answer, silent } = outcome;
  const what = `${command.campaign}: ${command.action.kind.replaceAll("_", " ")}${command.dryRun ? " (dry run)" : ""}`;
  if (answer === null)
    return (
      `${what}: no answer ${waited}: is the allocator running (stipend run)? The command is on the ` +
      `log and will be answered; ask again with --command-id ${command.commandId}`
    );
  if (answer.outcome === "refused") return `${what}: refused: ${answer.refusal ?? "no reason given"}`;
  if (answer.outcome === "previewed") return [`${what}: would be accepted`, ...previewTexts(outcome)].join("\n");
  if (!wait || command.dryRun) return `${what}: ${answer.outcome}, revision ${answer.revision}`;
  if (silent.length === 0) return `${what}: applied on every partition, revision ${answer.revision}`;
  return `${what}: accepted, revision ${answer.revision}, but not applied ${waited} by partitions ${silent.join(", ")}`;
}

function previewTexts({ command, answer, status, changes }: CommandOutcome): readonly string[] {
  const preview = answer?.preview ?? null;
  if (preview === null) return [];
  return previewText(preview, command.action, changes, answer?.revision === 0 ? null : status);
}
