// Cohorts
// Marks of what the shards have said, some to a life of a hold. The treasurer hears totals only; with the marks it can tell the
// holds that were made a life ago, and have ended, from those made since.
//
// Invariant: between two marks that are compared no hold made since the first has come to its time. What has ended of those was
// redeemed or declined. If some made before the first are still open, less is believed to have been redeemed since.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import type { AccountTotals } from "../../domain/campaign/control.ts";
import type { Minor } from "../../domain/money/money.ts";

/** The plan account at one time. */
export interface Mark {
  readonly atMs: number;
  readonly reservedMinor: Minor;
  readonly settledMinor: Minor;
  readonly releasedMinor: Minor;
  /** What the plans in force expected to be redeemed of all that was reserved. */
  readonly foreseenMinor: number;
}

export interface Cohorts {
  /** Oldest first; none older than the last needs. */
  readonly marks: readonly Mark[];
  /** At the last review. */
  readonly now: Mark;
  /** At the last review before any hold could have come to its time; null when nobody has watched from the first hold on. */
  readonly early: Mark | null;
}

type Lives = Pick<Campaign, "arms" | "reservation">;

const MARKS_A_LIFE = 8;
/**
 * Of a life. A mark is by the shard's clock that was furthest, and a little less than a life is taken for one: what a shard had
 * done and not yet said, and clocks that differ, are within that.
 */
const SLACK_SHARE = 1 / 32;

/** Time between two marks. */
export function markEveryMs({ reservation }: Pick<Campaign, "reservation">): number {
  return ((1 - SLACK_SHARE) * reservation.ttlMs) / MARKS_A_LIFE;
}

/** `redemption`: the share of what the plan in force holds that the release expects to be redeemed. */
export function watchCohorts(
  before: Cohorts | null,
  campaign: Lives,
  totals: AccountTotals,
  redemption: number,
  atMs: number,
): Cohorts {
  const made = Number(totals.reserved - (before?.now.reservedMinor ?? 0n));
  const now: Mark = {
    atMs,
    reservedMinor: totals.reserved,
    settledMinor: totals.settled,
    releasedMinor: totals.released,
    foreseenMinor: (before?.now.foreseenMinor ?? 0) + made * redemption,
  };
  if (before === null) return { marks: [now], now, early: now.reservedMinor === 0n ? now : null };
  const turn = (mark: Mark | undefined): number => Math.floor((mark?.atMs ?? 0) / markEveryMs(campaign));
  const marks = turn(before.marks.at(-1)) < turn(now) ? [...before.marks, now] : before.marks;
  return { marks: marks.slice(firstOfLife(marks, campaign)), now, early: earlyAt(before, campaign, now) };
}

/** The first and the last of the marks that are compared. */
export function lifeBetween({ marks }: Cohorts, campaign: Lives): readonly [Mark, Mark] | null {
  const [first, last] = [marks[firstOfLife(marks, campaign)], marks.at(-1)];
  return first === undefined || last === undefined ? null : [first, last];
}

function firstOfLife(marks: readonly Mark[], { reservation }: Lives): number {
  const lastMs = marks.at(-1)?.atMs ?? 0;
  return marks.findIndex(({ atMs }) => lastMs - atMs <= (1 - SLACK_SHARE / 2) * reservation.ttlMs);
}

/** Until the first hold could have come to its time. */
function earlyAt({ marks, early }: Cohorts, campaign: Lives, now: Mark): Mark | null {
  const before = marks.findLast(({ reservedMinor }) => reservedMinor === 0n);
  return before !== undefined && now.atMs - before.atMs < leastLifeMs(campaign) ? now : early;
}

function leastLifeMs({ arms, reservation }: Lives): number {
  const lives = arms.flatMap(({ faceMinor, validMs }) => (faceMinor > 0n && validMs ? [validMs] : []));
  return Math.min(reservation.ttlMs, ...lives);
}
