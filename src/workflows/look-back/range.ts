// Range: which time of a campaign is looked back at, as people write it: times of the campaign's clocks, or whole days.

import { InvalidInput, type Campaign } from "../../domain/campaign/campaign.ts";
import { readInstant } from "../../domain/reading/instant.ts";
import { timeText } from "../../domain/figures.ts";

/** As it was typed: `2026-05-01T08:00`, or `2026-05-01` for the day from its beginning to its end. */
export interface AskedRange {
  readonly from: string;
  readonly to: string;
}

export interface Range {
  readonly fromMs: number;
  /** Exclusive; not in the future. */
  readonly toMs: number;
  readonly timeZone: string;
  /** It was to reach into the future. */
  readonly isCut: boolean;
}

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** Throws InvalidInput that names the field, for a range of which there can be nothing. */
export function rangeOf(asked: AskedRange, { id, startMs, timeZone = "UTC" }: Campaign, nowMs: number): Range {
  const fromMs = instantOf("from", asked.from, timeZone);
  const endMs = instantOf("to", DAY.test(asked.to) ? dayAfter(asked.to) : asked.to, timeZone);
  if (endMs <= fromMs) throw new InvalidInput(`to: the range ends before it begins: ${asked.from} to ${asked.to}`);
  if (fromMs >= nowMs) throw new InvalidInput("from: the range is in the future: nothing has happened there yet");
  if (endMs <= startMs)
    throw new InvalidInput(`to: ${id} began at ${timeText(startMs, timeZone)}: the range is before that`);
  return { fromMs, toMs: Math.min(endMs, nowMs), timeZone, isCut: endMs > nowMs };
}

function instantOf(field: string, text: string, timeZone: string): number {
  const read = readInstant(text, timeZone);
  if ("fault" in read) throw new InvalidInput(`${field}: ${read.fault}`);
  return read.ms;
}

/** What is no day stays, and is refused as it was typed. */
function dayAfter(day: string): string {
  const ms = Date.parse(`${day}T00:00:00Z`);
  const isDay = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
  return isDay ? new Date(ms + DAY_MS).toISOString().slice(0, 10) : day;
}
