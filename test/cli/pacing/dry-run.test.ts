// `stipend pacing … --dry-run`: what a command would do, with what is and what would be side by side.

import { beforeAll, expect, test } from "vitest";
import { json, revision, shown, stipend } from "./steered-campaign.ts";

beforeAll(async () => {
  for (const line of [
    "exploration --share 0.1 --budget 60000",
    "set-budget --budget 1200000",
    "curve --mode even --controller pi",
  ])
    expect((await stipend(`pacing ${line} --wait --timeout 20s`)).code).toBe(0);
});

test("a dry run tells budget level, what money brings, reward and spend before and after, from where on, and changes nothing", async () => {
  const before = await revision();
  const ended = await stipend("pacing set-budget --budget 300000 --dry-run --timeout 20s");
  expect(ended.code).toBe(0);
  expect(ended.out).toContain("spring: set budget (dry run): would be accepted");
  for (const row of ["budget level", "extra reward per extra EUR", "reward to come", "spend at the end"])
    expect(ended.out).toMatch(new RegExp(`^${row} +\\S+ +\\S+`, "m"));
  expect(ended.out).toMatch(/^budget of plan: [\d,.]+ EUR → 3,000\.00 EUR \([-+][\d.]+ %\)$/m);
  expect(ended.out).toMatch(/^already out: [\d,.]+ EUR \([\d,.]+ EUR spent, [\d,.]+ EUR reserved, the rest free/m);
  expect(ended.out).toMatch(/^refused for money +[\d.]+ % +[\d.]+ %$/m);
  expect(ended.out).toMatch(/with the next record of grants on each partition \(0: after \d+; 1: after \d+; 2: after/);
  const answer = await json("pacing set-budget --budget 300000 --dry-run --timeout 20s");
  const preview = answer["preview"] as { before: { spendAtEnd: number }; after: { spendAtEnd: number } };
  expect(answer).toMatchObject({ outcome: "previewed", preview: { revision: before + 1 } });
  expect(preview.after.spendAtEnd).toBeLessThanOrEqual(300_000);
  expect(preview.after.spendAtEnd).toBeLessThan(preview.before.spendAtEnd);
  expect(await revision()).toBe(before);
});

test("a dry run of a cut below what is out says how much more that is, and that incentives are then refused", async () => {
  const { out } = await stipend("pacing set-budget --budget 0 --dry-run --timeout 20s");
  expect(out).toMatch(/^budget of plan: [\d,.]+ EUR → 0\.00 EUR \(-100\.0 %\)$/m);
  expect(out).toMatch(/^that is [\d,.]+ EUR more than the new budget: it is asked back/m);
  // The plan of an even pace would want nothing; one of asap would be refused what it wants.
  expect(out).toMatch(/^spend to come +[\d,.]+ EUR +0\.00 EUR$/m);
  const paused = await stipend("pacing pause --dry-run --timeout 20s");
  expect(paused.out).toMatch(/^state: live → paused$/m);
});

test.each<[string, readonly string[]]>([
  ["pacing caps --cap 2/7d 5/36h", ["caps: none → 2 in 7d, 5 in 36h"]],
  ["pacing caps --none", ["caps: none, as it is"]],
  [
    "pacing curve --points T+1=0.25 T+9=1 --controller reallocation",
    ["curve: even → 25.0 % by T+1, 100.0 % by T+9", "controller: pi → reallocation"],
  ],
  [
    "pacing exploration --share 0.05 --budget 30000",
    [
      "exploration's share of sessions: 10.0 % → 5.0 % (-50.0 %)",
      "budget of exploration: 600.00 EUR → 300.00 EUR (-50.0 %)",
    ],
  ],
  ["pacing set-budget --budget 12000.00EUR", ["budget of plan: 12,000.00 EUR, as it is"]],
])("a dry run of %s says old and new", async (line, changes) => {
  const { out } = await stipend(`${line} --dry-run --timeout 20s`);
  const expected = changes.map((change) => change.replaceAll(/T\+(\d+)/g, (_, hours) => shown(Number(hours))));
  expect(out.split("\n").slice(1, 1 + changes.length)).toEqual(expected);
});

test("where nothing that is foreseen would change, it is said once", async () => {
  const { out } = await stipend("pacing caps --cap 2/7d --dry-run --timeout 20s");
  expect(out).toContain("\nthe plan, and what is foreseen of it, would stay as they are:\n");
  expect(out).not.toContain("would be\n");
});
