// Bounds: from where to where the topics are read for a range, and how much that is. A reading holds the log and whoever reads,
// so no more than MOST_READ records are read; what is left out is said.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import type { EventLog } from "../../log/event-log.ts";
import { offsetAt } from "../../log/reading/offset-at.ts";
import type { Range } from "./range.ts";

export const MOST_READ = 2_000_000;

export interface Piece {
  readonly topic: "decisions" | "settlements";
  readonly partition: number;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export interface Bounds {
  readonly pieces: readonly Piece[];
  readonly records: number;
  /** From when on sessions are looked at: later than was asked for where there was too much. */
  readonly fromMs: number;
  /** All is read since the campaign began: what was spent and reserved before the range is known. */
  readonly isWhole: boolean;
}

/** Between a row's time and its record's. */
const ASIDE_MS = 60_000;
const TRIES = 4;

export async function readingBounds(log: EventLog, campaign: Campaign, { fromMs, toMs }: Range): Promise<Bounds> {
  const untilMs = toMs + longestMs(campaign);
  const since = async (sinceMs: number): Promise<readonly Piece[]> =>
    (
      await Promise.all([
        pieces(log, "decisions", sinceMs - ASIDE_MS, toMs + ASIDE_MS),
        pieces(log, "settlements", sinceMs - ASIDE_MS, untilMs + ASIDE_MS),
      ])
    ).flat();
  const whole = await since(Math.min(fromMs, campaign.startMs));
  if (sizeOf(whole) <= MOST_READ && !(await hasLost(log, whole)))
    return { pieces: whole, records: sizeOf(whole), fromMs, isWhole: true };
  let [beginMs, found] = [fromMs, await since(fromMs)];
  // As if records came evenly; a second look corrects it.
  for (let tries = 0; tries < TRIES && sizeOf(found) > MOST_READ; tries += 1) {
    beginMs = toMs - (toMs - beginMs) * 0.95 * (MOST_READ / sizeOf(found));
    found = await since(beginMs);
  }
  return { pieces: found, records: sizeOf(found), fromMs: Math.ceil(beginMs), isWhole: false };
}

/** How long money may be held for an offer. */
function longestMs({ arms, reservation }: Campaign): number {
  return Math.max(reservation.ttlMs, ...arms.map(({ validMs }) => validMs ?? 0));
}

async function pieces(log: EventLog, topic: Piece["topic"], sinceMs: number, untilMs: number): Promise<Piece[]> {
  const ranges = await log.ranges(topic);
  return await Promise.all(
    ranges.map(async (range) => ({
      topic,
      partition: range.partition,
      from: await offsetAt(log, topic, range, sinceMs),
      to: await offsetAt(log, topic, range, untilMs),
    })),
  );
}

/** Whether retention has taken what was before the first record of any of them. */
async function hasLost(log: EventLog, found: readonly Piece[]): Promise<boolean> {
  for (const topic of ["decisions", "settlements"] as const) {
    const starts = new Map((await log.ranges(topic)).map(({ partition, start }) => [partition, start]));
    for (const piece of found)
      if (piece.topic === topic && piece.from > 0 && piece.from <= (starts.get(piece.partition) ?? 0)) return true;
  }
  return false;
}

function sizeOf(found: readonly Piece[]): number {
  return found.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0);
}
