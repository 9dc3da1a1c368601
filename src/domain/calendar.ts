// Calendar
// Days and weeks as a time zone has them, and what its clocks show. Pure: zones are data.
//
// Invariants:
//   1. Days follow each other without a gap: one ends where the next begins, with 23, 24 or 25 hours (or what a zone does).
//   2. A week begins on Monday.

import { must } from "./assert.ts";

export type Every = "day" | "week";

export interface CalendarPeriod {
  /** Counted on from one to the next. */
  readonly number: number;
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAYS_OF_WEEK = 7;
/** 1 January 1970 was a Thursday. */
const DAYS_BEFORE_EPOCH_IN_WEEK = 3;

export function isTimeZone(name: string): boolean {
  try {
    return clockOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** The day or week in which an instant lies. */
export function periodAt(every: Every, timeZone: string, atMs: number): CalendarPeriod {
  const day = dayAt(timeZone, atMs);
  const [number, first, days] = every === "day" ? [day, day, 1] : weekOf(day);
  return { number, startMs: startOfDay(timeZone, first), endMs: startOfDay(timeZone, first + days) };
}

function weekOf(day: number): [number: number, firstDay: number, days: number] {
  const number = Math.floor((day + DAYS_BEFORE_EPOCH_IN_WEEK) / DAYS_OF_WEEK);
  return [number, number * DAYS_OF_WEEK - DAYS_BEFORE_EPOCH_IN_WEEK, DAYS_OF_WEEK];
}

/** The instant at which a zone's clocks show a time, given as if it were UTC; the earlier one when they show it twice. */
export function instantOf(timeZone: string, wallMs: number): number {
  const [before, after] = [wallMs - DAY_MS, wallMs + DAY_MS].map((nearMs) => wallMs - offsetMs(timeZone, nearMs));
  const [early, late] = [Math.min(before ?? 0, after ?? 0), Math.max(before ?? 0, after ?? 0)];
  // A time that clocks leap over is the instant of the leap, or as near to it as the old clock tells.
  return early + offsetMs(timeZone, early) === wallMs ? early : late;
}

/** What a zone's clocks show at an instant, as if it were UTC. */
export function wallTime(timeZone: string, atMs: number): number {
  return atMs + offsetMs(timeZone, atMs);
}

/** `2026-11-28 10:58:09+01:00`: what a zone's clocks show, to the second, and what they are ahead of UTC; `Z` in UTC itself. */
export function zonedText(timeZone: string, atMs: number): string {
  const aheadMinutes = Math.round((wallTime(timeZone, atMs) - atMs) / MINUTE_MS);
  const shown = new Date(atMs + aheadMinutes * MINUTE_MS).toISOString().slice(0, 19).replace("T", " ");
  if (timeZone === "UTC") return `${shown}Z`;
  const two = (value: number): string => String(value).padStart(2, "0");
  const ahead = Math.abs(aheadMinutes);
  return `${shown}${aheadMinutes < 0 ? "-" : "+"}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
}

function dayAt(timeZone: string, atMs: number): number {
  return Math.floor(wallTime(timeZone, atMs) / DAY_MS);
}

/** The first instant of a day or, of one that a zone leaves out, of the next: clocks may be put on or back at midnight. */
function startOfDay(timeZone: string, day: number): number {
  const candidates = [-DAY_MS, DAY_MS].map((aside) => day * DAY_MS - offsetMs(timeZone, day * DAY_MS + aside));
  return must(
    candidates.toSorted((a, b) => a - b).find((candidate) => dayAt(timeZone, candidate) >= day),
    `start of day ${day} in ${timeZone}`,
  );
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone);
  if (clock === undefined) {
    const numeric = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
    clock = new Intl.DateTimeFormat("en-US", { timeZone, ...numeric, second: "numeric", hourCycle: "h23" });
    clocks.set(timeZone, clock);
  }
  return clock;
}

/** What the zone's clocks are ahead of UTC. */
function offsetMs(timeZone: string, atMs: number): number {
  if (timeZone === "UTC") return 0;
  const shown = new Map(
    clockOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => must(shown.get(type), type);
  const wallMs = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return wallMs - Math.floor(atMs / 1_000) * 1_000;
}
