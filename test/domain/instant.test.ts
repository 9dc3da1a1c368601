// Times as people and producers write them: what is in no calendar is refused, what is in another unit too.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readInstant, unitFault } from "../../src/domain/reading/instant.ts";

const NOW_MS = Date.UTC(2026, 10, 28);

function iso(text: string, timeZone: string | null = null): string {
  const read = readInstant(text, timeZone);
  return "ms" in read ? new Date(read.ms).toISOString() : read.fault;
}

test.each([
  ["2026-05-01T12:00:00Z", "2026-05-01T12:00:00.000Z"],
  ["2026-05-01T12:00Z", "2026-05-01T12:00:00.000Z"],
  ["2026-05-01T12:00:00.25+02:00", "2026-05-01T10:00:00.250Z"],
  ["2026-05-01 12:00:00 +0530", "2026-05-01T06:30:00.000Z"],
  ["2026-05-01T12:00:00.123456789Z", "2026-05-01T12:00:00.123Z"],
  ["2024-02-29T23:59:59-12:00", "2024-03-01T11:59:59.000Z"],
])("%s is a time", (text, found) => {
  expect(iso(text)).toBe(found);
});

test.each([
  ["2036-06-31T00:00:00Z", "2036-06-31T00:00:00Z: June 2036 has 30 days"],
  ["2035-02-29T00:00:00Z", "February 2035 has 28 days"],
  ["1900-02-29T00:00:00Z", "February 1900 has 28 days"],
  ["2036-13-01T00:00:00Z", "there is no month 13"],
  ["2036-01-00T00:00:00Z", "January 2036 has 31 days"],
  ["2036-06-30T24:00:00Z", "a day ends at 00:00 of the next: write that"],
  ["2036-06-30T23:60:00Z", "there is no time 23:60"],
  ["2016-12-31T23:59:60Z", "a minute has 60 seconds"],
  ["2036-06-30T12:00:00+25:00", "there is no offset +25:00"],
  ["2036-06-30T12:00:00+02:75", "there is no offset +02:75"],
  ["2036-06-30T12:00:00", "its offset from UTC is missing: expected a time with its offset"],
  ["2036-06-30", "its offset from UTC is missing"],
  ["30.06.2036", 'expected a time with its offset such as 2026-05-01T12:00:00Z, got "30.06.2036"'],
  ["06/30/2036", 'got "06/30/2036"'],
  ["2036-6-30T00:00Z", "expected a time with its offset"],
  ["soon", 'got "soon"'],
  ["", 'got ""'],
])("%s is refused, and told why", (text, reason) => {
  expect(iso(text)).toContain(reason);
});

test("a time of a zone's clocks: with seconds and parts of them, with a space, a day by itself, and never one that is not there", () => {
  const berlin = (text: string): string => iso(text, "Europe/Berlin");
  expect(berlin("2036-12-31")).toBe("2036-12-30T23:00:00.000Z");
  expect(berlin("2036-12-31T23:59:59.999")).toBe("2036-12-31T22:59:59.999Z");
  expect(berlin("2036-12-31 23:59")).toBe("2036-12-31T22:59:00.000Z");
  expect(berlin("2036-12-31T23:59Z")).toBe("2036-12-31T23:59:00.000Z");
  expect(berlin("2036-02-30T00:00")).toBe("2036-02-30T00:00: February 2036 has 29 days");
  expect(berlin("2036-06-31")).toBe("2036-06-31: June 2036 has 30 days");
  // Clocks leap from 02:00 to 03:00; and show 02:30 twice.
  expect(berlin("2026-03-29T02:30")).toBe("2026-03-29T01:30:00.000Z");
  expect(berlin("2026-10-25T02:30")).toBe("2026-10-25T00:30:00.000Z");
});

test("every instant of these centuries is read back as it is printed", () => {
  const instants = fc.date({ min: new Date(0), max: new Date("2999-12-31T00:00:00Z"), noInvalidDate: true });
  fc.assert(
    fc.property(instants, (date) => {
      expect(iso(date.toISOString())).toBe(date.toISOString());
    }),
  );
});

describe("a number that should be milliseconds", () => {
  const then = Date.UTC(2026, 0, 1);
  test.each([
    ["seconds", then / 1e3],
    ["microseconds", then * 1e3],
    ["nanoseconds", then * 1e6],
  ])("in %s is told, with what it would be", (unit, written) => {
    expect(unitFault(written, NOW_MS)).toBe(
      `${written} looks like ${unit} (2026-01-01T00:00:00.000Z): milliseconds since 1970 are expected, ${then}`,
    );
  });

  test("in milliseconds is taken: long ago, now, and as far ahead as people write", () => {
    for (const date of ["1990-01-01", "2000-01-01", "2026-11-28", "2036-01-01", "2099-12-31", "2199-12-31"])
      expect([date, unitFault(Date.parse(date), NOW_MS)]).toEqual([date, null]);
    expect(unitFault(Date.UTC(2300, 0), NOW_MS)).toBe(
      "must be from 1970 to 2200, in milliseconds since 1970, got 10413792000000",
    );
  });

  test("of 40 years about now is told in each other unit, and never in its own", () => {
    const near = fc.integer({ min: NOW_MS - 39 * 365 * 86_400_000, max: NOW_MS + 39 * 365 * 86_400_000 });
    fc.assert(
      fc.property(near, (ms) => {
        expect(unitFault(ms, NOW_MS)).toBeNull();
        expect(unitFault(Math.floor(ms / 1e3), NOW_MS)).toContain("looks like seconds");
        expect(unitFault(ms * 1e3, NOW_MS)).toContain("looks like microseconds");
        expect(unitFault(ms * 1e6, NOW_MS)).toContain("looks like nanoseconds");
      }),
    );
  });

  test("by a clock that begins at nothing, as in a simulation, is what it is", () => {
    for (const ms of [0, 1, 5_000, 86_400_000]) expect(unitFault(ms, 1_000)).toBeNull();
  });
});
