// A campaign as a file has it: what is left out, what may be written otherwise, and what is refused by name.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseCampaign } from "../../src/domain/campaign/campaign.ts";

const LEAST = {
  id: "spring",
  currency: "EUR",
  budgetMinor: 1_000,
  startMs: "2026-03-28",
  endMs: "2026-10-26T12:00",
  timeZone: "Europe/Berlin",
  arms: [
    { id: "none", faceMinor: 0 },
    { id: "five", faceMinor: 500, validMs: 1_000 },
  ],
  reservation: { ttlMs: 3_600_000 },
  pacing: { expectedSessions: 100 },
};

const iso = (ms: number): string => new Date(ms).toISOString();

test("a time without an offset is one of the campaign's zone", () => {
  const { startMs, endMs } = parseCampaign(LEAST, "c");
  expect([iso(startMs), iso(endMs)]).toEqual(["2026-03-27T23:00:00.000Z", "2026-10-26T11:00:00.000Z"]);
  const points = [
    { atMs: "2026-05-01T12:00", share: 0.4 },
    { atMs: "2026-09-01T00:00:00+00:00", share: 1 },
  ];
  const paced = parseCampaign({ ...LEAST, pacing: { mode: "points", expectedSessions: 1, points } }, "c").pacing;
  expect(paced.points?.map(({ atMs }) => iso(atMs))).toEqual(["2026-05-01T10:00:00.000Z", "2026-09-01T00:00:00.000Z"]);
});

test("what is left out is said: UTC, one budget, the reservation's life for an arm", () => {
  const { timeZone: _, ...rest } = LEAST;
  const parsed = parseCampaign({ ...rest, startMs: "2026-03-28T00:00:00Z", endMs: "2026-04-01T00:00:00Z" }, "c");
  expect(parsed).toMatchObject({ timeZone: "UTC", periods: null, arms: [{ validMs: null }, { validMs: 1_000 }] });
});

test("parsed again, a campaign is the same", () => {
  const parsed = parseCampaign({ ...LEAST, periods: { every: "week", budgetMinor: 300, rollover: "carry" } }, "c");
  expect(parseCampaign(parsed, "c")).toEqual(parsed);
});

const withoutZone = { ...LEAST, timeZone: undefined };
test.each<[object, string]>([
  [withoutZone, "c: startMs: "],
  [{ ...LEAST, timeZone: "Mars/Olympus" }, "c: timeZone: not a time zone that is known, such as Europe/Berlin"],
  [{ ...LEAST, startMs: "2026-02-31T00:00:99" }, "c: startMs: "],
  [{ ...LEAST, periods: { every: "day", budgetMinor: 5 } }, "c: periods.rollover: "],
  [{ ...LEAST, periods: { every: "hour", budgetMinor: 5, rollover: "none" } }, "c: periods.every: "],
  [
    { ...LEAST, periods: { every: "day", budgetMinor: -5, rollover: "none" } },
    "c: periods.budgetMinor: -5 is negative",
  ],
  [
    {
      ...LEAST,
      arms: [
        { id: "a", faceMinor: 0 },
        { id: "b", faceMinor: 1, validMs: 3_600_001 },
      ],
    },
    "c: arms.1.validMs: ",
  ],
  [
    {
      ...LEAST,
      periods: { every: "day", budgetMinor: 5, rollover: "none" },
      pacing: { mode: "points", expectedSessions: 1, points: [{ atMs: "2026-05-01", share: 1 }] },
    },
    "c: pacing.points: points are for one budget",
  ],
  [{ ...LEAST, budgetMinor: 1.5 }, "c: budgetMinor: "],
  [{ ...LEAST, discount: 5 }, "c: "],
])("%j is refused, by its field", (campaign, message) => {
  expect(() => parseCampaign(campaign, "c")).toThrow(message);
});

test("the example has every field, so that it can be looked up there", () => {
  const text = readFileSync(new URL("../../examples/campaign.yaml", import.meta.url), "utf8");
  const parsed = parseCampaign(parse(text), "example");
  for (const name of [...Object.keys(parsed), ...Object.keys(parsed.pacing), ...Object.keys(parsed.reservation)])
    expect(text, name).toMatch(new RegExp(`\\b${name}:`));
});
