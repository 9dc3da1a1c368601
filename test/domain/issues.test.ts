// What a schema found wrong, as a person reads it: the field, what is expected, and what was there.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { parseCampaign } from "../../src/domain/campaign/campaign.ts";
import { describeIssues } from "../../src/domain/reading/issues.ts";

const EXAMPLE = readFileSync(new URL("../../examples/campaign.yaml", import.meta.url), "utf8");

interface Arm {
  id: string;
  validMs: number;
  face: number;
}
type Written = Record<string, unknown> & { arms: Arm[]; reservation: { policy: string } };

function faultOf(change: (campaign: Written) => void): string {
  const campaign = parse(EXAMPLE) as Written;
  change(campaign);
  try {
    parseCampaign(campaign, "c");
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing";
}

test.each<[string, (campaign: Written) => void]>([
  ["c: currency: is missing: expected a text", (c) => delete c["currency"]],
  ["c: currency: expected a text, got 978", (c) => (c["currency"] = 978)],
  ["c: budgetMinor: is missing: expected an integer of minor units", (c) => delete c["budgetMinor"]],
  ['c: budgetMinor: expected an integer of minor units, got "1,000"', (c) => (c["budgetMinor"] = "1,000")],
  ["c: budgetMinor: expected an integer of minor units, got 10.5", (c) => (c["budgetMinor"] = 10.5)],
  ["c: budgetMinor: expected an integer of minor units, got null", (c) => (c["budgetMinor"] = null)],
  ["c: startMs: is missing: expected a time such as 2026-05-01T12:00:00Z", (c) => delete c["startMs"]],
  ["c: startMs: expected a time such as 2026-05-01T12:00:00Z", (c) => (c["startMs"] = true)],
  ["c: endMs: 2036-06-31: June 2036 has 30 days", (c) => (c["endMs"] = "2036-06-31")],
  [
    'c: timeZone: not a time zone that is known, such as Europe/Berlin, got "CEST+1"',
    (c) => (c["timeZone"] = "CEST+1"),
  ],
  ["c: arms: expected at least 2 entries, got a list of 1", (c) => (c.arms = c.arms.slice(0, 1))],
  ['c: arms.1.id: expected at least 1 character, got ""', (c) => (c.arms[1]!.id = "")],
  ["c: arms.1.validMs: expected more than 0, got -1", (c) => (c.arms[1]!.validMs = -1)],
  ["c: arms.1.validMs: expected a whole number, got 1.5", (c) => (c.arms[1]!.validMs = 1.5)],
  ["c: arms.1.face: unknown field", (c) => (c.arms[1]!.face = 5)],
  ["c: holdoutShare: expected less than 1, got 1", (c) => (c["holdoutShare"] = 1)],
  ['c: holdoutShare: expected a number, got "5%"', (c) => (c["holdoutShare"] = "5%")],
  ['c: reservation.policy: expected one of strict, expected, got "soft"', (c) => (c.reservation.policy = "soft")],
  ["c: periods: expected an object, got 7", (c) => (c["periods"] = 7)],
  ["c: rewardWeights.ordered: expected a number, got null", (c) => (c["rewardWeights"] = { ordered: null })],
  ["c: pacing: is missing: expected an object", (c) => delete c["pacing"]],
])("%s", (told, change) => {
  expect(faultOf(change)).toContain(told);
});

test("a kind that there is not: it says which there are", () => {
  const action = z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("pause") }),
    z.strictObject({ kind: z.literal("end") }),
  ]);
  const told = (value: unknown) => describeIssues("c", action.safeParse(value).error!, value);
  expect(told({ kind: "stop" })).toBe('c: kind: expected one of pause, end, got "stop"');
  expect(told({})).toBe("c: kind: is missing: expected one of pause, end");
});

test("the whole is no object: it says what it is", () => {
  expect(() => parseCampaign("spring", "c")).toThrow('c: expected an object, got "spring"');
  expect(() => parseCampaign(null, "c")).toThrow("c: expected an object, got null");
});

test("of megabytes it says the beginning, and of thousands of faults the first", () => {
  const long = faultOf((c) => (c["currency"] = "E".repeat(1_000_000)));
  expect(long.length).toBeLessThan(1_000);
  const keys = faultOf((c) => (c["k".repeat(1_000_000)] = 1));
  expect(keys.length).toBeLessThan(1_000);
  const many = faultOf((c) => (c.arms = Array.from({ length: 60 }, (_, n) => ({ id: `${n}`, validMs: -1, face: 1 }))));
  expect(many.split("\n")).toHaveLength(21);
  expect(many).toMatch(/c: and \d+ more$/);
});
