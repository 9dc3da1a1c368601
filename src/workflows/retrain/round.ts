// Round
// From the training log to a candidate release and, where that was asked for, its promotion; once, or each time that the
// trigger says so.

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { errorMessage } from "../../domain/error-message.ts";
import type { EventLog } from "../../log/event-log.ts";
import { countTrainingRows } from "../../retrain/export.ts";
import { judgeRetrain } from "../../retrain/trigger.ts";
import { DONE, type Context } from "../../terminal/context.ts";
import type { CampaignOnLog } from "../control/campaigns.ts";
import { send } from "../control/control.ts";
import { earlierRows } from "./earlier-log.ts";
import { readMappingFile } from "./mapping-file.ts";
import { retrainPolicy } from "./retrain-policy.ts";
import { watchTrainingLog } from "./retrain-watch.ts";
import { findRelease, retrainOnce } from "./retraining.ts";

const LOOK_EVERY_MS = 5_000;
const ANSWER_MS = 30_000;

/** In the columns of the training log, as a file of its own. */
export async function earlierOf(
  { data, mapping }: { data: readonly string[]; mapping: string | undefined },
  folder: string,
  file: string,
): Promise<string | null> {
  if (data.length > 0 !== (mapping !== undefined))
    throw new InvalidInput("--data and --mapping belong together: name both or neither");
  if (mapping === undefined) return null;
  await mkdir(folder, { recursive: true });
  return await earlierRows(data, await readMappingFile(mapping), file);
}

export function releaseInForce({ campaign, release }: CampaignOnLog): string {
  if (release !== null) return release;
  throw new InvalidInput(
    `no release is in force for ${campaign.id}: publish and promote a first one (stipend releases publish, promote)`,
  );
}

/** Whoever asks, nothing is learned from a handful of rows. */
export async function checkEnoughRows({ config, nowMs }: Context, log: EventLog, campaign: string): Promise<void> {
  const policy = retrainPolicy(config);
  const rows = await countTrainingRows(log, campaign);
  const verdict = judgeRetrain(policy, { rows, rowsLearned: 0, sinceMs: 0, commanded: true }, nowMs());
  if (!verdict.due)
    throw new InvalidInput(
      `${campaign} has ${rows} rows on the training log that can be learned from, fewer than ${policy.minRows}: ` +
        "wait for more, or add a randomised log with --data and --mapping",
    );
}

interface RoundOptions {
  readonly promote: boolean;
  readonly seed: number;
  readonly quick: boolean;
  readonly earlier: string | null;
}

/** One round: what is on the training log becomes a candidate, which is promoted where that was asked for. */
export async function retrainRound(context: Context, log: EventLog, found: CampaignOnLog, options: RoundOptions) {
  const { campaign } = found;
  const release = releaseInForce(found);
  const began = new Date(context.nowMs()).toISOString().replaceAll(":", "-");
  const folder = join(context.config.stateDir, "retraining", campaign.id, began);
  const round = await retrainOnce({
    log,
    campaign,
    incumbent: await findRelease(log, campaign.id, release),
    folder,
    trainArgs: ["--seed", String(options.seed), ...(options.quick ? ["--quick"] : [])],
    earlier: options.earlier,
    nowMs: context.nowMs,
    onLine: (line) => context.progress.report(`retraining ${campaign.id}`, 0, line),
    signal: context.signal,
  });
  // The rows are on the log; what they taught stays, with its report.
  await rm(round.exported.file, { force: true });
  const { hash } = round.candidate;
  const promotion = options.promote ? await promote(context, log, campaign.id, hash) : null;
  const { rows, earlierRows: earlierCount, leftOut } = round.exported;
  return {
    ok: promotion === null || promotion.accepted,
    json: {
      campaign: campaign.id,
      from: release,
      release: hash,
      promoted: promotion?.accepted ?? false,
      reason: promotion?.reason ?? null,
      rows,
      earlierRows: earlierCount,
      leftOut,
      folder: round.folder,
      training: round.training,
    },
    text: [
      `${campaign.id}: ${hash} learned from ${rows} rows${earlierCount > 0 ? ` and ${earlierCount} earlier ones` : ""}`,
      promotion === null
        ? `a candidate: \`stipend releases promote ${hash.slice(0, 12)}\``
        : promotion.accepted
          ? "promoted"
          : `not promoted: ${promotion.reason}`,
    ].join("\n"),
  };
}

async function promote(context: Context, log: EventLog, campaign: string, release: string) {
  const { nowMs, newId, signal, actor } = context;
  const { answer } = await send(
    log,
    { campaign, action: { kind: "promote_release", release }, actor, reason: "retrained with --promote" },
    { nowMs, newId, wait: false, timeoutMs: ANSWER_MS, signal },
  );
  return {
    accepted: answer !== null && answer.outcome !== "refused",
    reason: answer === null ? `no answer within ${ANSWER_MS / 1000} s: is the allocator running?` : answer.refusal,
  };
}

/** Trains each time that the trigger says so, until the signal. */
export async function watchAndRetrain(
  context: Context,
  log: EventLog,
  campaign: string | undefined,
  round: (found: CampaignOnLog) => Promise<boolean>,
): Promise<number> {
  const policy = retrainPolicy(context.config);
  if (policy.newRows === null && policy.everyMs === null)
    throw new InvalidInput(
      "STIPEND_RETRAIN_ROWS and STIPEND_RETRAIN_PERIOD_MS are both 0: nothing would ever be due (--once trains now)",
    );
  context.output.note("watching the training log; Ctrl-C ends");
  await watchTrainingLog({
    log,
    policy,
    owns: (id) => campaign === undefined || id === campaign,
    retrain: async (found) => void (await round(found)),
    onFailure: (id, error) => context.output.note(`${id}: ${errorMessage(error)}; the next trigger tries again`),
    onLook: (counts) => {
      const texts = [...counts].map(([id, { rows, learned }]) => `${id} ${rows - learned} new of ${rows} rows`);
      context.progress.report("waiting", 0, texts.join(", "));
    },
    sleep: async (ms, signal) => await setTimeout(ms, undefined, { signal }).catch(() => undefined),
    nowMs: context.nowMs,
    everyMs: LOOK_EVERY_MS,
    signal: context.signal,
  });
  return DONE;
}
