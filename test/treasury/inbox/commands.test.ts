// What commands do to a campaign, and what its status says of them.

import { describe, expect, test } from "vitest";
import { releaseHash } from "../../../src/domain/release/release.ts";
import { ARMS, Shard } from "../shard.ts";
import { points, priced, reported, started, type Price } from "../steered.ts";
import { campaign, manifest, World } from "../world.ts";

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
    { shard: 0, revision: 2, offset: world.shards[0]?.grantOffset, atMs: 1_400 },
    { shard: 1, revision: 2, offset: 77, atMs: 1_400 },
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

test("curve, exploration and caps are set in a running campaign, and reach every shard in one grant", () => {
  const world = started();
  const curve = points([1_000_000, 0.5], [80_000_000, 1]);
  world.command({ kind: "set_curve", mode: "points", points: curve, controller: "pi" });
  world.command({ kind: "set_exploration", share: 0.2, budgetMinor: 70_000n });
  world.command({ kind: "set_caps", caps: [{ max: 1, windowMs: 5_000 }] });
  world.cycle(1_100);
  expect(world.status).toMatchObject({ revision: 4, explorationBudgetMinor: 70_000n });
  for (const { grant } of world.shards)
    expect(grant?.campaign).toMatchObject({
      pacing: { mode: "points", points: curve, controller: "pi" },
      explorationShare: 0.2,
      explorationBudgetMinor: 70_000n,
      caps: [{ max: 1, windowMs: 5_000 }],
    });
  const again = world.command({ kind: "set_caps", caps: [{ max: 1, windowMs: 5_000 }] });
  world.cycle(1_200);
  expect(world.answer(again)).toBe("accepted 4");
});

test("a pinned release stays until it is unpinned, or another is pinned", () => {
  const world = started();
  const [a, b] = ["a", "b"].map((name) => world.release(name));
  world.command({ kind: "pin_release", release: a ?? null });
  world.cycle(2_000);
  expect(world.status).toMatchObject({ release: a, pinned: true, revision: 2 });
  const refused = world.command({ kind: "promote_release", release: b ?? "" });
  world.command({ kind: "pin_release", release: b ?? null });
  world.cycle(3_000);
  expect(world.answer(refused)).toBe(`refused 2 pinned: to ${a}; unpin it first`);
  expect(world.status).toMatchObject({ release: b, previousRelease: a, pinned: true, revision: 3 });
  world.command({ kind: "pin_release", release: null });
  world.command({ kind: "rollback_release" });
  world.cycle(4_000);
  expect(world.status).toMatchObject({ release: a, pinned: false, revision: 5 });
});

test("a release that was trained with this campaign's money is promoted; one of a version that did not tell by its currency", () => {
  const world = started();
  const named = world.command({
    kind: "promote_release",
    release: world.release(
      "a",
      priced("a", "EUR", (price) => price),
    ),
  });
  const measured = { ...manifest(0.3, "b"), money: { currency: "EUR", prices: null } };
  const unpriced = world.command({ kind: "promote_release", release: world.release("b", measured) });
  const unredeemed = priced("e", "EUR", (price) => ({ ...price, faceMinor: null }));
  const faceless = world.command({ kind: "promote_release", release: world.release("e", unredeemed) });
  const earlier = { ...manifest(0.3, "c"), summary: { currency: "EUR" } };
  const unnamed = world.command({ kind: "promote_release", release: world.release("c", earlier) });
  const foreign = { ...manifest(0.3, "d"), summary: { currency: "JPY" } };
  const other = world.command({ kind: "promote_release", release: world.release("d", foreign) });
  world.cycle(1_100);
  expect([named, unpriced, faceless, unnamed, other].map((id) => world.answer(id))).toEqual([
    "accepted 2",
    "accepted 3",
    "accepted 4",
    "accepted 5",
    "refused 5 money_differs: the release is in JPY, the campaign in EUR",
  ]);
});

test("where only send costs differ a release is promoted by force, and by nothing less; face values by no force", () => {
  const world = started();
  const dearer = (price: Price, arm: number): Price => (arm === 2 ? { ...price, sendMinor: 8 } : price);
  const smaller = (price: Price, arm: number): Price => (arm === 2 ? { ...price, faceMinor: 10, sendMinor: 8 } : price);
  const send = world.release("send", priced("send", "EUR", dearer));
  const face = world.release("face", priced("face", "EUR", smaller));
  const refused = world.command({ kind: "promote_release", release: send });
  const forced = world.command({ kind: "promote_release", release: send, force: true });
  const never = world.command({ kind: "promote_release", release: face, force: true });
  const pinned = world.command({ kind: "pin_release", release: send });
  world.cycle(1_100);
  const sends = "large: send cost 0.08 EUR in the release, 0.05 EUR in the campaign";
  expect(world.answer(refused)).toBe(`refused 1 money_differs: ${sends} (force promotes it all the same)`);
  expect(world.answer(forced)).toBe("accepted 2");
  expect(world.answer(never)).toBe(
    `refused 2 money_differs: large: face value 0.10 EUR in the release, 10.00 EUR in the campaign; ${sends}`,
  );
  expect(world.answer(pinned)).toBe("accepted 3");
});

describe("a campaign's times, by the treasurer's clock", () => {
  const now = Date.UTC(2026, 10, 28);
  test.each([
    ["in seconds", { startMs: now / 1e3 - 60, endMs: now / 1e3 + 60 }, "startMs: 1795823940 looks like seconds"],
    [
      "an end in microseconds",
      { startMs: now, endMs: (now + 1e9) * 1e3 },
      "campaign: endMs: 1796824000000000 looks like micro",
    ],
    ["an end that is past", { startMs: now - 9, endMs: now }, "endMs: 2026-11-28T00:00:00.000Z is past"],
  ])("%s are refused, and neither the campaign's id nor the command's is used up", (_, times, fault) => {
    const world = new World(campaign({ startMs: now, endMs: now + 1_000_000 }), 1);
    world.command({ kind: "create", campaign: { ...world.campaign, ...times } }, { commandId: "create" });
    world.cycle(now);
    expect(world.answer("create")).toContain(`refused 0 invalid_campaign: ${fault}`);
    world.command({ kind: "create", campaign: world.campaign }, { commandId: "create" });
    world.cycle(now + 1);
    expect(world.answer("create")).toBe("accepted 1");
    expect(world.status).toMatchObject({ state: "live", revision: 1 });
  });
});

test("what was refused, or only tried, is decided anew under the same id, once; what was accepted never", () => {
  const world = started();
  const pause = (expectedRevision: number, dryRun = false): void => {
    world.command({ kind: "pause" }, { commandId: "p", expectedRevision, dryRun });
    world.cycle(1_100);
  };
  pause(7);
  const answered = world.status.answers;
  pause(7);
  // The same command, come twice, is not decided twice.
  expect(world.status.answers).toEqual(answered);
  expect(world.answer("p")).toBe("refused 1 stale_revision: the current one is 1");
  pause(1, true);
  expect(world.answer("p")).toBe("previewed 1");
  pause(1);
  expect(world.answer("p")).toBe("accepted 2");
  pause(7);
  expect(world.answer("p")).toBe("accepted 2");
  expect(world.status.answers.filter(({ commandId }) => commandId === "p")).toHaveLength(1);
});

test("a campaign is checked again where it comes in: arm 0 must cost nothing", () => {
  const world = new World(campaign({ arms: ARMS.toReversed() }), 1);
  const id = world.command({ kind: "create", campaign: world.campaign });
  world.cycle(1);
  expect(world.answer(id)).toMatch(/^refused 0 invalid_campaign: campaign: arms\.0: arm 0 is the control/);
});

test("what is not in its campaign's partition makes no second book of the campaign: a dead letter that says so, and nothing else", () => {
  // murmur2 puts "spring" into partition 1 of 2.
  for (const partition of [0, 1]) {
    const world = new World(campaign(), 2, { partition, partitions: 2 });
    world.command({ kind: "create", campaign: world.campaign });
    world.release("first");
    world.command({ kind: "pause" });
    world.cycle(1_000);
    world.sendReport(new Shard(0).report("spring", 1_100));
    world.cycle(1_100);
    if (partition === 1) {
      expect(world.status).toMatchObject({ campaign: "spring", revision: 2 });
      expect(world.letters).toEqual([]);
      continue;
    }
    expect(world.outputs.map(({ topic }) => topic)).toEqual(Array(4).fill("dead-letters"));
    for (const letter of world.letters)
      expect(letter).toMatch(/^partition: 0, but murmur2 over 2 partitions puts the key in 1; .*murmur2_random/);
  }
});

test("a campaign's secret is told to its shards, stays as it was made, and is in nothing that people see", () => {
  const world = started();
  world.command({ kind: "set_budget", budgetMinor: 700_000n, currency: "EUR" });
  world.command({ kind: "create", campaign: world.campaign });
  world.cycle(2_000);
  const secret = world.shards[0]?.grant?.secret ?? new Uint8Array(0);
  expect(secret).toHaveLength(32);
  for (const { topic, value } of world.outputs)
    expect([topic, Buffer.from(value ?? []).includes(Buffer.from(secret))]).toEqual([topic, topic === "grants"]);
});
