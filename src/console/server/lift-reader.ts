// Lift reader: what each campaign brings beside its holdout, worked out of what the follower has taken, one campaign after the
// other, so that no page waits for all of them.

import { setTimeout as sleep } from "node:timers/promises";
import type { BootstrapOptions } from "../../evaluate/policy/bootstrap.ts";
import type { RunningHoldouts } from "../../workflows/evaluate/rows/running-holdout.ts";
import { liftOf } from "../views/lift.ts";
import type { LiveModel } from "../views/model/live-model.ts";

export interface LiftOptions {
  readonly model: LiveModel;
  readonly holdouts: RunningHoldouts;
  /** Since when they are known; null: from the beginning of what the log keeps. */
  readonly sinceMs: () => number | null;
  readonly signal: AbortSignal;
}

/** A campaign each time: some milliseconds. */
const EACH_MS = 250;
/** What there was at the start comes first. */
const FIRST_MS = 2_000;
const BOOTSTRAP: BootstrapOptions = { replicates: 400, seed: 1, confidence: 0.95 };

/** Until the signal. */
export async function keepLifts({ model, holdouts, sinceMs, signal }: LiftOptions): Promise<void> {
  await pause(FIRST_MS, signal);
  while (!signal.aborted) {
    const ids = model.statuses().map(({ campaign }) => campaign);
    holdouts.keepOnly(new Set(ids));
    for (const id of ids) {
      const campaign = model.campaign(id);
      const running = campaign === null ? null : holdouts.value(campaign, BOOTSTRAP);
      if (campaign !== null) model.lifts.set(id, liftOf(running, campaign, sinceMs()));
      await pause(EACH_MS, signal);
      if (signal.aborted) return;
    }
    if (ids.length === 0) await pause(EACH_MS, signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
