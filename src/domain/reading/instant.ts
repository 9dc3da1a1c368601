// Instant
// Reads a point in time as people and producers write it: milliseconds since 1970, or ISO 8601.
//
// Invariants:
//   1. A day or a time of day that is not in the calendar is refused, never rolled over into the next.
//   2. A number in seconds, micro- or nanoseconds is not taken for milliseconds: it lies where no time of ours can be.

import { instantOf } from "../calendar.ts";
import { shown } from "./shown.ts";

export type ReadTime = { readonly ms: number } | { readonly fault: string };

const WRITTEN = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?: ?(Z|[+-]\d\d:?\d\d))?)?$/;
const DAYS_IN_YEARS_MS = 86_400_000 * 365.25;
/** A time longer ago than this, which times a thousand would be about now, was meant in seconds. */
const NOT_SECONDS_MS = 40 * DAYS_IN_YEARS_MS;
const FIRST_MS = 0;
const LAST_MS = Date.UTC(2200, 0);
const EARLIEST_IN_OTHER_UNIT_MS = Date.UTC(1980, 0);
const MINUTE_MS = 60_000;
const MOST_OFFSET_MINUTES = 14 * 60;

/**
 * The instant of an ISO 8601 text such as 2026-05-01T12:00:00Z. One that names no offset is a time of the clocks of
 * `timeZone`, and a day by itself is its midnight; a time that they leap over is the instant of the leap, and the earlier
 * one counts of a time that they show twice. Without a zone (null) the offset must be there.
 */
export function readInstant(text: string, timeZone: string | null): ReadTime {
  const [, year = "", month = "", day = "", hour = "00", minute = "00", second = "00", fraction = "", offset] =
    WRITTEN.exec(text) ?? [];
  if (year === "") return { fault: `expected ${timeZone === null ? WITH_OFFSET : IN_ZONE}, got ${shown(text)}` };
  const fault = calendarFault(Number(year), Number(month), Number(day)) ?? clockFault(hour, minute, second);
  if (fault !== null) return { fault: `${text}: ${fault}` };
  const wallMs =
    Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) + Number(fraction.padEnd(3, "0").slice(0, 3));
  if (offset === undefined)
    return timeZone === null
      ? { fault: `${text}: its offset from UTC is missing: expected ${WITH_OFFSET}` }
      : { ms: instantOf(timeZone, wallMs) };
  const ahead = offsetMinutes(offset);
  return ahead === null ? { fault: `${text}: there is no offset ${offset}` } : { ms: wallMs - ahead * MINUTE_MS };
}

const WITH_OFFSET = "a time with its offset such as 2026-05-01T12:00:00Z";
const IN_ZONE = "a time such as 2026-05-01T12:00";

function calendarFault(year: number, month: number, day: number): string | null {
  if (month < 1 || month > 12) return `there is no month ${month}`;
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const name = new Date(Date.UTC(year, month - 1)).toLocaleString("en", { month: "long", timeZone: "UTC" });
  return day >= 1 && day <= days ? null : `${name} ${year} has ${days} days`;
}

function clockFault(hour: string, minute: string, second: string): string | null {
  if (hour === "24") return "a day ends at 00:00 of the next: write that";
  if (Number(hour) > 23 || Number(minute) > 59) return `there is no time ${hour}:${minute}`;
  return Number(second) > 59 ? `a minute has 60 seconds, from 00 to 59 (leap seconds are not told)` : null;
}

/** Ahead of UTC; null for one that no place has. */
function offsetMinutes(offset: string): number | null {
  if (offset === "Z") return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  const ahead = hours * 60 + minutes;
  return minutes < 60 && ahead <= MOST_OFFSET_MINUTES ? (offset.startsWith("-") ? -ahead : ahead) : null;
}

/** Why a number is no time in milliseconds that anything of ours may have; null when it is one. */
export function rangeFault(ms: number): string | null {
  if (ms >= FIRST_MS && ms <= LAST_MS) return null;
  for (const [unit, inMs] of Object.entries({ microseconds: 1e3, nanoseconds: 1e6 }))
    if (ms / inMs > EARLIEST_IN_OTHER_UNIT_MS && ms / inMs <= LAST_MS) return meant(ms, unit, ms / inMs);
  return `must be from 1970 to 2200, in milliseconds since 1970, got ${ms}`;
}

/** The same of a time by a clock that shows `nowMs`: one in seconds is told too. */
export function unitFault(ms: number, nowMs: number): string | null {
  const isSeconds = ms > 0 && ms < nowMs - NOT_SECONDS_MS && Math.abs(ms * 1e3 - nowMs) < NOT_SECONDS_MS;
  return isSeconds ? meant(ms, "seconds", ms * 1e3) : rangeFault(ms);
}

function meant(ms: number, unit: string, asMs: number): string {
  const iso = new Date(asMs).toISOString();
  return `${ms} looks like ${unit} (${iso}): milliseconds since 1970 are expected, ${Math.round(asMs)}`;
}
