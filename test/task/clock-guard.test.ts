// A clock that jumps ahead stops what runs by it; one that is slow, or set back, does not.

import { describe, expect, test } from "vitest";
import { ClockJumped, guardedClock, type ClockReading } from "../../src/task/clock-guard.ts";
import { clockFault } from "../../src/workflows/run/start-clock.ts";

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 4, 1, 12);

describe("the clock of cycles", () => {
  const guarded = (...readings: ClockReading[]) => {
    let at = 0;
    const clock = guardedClock(() => readings[Math.min(at++, readings.length - 1)] as ClockReading, HOUR);
    return () => clock();
  };

  test("goes on as long as it goes with the uptime, however long nobody asks", () => {
    const clock = guarded({ wallMs: NOON, uptimeMs: 0 }, { wallMs: NOON + 50 * HOUR, uptimeMs: 49.5 * HOUR });
    expect(clock()).toBe(NOON + 50 * HOUR);
  });

  test("may go back", () => {
    const clock = guarded(
      { wallMs: NOON, uptimeMs: 0 },
      { wallMs: NOON - 9 * HOUR, uptimeMs: 1 },
      { wallMs: NOON - 9 * HOUR + 1, uptimeMs: 2 },
    );
    expect([clock(), clock()]).toEqual([NOON - 9 * HOUR, NOON - 9 * HOUR + 1]);
  });

  test("stops at a jump ahead beyond the bound, says by how much, and does not get used to it", () => {
    const clock = guarded(
      { wallMs: NOON, uptimeMs: 0 },
      { wallMs: NOON + 1_000, uptimeMs: 1_000 },
      { wallMs: NOON + 3_653 * 24 * HOUR, uptimeMs: 2_000 },
    );
    expect(clock()).toBe(NOON + 1_000);
    for (let again = 0; again < 2; again += 1) {
      expect(() => clock()).toThrow(ClockJumped);
      expect(() => clock()).toThrow(/says 2036-05-0.*: 3653 days more .* since the cycle before.*--accept-clock/);
    }
  });
});

describe("the clock of a start", () => {
  const before = { boot: "a", clock: { wallMs: NOON, uptimeMs: 5_000 } };
  const at = (wallMs: number, uptimeMs: number, other: Partial<Parameters<typeof clockFault>[2]> = {}) =>
    clockFault(before, { wallMs, uptimeMs }, { boot: "a", boundMs: HOUR, isShared: false, newestMs: 0, ...other });

  test("is believed after a long rest that the uptime knows of", () => {
    expect(at(NOON + 60 * HOUR, 5_000 + 60 * HOUR)).toBeNull();
  });
  test("is refused when it is ahead of the uptime, on either log", () => {
    for (const isShared of [true, false])
      expect(at(NOON + 60 * HOUR, 5_000 + HOUR, { isShared })).toMatch(/59.*|2 days more .* since the run before/);
  });
  test("after another boot is believed for the time that the machine has run, and where brokers have clocks", () => {
    expect(at(NOON + 60 * HOUR, 59.5 * HOUR, { boot: "b" })).toBeNull();
    expect(at(NOON + 60 * HOUR, 60_000, { boot: "b", isShared: true })).toBeNull();
    expect(at(NOON + 60 * HOUR, 60_000, { boot: "b" })).toMatch(/started anew meanwhile/);
  });
  test("without a run before is held against the newest cycle on the log", () => {
    const first = (newestMs: number) =>
      clockFault(null, { wallMs: NOON, uptimeMs: 1 }, { boot: "a", boundMs: HOUR, isShared: false, newestMs });
    expect([first(0), first(NOON - HOUR), first(NOON + HOUR)]).toEqual([null, null, null]);
    expect(first(NOON - 2 * HOUR)).toMatch(/2.0 hours more/);
  });
});
