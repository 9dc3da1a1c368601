import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { PacingAction } from "../../src/domain/control.ts";
import { releaseHash } from "../../src/domain/release.ts";
import { REFUSALS } from "../../src/treasury/commands.ts";
import { ARMS, campaign, manifest, World } from "./world.ts";

function started(shards = 2): World {
  const world = new World(campaign(), shards);
  world.command({ kind: "create", campaign: world.campaign });
  world.cycle(1_000);
  return world;
}

/** All shards report what they have heard. */
function reported(world: World, nowMs: number): void {
  for (const shard of world.shards) world.sendReport(shard.report(world.campaign.id, nowMs));
  world.cycle(nowMs);
}

test("a created campaign is granted to every shard at once, and its status says so", () => {
  const world = started();
  expect(world.shards.map((shard) => shard.grant?.revision)).toEqual([1, 1]);
  expect(world.shards.map((shard) => shard.plan.granted > 0n)).toEqual([true, true]);
  expect(world.status).toMatchObject({ campaign: "spring", revision: 1, state: "live", budgetMinor: 1_000_000n });
  expect(world.answer("command-1")).toBe("accepted 1");
});

test("an accepted command is applied when every shard has reported its revision, with the offset that brought it", () => {
  const world = started();
  world.command({ kind: "pause" }, { commandId: "p" });
  const heard: number[] = [];
  world.cycle(1_100, (shard, grant, offset) => {
    if (shard === 0) world.hearNow(shard, grant, offset);
    heard.push(shard);
  });
  expect(heard).toEqual([0, 1]);
  expect(world.answer("p")).toBe("accepted 2");
  reported(world, 1_200);
  expect(world.answer("p")).toBe("accepted 2");
  world.command({ kind: "pause" }, { commandId: "again" });
  world.cycle(1_300);
  world.shards[1]?.hear({ ...world.shards[0]!.grant!, shard: 1 }, 77);
  reported(world, 1_400);
  expect(world.answer("p")).toBe("applied 2");
  expect(world.answer("again")).toBe("applied 2");
  expect(world.status.applied).toEqual([
    { shard: 0, revision: 2, offset: world.shards[0]?.grantOffset },
    { shard: 1, revision: 2, offset: 77 },
  ]);
});

test("the same id again is the same answer, and changes nothing", () => {
  const world = started();
  world.command({ kind: "set_budget", budgetMinor: 700_000n, currency: "EUR" }, { commandId: "b" });
  world.cycle(1_100);
  world.command({ kind: "set_budget", budgetMinor: 5n, currency: "EUR" }, { commandId: "b" });
  world.cycle(1_200);
  expect(world.answer("b")).toBe("accepted 2");
  expect(world.status.budgetMinor).toBe(700_000n);
  world.command({ kind: "pause" }, { commandId: "u", campaign: "nowhere" });
  world.cycle(1_300);
  world.command({ kind: "end" }, { commandId: "u", campaign: "nowhere" });
  world.cycle(1_400);
  expect(world.answer("u")).toBe("refused 0 unknown_campaign");
  expect(world.status.answers).toHaveLength(1);
});

test("a release and its promotion may arrive together; a rollback goes back to the release before, as often as there is one", () => {
  const world = started();
  const [a, b, c] = ["a", "b", "c"].map((name) => {
    const release = releaseHash(manifest(0.3, name));
    world.command({ kind: "promote_release", release });
    return world.release(name);
  });
  world.cycle(2_000);
  expect(world.status).toMatchObject({ release: c, previousRelease: b, revision: 4 });
  expect(world.shards[1]?.grant).toMatchObject({ release: c, revision: 4 });
  expect(world.shards[1]?.grant?.planRow).toBe(4);
  world.command({ kind: "rollback_release" });
  world.command({ kind: "rollback_release" });
  world.cycle(3_000);
  expect(world.status).toMatchObject({ release: a, previousRelease: null, revision: 6 });
  const last = world.command({ kind: "rollback_release" });
  world.cycle(3_100);
  expect(world.answer(last)).toBe("refused 6 no_earlier_release");
});

test("promoting what is in force is accepted and changes nothing", () => {
  const world = started();
  const release = world.release("a");
  world.command({ kind: "promote_release", release });
  world.cycle(2_000);
  const again = world.command({ kind: "promote_release", release });
  world.cycle(2_100);
  expect(world.answer(again)).toBe("accepted 2");
});

describe("refusals", () => {
  const other = { ...manifest(), arms: ["none", "large", "small"] };
  const cases: [string, PacingAction, { expectedRevision?: number; campaign?: string; ended?: true }][] = [
    ["unknown_campaign", { kind: "pause" }, { campaign: "nowhere" }],
    ["already_exists", { kind: "create", campaign: campaign() }, {}],
    ["invalid_campaign: id is spring", { kind: "create", campaign: campaign() }, { campaign: "autumn" }],
    [
      "invalid_campaign: campaign: endMs: must be after startMs",
      { kind: "create", campaign: campaign({ id: "autumn", endMs: -1 }) },
      { campaign: "autumn" },
    ],
    ["ended", { kind: "resume" }, { ended: true }],
    ["stale_revision: the current one is 1", { kind: "pause" }, { expectedRevision: 7 }],
    ["negative", { kind: "set_budget", budgetMinor: -1n, currency: "EUR" }, {}],
    ["currency_differs: the campaign's is EUR", { kind: "set_budget", budgetMinor: 1n, currency: "USD" }, {}],
    ["unknown_release: gone", { kind: "promote_release", release: "gone" }, {}],
    ["arms_differ", { kind: "promote_release", release: releaseHash(other) }, {}],
    ["no_earlier_release", { kind: "rollback_release" }, {}],
    ["not_supported_yet: set_caps", { kind: "set_caps", caps: [] }, {}],
    ["not_supported_yet: set_exploration", { kind: "set_exploration", share: 0.1, budgetMinor: 1n }, {}],
    ["not_supported_yet: set_curve", { kind: "set_curve", mode: "asap", points: [] }, {}],
  ];

  test.each(cases)("%s", (reason, action, { ended, ...changes }) => {
    const world = started();
    world.release("other", other);
    if (ended) world.command({ kind: "end" });
    world.cycle(1_100);
    const before = world.status;
    const id = world.command(action, changes);
    world.cycle(1_200);
    expect(world.answer(id)).toMatch(new RegExp(`^refused ${changes.campaign ? 0 : before.revision} ${reason}`));
    if (changes.campaign === undefined) expect(world.status.revision).toBe(before.revision);
  });

  test("each reason is reached above, and SPEC.md lists the same ones", () => {
    const reached = new Set(cases.map(([reason]) => reason.split(":")[0]));
    expect(reached).toEqual(new Set(REFUSALS));
    const spec = readFileSync(new URL("../../src/treasury/SPEC.md", import.meta.url), "utf8");
    expect(new Set([...spec.matchAll(/^\| `(\w+)` +\|/gm)].map((match) => match[1]))).toEqual(new Set(REFUSALS));
  });
});

test("a campaign is checked again where it comes in: arm 0 must cost nothing", () => {
  const world = new World(campaign({ arms: ARMS.toReversed() }), 1);
  const id = world.command({ kind: "create", campaign: world.campaign });
  world.cycle(1);
  expect(world.answer(id)).toMatch(/^refused 0 invalid_campaign: campaign: arms\.0: arm 0 is the control/);
});
