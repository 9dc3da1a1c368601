// Retrain beside
// Learning again while the allocator works: `stipend retrain --once` in a process of its own, which gives way to the live
// one, and whose release is a candidate. Of several instances the one that runs a campaign's treasury task does it.

import { constants, setPriority } from "node:os";
import { setTimeout } from "node:timers/promises";
import { errorMessage } from "../../domain/error-message.ts";
import type { EventLog } from "../../log/event-log.ts";
import { partitionOf } from "../../log/partitioner.ts";
import { placementOf } from "../../log/placement.ts";
import { runTraining } from "../../retrain/trainer.ts";
import type { Runner } from "../../task/runner.ts";
import type { TreasuryFacts } from "../../treasury/processor.ts";
import type { Context } from "../../terminal/context.ts";
import { retrainPolicy } from "./retrain-policy.ts";
import { watchTrainingLog } from "./retrain-watch.ts";
import { stipend } from "../run/own-process.ts";

const LOOK_EVERY_MS = 5_000;

/** Until the signal; what goes wrong with a training is said, and never the allocator's trouble. */
export async function retrainBeside(
  context: Context,
  log: EventLog,
  treasury: Runner<TreasuryFacts>,
  signal: AbortSignal,
): Promise<void> {
  const policy = retrainPolicy(context.config);
  if (policy.newRows === null && policy.everyMs === null) return;
  const { output, nowMs } = context;
  const placement = await placementOf(log, "treasury-state");
  const say = (campaign: string, error: unknown) => output.note(`retraining ${campaign}: ${errorMessage(error)}`);
  try {
    await watchTrainingLog({
      log,
      policy,
      owns: (campaign) =>
        treasury.tasks.some(
          ({ partition, state }) => state === "running" && partition === partitionOf(Buffer.from(campaign), placement),
        ),
      retrain: async ({ campaign: { id } }, reason) => {
        output.item(
          { event: "retraining", campaign: id, reason },
          () => `retraining ${id}: ${reason.replace("_", " ")}`,
        );
        const { release, rows } = await runTraining({
          ...stipend(["retrain", "--once", "--campaign", id, "--json"]),
          onLine: () => undefined,
          onStart: (pid) => setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL),
          signal,
        });
        output.item(
          { event: "retrained", campaign: id, release, rows },
          () => `${id}: ${String(release)} is a candidate`,
        );
      },
      onFailure: say,
      sleep: async (ms, until) => await setTimeout(ms, undefined, { signal: until }).catch(() => undefined),
      nowMs,
      everyMs: LOOK_EVERY_MS,
      signal,
    });
  } catch (error) {
    say("stopped", error);
  }
}
