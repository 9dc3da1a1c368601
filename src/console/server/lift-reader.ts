// Lift reader: what each campaign brought beside its holdout, worked out now and then as `stipend evaluate --live` does it: it takes a
// whole reading of decisions, outcomes and money, so one campaign comes after the other, and a log that is too large is left to that.

import { setTimeout as sleep } from "node:timers/promises";
import type { Campaign } from "../../domain/campaign/campaign.ts";
import { BOOTSTRAP } from "../../evaluate/policy/bootstrap.ts";
import type { EventLog } from "../../log/event-log.ts";
import { readHoldout } from "../../workflows/evaluate/rows/holdout-rows.ts";
import { liftOf, type Lift } from "../views/lift.ts";
import type { LiveModel } from "../views/model/live-model.ts";

export interface LiftOptions {
  readonly log: EventLog;
  readonly model: LiveModel;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

const READ = ["decisions", "outcomes", "settlements"] as const;
/** Records of all three, over all campaigns: each is a reading of its own. */
const MOST_READ = 2_000_000;
const PAUSE_MS = 5 * 60_000;
const FIRST_MS = 2_000;
const SILENT = { report: () => undefined, clear: () => undefined };

/** Until the signal. */
export async function keepLifts({ log, model, nowMs, signal }: LiftOptions): Promise<void> {
  let pauseMs = FIRST_MS;
  for (;;) {
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    pauseMs = PAUSE_MS;
    const statuses = model.statuses();
    for (const { campaign: id, state } of statuses) {
      if (state === "ended" && model.lifts.has(id)) continue;
      const campaign = model.campaign(id);
      // What cannot be read now is read the next time.
      const lift =
        campaign === null || signal.aborted
          ? null
          : await readLift(log, campaign, MOST_READ / statuses.length, nowMs()).catch(() => null);
      if (lift !== null) model.lifts.set(id, lift);
    }
  }
}

async function readLift(log: EventLog, campaign: Campaign, most: number, nowMs: number): Promise<Lift> {
  let records = 0;
  for (const topic of READ) for (const { start, end } of await log.ranges(topic)) records += end - start;
  if (records > most) return { kind: "too_much", records };
  const { value } = await readHoldout({ log, campaign, bootstrap: BOOTSTRAP, progress: SILENT });
  return liftOf(value, campaign, nowMs);
}
