// A shard's report that cannot be true is an alarm: the campaign stops by itself, and goes on when somebody has looked.

import { beforeEach, expect, test } from "vitest";
import type { ShardReport } from "../../../src/domain/campaign/control.ts";
import { campaign, World } from "../world.ts";

let world: World;
let nowMs: number;

/** Cycles in which every shard tells what it holds. */
function go(cycles = 1): void {
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    nowMs += 1_000;
    for (const shard of world.shards) world.sendReport(shard.report("spring", nowMs));
    world.cycle(nowMs);
    for (const shard of world.shards) shard.giveBack();
  }
}

beforeEach(() => {
  world = new World(campaign({ budgetMinor: 100_000n, explorationBudgetMinor: 10_000n }), 2);
  world.command({ kind: "create", campaign: world.campaign });
  world.command({ kind: "promote_release", release: world.release("first") });
  nowMs = 0;
  world.cycle(0);
  go(3);
});

const out = (): bigint => world.shards.reduce((sum, { plan }) => sum + plan.granted - plan.returned, 0n);
const states = () => world.shards.map(({ grant }) => grant?.state);

test("money that was never granted: paused, said, and nothing is granted until somebody has looked; then it is asked back", () => {
  const revision = world.status.revision;
  world.shards[1]!.plan.granted += 96_576n;
  go();
  expect(world.letters.at(-1)).toMatch(/only \d+ was granted/);
  expect(world.status).toMatchObject({ state: "paused", revision: revision + 1, alarm: { shards: [1] } });
  expect(world.status.alarm?.detail).toMatch(/^shard 1: totals.plan.granted is \d+, but only/);
  expect(states()).toEqual(["paused", "paused"]);
  const granted = world.shards.map(({ grant }) => grant?.grantedMinor.plan);
  const letters = world.letters.length;
  go(5);
  expect(world.letters.length).toBe(letters + 5);
  expect(world.shards.map(({ grant }) => grant?.grantedMinor.plan)).toEqual(granted);
  const resumed = world.command({ kind: "resume" });
  go();
  expect(world.answer(resumed)).toMatch(/^refused .* alarmed: shard 1/);

  const cleared = world.command({ kind: "clear_alarm" });
  go();
  expect(world.answer(cleared)).toBe(`accepted ${revision + 2}`);
  expect(world.status).toMatchObject({ state: "live", alarm: null });
  const before = world.letters.length;
  go(10);
  expect(world.letters.length).toBe(before);
  expect(states()).toEqual(["live", "live"]);
  // Nothing of the forged money was spent, so all of it has come back.
  expect(out()).toBeLessThanOrEqual(100_000n);
  expect(world.answer(cleared)).toBe(`applied ${revision + 2}`);
});

const plan = (report: ShardReport, changes: Partial<ShardReport["totals"]["plan"]>): ShardReport => ({
  ...report,
  totals: { ...report.totals, plan: { ...report.totals.plan, ...changes } },
});

test.each<[string, (report: ShardReport) => ShardReport]>([
  ["a revision that there is not", (report) => ({ ...report, revision: report.revision + 7 })],
  ["totals that fell", (report) => plan(report, { granted: 0n })],
  ["money given back that nobody asked for", (report) => plan(report, { returned: 1n })],
])("%s alarms", (_, forge) => {
  nowMs += 1_000;
  world.sendReport(forge(world.shards[0]!.report("spring", nowMs)));
  world.cycle(nowMs);
  expect(world.status).toMatchObject({ state: "paused", alarm: { shards: [0] } });
});

test("a report in a shard's name is found out by the shard's own next one", () => {
  nowMs += 1_000;
  world.sendReport({ ...world.shards[0]!.report("spring", nowMs), cycle: 1_000_000 });
  world.cycle(nowMs);
  expect(world.status.alarm).toBeNull();
  go();
  expect(world.status.alarm?.detail).toMatch(/^shard 0: cycle fell from 1000000 to \d+ while time went on/);
  const cleared = world.command({ kind: "clear_alarm" });
  go(4);
  expect(world.answer(cleared)).toMatch(/^applied/);
  expect(world.status).toMatchObject({ state: "live", alarm: null });
});

test("a second shard joins the alarm; both are asked again", () => {
  for (const shard of world.shards) shard.plan.granted += 50_000n;
  go();
  expect(world.status.alarm?.shards).toEqual([0, 1]);
  world.command({ kind: "clear_alarm" });
  go(10);
  expect(world.status).toMatchObject({ state: "live", alarm: null });
  expect(out()).toBeLessThanOrEqual(100_000n);
});

test("what was forged and spent cannot come back: the campaign stays over its budget, and grants nothing", () => {
  const shard = world.shards[0]!;
  shard.plan.granted += 200_000n;
  shard.plan.reserved += 150_000n;
  shard.plan.settled += 150_000n;
  go();
  expect(world.status.alarm).not.toBeNull();
  world.command({ kind: "clear_alarm" });
  go(10);
  expect(world.status.alarm).toBeNull();
  expect(out()).toBeGreaterThanOrEqual(150_000n);
  expect(world.shards.map(({ grant }) => grant?.throttle)).toEqual([0, 0]);
});

test("ops pause, resume and end as ever; without an alarm there is none to clear", () => {
  const none = world.command({ kind: "clear_alarm" });
  go();
  expect(world.answer(none)).toMatch(/no_alarm/);
  world.shards[0]!.plan.granted += 1n;
  go();
  const paused = world.command({ kind: "pause" });
  const ended = world.command({ kind: "end" });
  const cleared = world.command({ kind: "clear_alarm" });
  go();
  expect([paused, ended, cleared].map((id) => world.answer(id).split(" ")[0])).toEqual([
    "accepted",
    "accepted",
    "accepted",
  ]);
  expect(world.status).toMatchObject({ state: "ended", alarm: null });
});
