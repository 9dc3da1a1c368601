// Replay of a log
// Every recorded cycle of every partition, serving's and the treasurer's, taken again through today's code.

import { codecFor } from "../../log/codec/codec.ts";
import type { EventLog } from "../../log/event-log.ts";
import { placementOf } from "../../log/placement.ts";
import { serveKind, treasuryKind } from "../../log/topics.ts";
import { loadClassifier } from "../../serve/classify/onnx.ts";
import { createReleaseCache } from "../../serve/classify/release-cache.ts";
import { createServeProcessor } from "../../serve/processor.ts";
import type { Context } from "../../terminal/context.ts";
import { createTreasuryProcessor } from "../../treasury/processor.ts";
import { replayTask, type ReplayedTask } from "./replay-task.ts";
import { campaignSecrets } from "./secrets.ts";

/** Cycles from `fromMs` on; the treasurer's first. */
export async function replayLog(context: Context, log: EventLog, fromMs: number): Promise<readonly ReplayedTask[]> {
  return [...(await replayTreasury(context, log, fromMs)), ...(await replayServe(context, log, fromMs))];
}

async function replayServe(context: Context, log: EventLog, fromMs: number): Promise<ReplayedTask[]> {
  const releaseCache = createReleaseCache({
    log,
    codec: codecFor("releases"),
    load: loadClassifier,
    deadlineMs: PATIENCE_MS,
  });
  try {
    const placement = await placementOf(log, "sessions");
    const tasks: ReplayedTask[] = [];
    for (const { partition } of await log.ranges("sessions"))
      tasks.push(
        await replayTask({
          log,
          kind: serveKind(context.config.application),
          partition,
          processor: createServeProcessor({ releaseCache, placement }),
          outputs: ["decisions", "settlements"],
          fromMs,
          onCycle: ({ cycle }) =>
            context.progress.report("deciding again", 0, `partition ${partition}, cycle ${cycle}`),
        }),
      );
    return tasks;
  } finally {
    await releaseCache.close();
  }
}

/** A release is fetched in its time: here there is all the time. */
const PATIENCE_MS = 60_000;

async function replayTreasury(context: Context, log: EventLog, fromMs: number): Promise<ReplayedTask[]> {
  const shards = (await log.ranges("grants")).length;
  const placement = await placementOf(log, "budget-pacing");
  const secrets = await campaignSecrets(log);
  const newSecret = (campaign: string): Uint8Array => secrets.get(campaign) ?? new Uint8Array(0);
  const tasks: ReplayedTask[] = [];
  for (const { partition } of await log.ranges("budget-pacing"))
    tasks.push(
      await replayTask({
        log,
        kind: treasuryKind(context.config.application),
        partition,
        processor: createTreasuryProcessor({ shards, placement, newSecret }),
        outputs: [],
        fromMs,
        onCycle: ({ cycle }) => context.progress.report("deciding again", 0, `treasurer ${partition}, cycle ${cycle}`),
      }),
    );
  return tasks;
}
