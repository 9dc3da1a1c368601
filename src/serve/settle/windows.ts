// Windows: what of a user's open decisions has come to its end. An incentive is valid, and its money held, as long as
// outcomes count; an arm may have a shorter validity. The window of outcomes is the same for all arms, so that what they
// bring can be compared.

import type { InForce } from "../state/campaign/settings.ts";
import type { OpenDecision } from "../state/user/open-decision.ts";
import { withEnded, type UserRecord } from "../state/user/record.ts";

/** In force, by id. */
export type Campaigns = ReadonlyMap<string, InForce>;

export function heldUntilMs({ campaign, arm, decidedAtMs, untilMs }: OpenDecision, campaigns: Campaigns): number {
  const validMs = campaigns.get(campaign)?.settings.grant.campaign.arms[arm]?.validMs ?? null;
  return validMs === null ? untilMs : Math.min(untilMs, decidedAtMs + validMs);
}

/** When something of it ends next: what is held, then the window. */
export function endsNextMs(open: OpenDecision, campaigns: Campaigns): number {
  return open.reservation === "held" ? heldUntilMs(open, campaigns) : open.untilMs;
}

/** The record without what is over, and what it was: its money is still to be settled. */
export interface ClosedWindows {
  readonly record: UserRecord;
  /** Held, and no longer valid, while outcomes still count. */
  readonly expired: readonly OpenDecision[];
  readonly over: readonly OpenDecision[];
}

export function closeWindows(record: UserRecord, campaigns: Campaigns, nowMs: number): ClosedWindows {
  const isDue = (open: OpenDecision): boolean => endsNextMs(open, campaigns) <= nowMs;
  if (!record.open.some(isDue)) return { record, expired: [], over: [] };
  const isOver = (open: OpenDecision): boolean => open.untilMs <= nowMs;
  const over = record.open.filter(isOver);
  const goesOn = record.open.filter((open) => !isOver(open));
  const open = goesOn.map((each) => (isDue(each) ? { ...each, reservation: "expired" as const } : each));
  const ended = over.reduce((all, each) => withEnded(all, each, nowMs), record.ended);
  return { record: { ...record, open, ended }, expired: goesOn.filter(isDue), over };
}
