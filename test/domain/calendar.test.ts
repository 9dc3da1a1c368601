import fc from "fast-check";
import { expect, test } from "vitest";
import { instantOf, isTimeZone, periodAt } from "../../src/domain/calendar.ts";

const HOUR_MS = 3_600_000;
const BERLIN = "Europe/Berlin";

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function dayOf(timeZone: string, at: string): [string, string] {
  const { startMs, endMs } = periodAt("day", timeZone, Date.parse(at));
  return [iso(startMs), iso(endMs)];
}

test("a day goes from midnight to midnight of its zone, also where it has 23 or 25 hours", () => {
  expect(dayOf("UTC", "2026-05-01T12:00:00Z")).toEqual(["2026-05-01T00:00:00.000Z", "2026-05-02T00:00:00.000Z"]);
  expect(dayOf(BERLIN, "2026-05-01T22:30:00Z")).toEqual(["2026-05-01T22:00:00.000Z", "2026-05-02T22:00:00.000Z"]);
  expect(dayOf(BERLIN, "2026-03-29T12:00:00Z")).toEqual(["2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"]);
  expect(dayOf(BERLIN, "2026-10-25T12:00:00Z")).toEqual(["2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"]);
});

test("a day whose midnight is left out begins where clocks are put on; one that has it twice begins once", () => {
  // Beirut put its clocks on at midnight, Havana puts them back at one.
  expect(dayOf("Asia/Beirut", "2022-03-27T10:00:00Z")).toEqual([
    "2022-03-26T22:00:00.000Z",
    "2022-03-27T21:00:00.000Z",
  ]);
  expect(dayOf("America/Havana", "2022-11-06T15:00:00Z")).toEqual([
    "2022-11-06T04:00:00.000Z",
    "2022-11-07T05:00:00.000Z",
  ]);
});

test("a day that a zone leaves out is none: the one before it ends where the one after it begins", () => {
  const before = periodAt("day", "Pacific/Apia", Date.parse("2011-12-29T22:00:00Z"));
  const after = periodAt("day", "Pacific/Apia", before.endMs);
  expect([iso(before.endMs), iso(after.startMs)]).toEqual(["2011-12-30T10:00:00.000Z", "2011-12-30T10:00:00.000Z"]);
  expect(after.number).toBe(before.number + 2);
});

test("a week goes from Monday to Monday", () => {
  const { startMs, endMs } = periodAt("week", BERLIN, Date.parse("2026-05-03T12:00:00Z"));
  expect([iso(startMs), iso(endMs)]).toEqual(["2026-04-26T22:00:00.000Z", "2026-05-03T22:00:00.000Z"]);
});

test.each(["UTC", BERLIN, "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia", "Asia/Kathmandu", "Australia/Lord_Howe"])(
  "periods of %s follow each other without a gap, each instant lies in its own, and numbers go on by one",
  (zone) => {
    const between = { min: Date.parse("1990-01-01T00:00:00Z"), max: Date.parse("2040-01-01T00:00:00Z") };
    fc.assert(
      fc.property(fc.integer(between), fc.constantFrom("day" as const, "week" as const), (atMs, every) => {
        const period = periodAt(every, zone, atMs);
        expect(period.startMs).toBeLessThanOrEqual(atMs);
        expect(period.endMs).toBeGreaterThan(atMs);
        const next = periodAt(every, zone, period.endMs);
        expect(next.startMs).toBe(period.endMs);
        expect(next.number).toBe(period.number + 1);
        expect(periodAt(every, zone, period.startMs)).toEqual(period);
      }),
      { numRuns: 100, seed: 4 },
    );
  },
);

test("a time on a zone's clocks is the instant at which they show it; one that they leap over is within the hour", () => {
  const at = (text: string): string => iso(instantOf(BERLIN, Date.parse(`${text}Z`)));
  expect(at("2026-05-01T00:00:00")).toBe("2026-04-30T22:00:00.000Z");
  expect(at("2026-10-25T02:30:00")).toBe("2026-10-25T00:30:00.000Z");
  expect(Math.abs(Date.parse(at("2026-03-29T02:30:00")) - Date.parse("2026-03-29T01:00:00Z"))).toBeLessThan(HOUR_MS);
});

test("what is no time zone is known to be none", () => {
  expect([BERLIN, "UTC", "Mars/Olympus", ""].map(isTimeZone)).toEqual([true, true, false, false]);
});
