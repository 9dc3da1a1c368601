// Lift of a range: what the sessions of that time brought beside the holdout, as `stipend evaluate --live` works it out; and where
// the log cannot carry it, why not.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import { rewardUnit } from "../../domain/campaign/reward-unit.ts";
import { timeText } from "../../domain/figures.ts";
import { BOOTSTRAP } from "../../evaluate/policy/bootstrap.ts";
import { isMismatch } from "../../evaluate/policy/sample-ratio.ts";
import type { EventLog } from "../../log/event-log.ts";
import type { LiftFound } from "../../report/campaign/look-back-report.ts";
import type { Progress } from "../../terminal/progress.ts";
import { mismatchText } from "../evaluate/evaluate-live.ts";
import { readHoldout } from "../evaluate/rows/holdout-rows.ts";
import { MOST_READ } from "./bounds.ts";

export interface LiftOfRange {
  readonly log: EventLog;
  readonly campaign: Campaign;
  readonly during: { readonly fromMs: number; readonly toMs: number };
  readonly nowMs: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export async function readLift({ nowMs, ...options }: LiftOfRange): Promise<LiftFound> {
  const { log, campaign, during } = options;
  if (campaign.holdoutShare === 0) return none("Nobody is held out, so there is nothing to compare with.");
  const records = await sizeOf(log);
  if (records > MOST_READ)
    return none(
      `The lift would take ${records.toLocaleString("en")} records to read, which is more than the console reads: ` +
        `\`stipend evaluate --live --campaign ${campaign.id}\` works it out.`,
    );
  const { value, tooOld, refused, sessions } = await readHoldout({ ...options, bootstrap: BOOTSTRAP });
  if (value === null) return none("Too few users were held out, or served, to compare them.");
  if (isMismatch(value.sampleRatio)) return none(`${mismatchText(value.sampleRatio)}.`);
  const { weight } = rewardUnit(campaign);
  const scaled = (of: { readonly value: number; readonly low: number; readonly high: number }) => ({
    value: of.value / weight,
    low: of.low / weight,
    high: of.high / weight,
  });
  const openUntilMs = during.toMs + campaign.reservation.ttlMs;
  return {
    kind: "measured",
    total: scaled(value.total),
    perUser: scaled(value.perUser),
    users: value.served.users,
    heldOut: value.heldOut.users,
    notes: [
      ...(openUntilMs > nowMs
        ? [`Outcomes of its last sessions may come until ${timeText(openUntilMs, campaign.timeZone ?? "UTC")}.`]
        : []),
      ...(tooOld > 0
        ? [`${tooOld} sessions are of users who entered before the oldest outcome kept, and are not in the comparison.`]
        : []),
      ...(refused > 0
        ? [`Of ${sessions.toLocaleString("en")} sessions, ${refused.toLocaleString("en")} were refused for money.`]
        : []),
    ],
  };
}

function none(why: string): LiftFound {
  return { kind: "none", why };
}

async function sizeOf(log: EventLog): Promise<number> {
  let records = 0;
  for (const topic of ["decisions", "outcomes", "settlements"])
    for (const { start, end } of await log.ranges(topic)) records += end - start;
  return records;
}
