// What the treasurer refuses at its door: each becomes a dead letter, the next good record is taken, and nothing that was
// made of it is larger than its topic takes.

import { beforeEach, describe, expect, test } from "vitest";
import { canonicalJson } from "../../../src/domain/canonical.ts";
import type { PacingCommand, ReleaseRecord, ShardReport } from "../../../src/domain/campaign/control.ts";
import { releaseHash, type ReleaseManifest } from "../../../src/domain/release/release.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { campaign, manifest, World } from "../world.ts";

let world: World;
beforeEach(() => {
  world = new World(campaign(), 2);
  world.command({ kind: "create", campaign: world.campaign });
  world.cycle(0);
});

/** One more letter, with this reason and detail, and the treasurer goes on. */
function expectRefused(reason: string, detail: RegExp): void {
  world.cycle(1_000);
  expect(world.letters).toHaveLength(1);
  expect(world.letters[0]).toMatch(detail);
  expect(world.letters[0]?.length).toBeLessThan(1_100);
  expect(world.letter?.reason).toBe(reason);
  const id = world.command({ kind: "pause" });
  world.cycle(2_000);
  expect(world.answer(id)).toBe("accepted 2");
}

test.each(["budget-pacing", "shard-reports"] as const)("no value on %s", (topic) => {
  world.send(topic, null);
  expectRefused("contract", /^value: missing/);
});

test("a tombstone on releases is passed over", () => {
  const hash = world.release("first");
  world.cycle(500);
  world.send("releases", null, Buffer.from(`spring/${hash}`));
  const id = world.command({ kind: "promote_release", release: hash });
  world.cycle(1_000);
  expect(world.letters).toEqual([]);
  expect(world.answer(id)).toBe("accepted 2");
});

test.each(["budget-pacing", "shard-reports", "releases"] as const)("four bytes on %s", (topic) => {
  world.send(topic, Buffer.from("junk"));
  expectRefused("undecodable", /^[a-z-]+: not Avro/);
});

const LONG = "x".repeat(600_000);

describe("commands", () => {
  const base: PacingCommand = {
    commandId: "one",
    campaign: "spring",
    atMs: 0,
    expectedRevision: null,
    dryRun: false,
    action: { kind: "pause" },
  };
  test.each<[string, Partial<PacingCommand>, RegExp]>([
    ["an id of 600 KB", { commandId: LONG }, /^commandId: 600000 bytes/],
    ["no id", { commandId: "" }, /^commandId: empty/],
    ["a campaign of 600 KB", { campaign: LONG }, /^campaign: 600000 bytes/],
    ["a campaign that cannot be a name", { campaign: "a/b" }, /^campaign: not letters/],
    ["a campaign with a NUL", { campaign: "a\0b" }, /^campaign: not letters/],
    ["a release of 600 KB", { action: { kind: "promote_release", release: LONG } }, /^release: 600000 bytes/],
    ["a pin of 600 KB", { action: { kind: "pin_release", release: LONG } }, /^release: 600000 bytes/],
    ["an actor of 600 KB", { actor: LONG }, /^actor: 600000 bytes, at most 256/],
    ["an actor that is empty", { actor: "" }, /^actor: empty/],
    ["an actor that moves the cursor", { actor: "ops\u001b[2J" }, /^actor: has control characters/],
    ["a reason of 600 KB", { reason: LONG }, /^reason: 600000 bytes, at most 1024/],
    ["a reason of two lines", { reason: "more\nforged" }, /^reason: has control characters or ends of lines/],
    ["a reason that turns the writing", { reason: "\u202ereversed" }, /^reason: has control characters/],
    ["a currency of 600 KB", { action: { kind: "set_budget", budgetMinor: 1n, currency: LONG } }, /^currency: 600000/],
  ])("%s", (_, changes, detail) => {
    world.send("budget-pacing", codecFor("budget-pacing").encode({ ...base, ...changes }));
    expectRefused("contract", detail);
  });

  test.each<[string, PacingCommand["action"]]>([
    ["no arms", { kind: "create", campaign: campaign({ id: "other", arms: [] }) }],
    [
      "30,000 arms",
      {
        kind: "create",
        campaign: campaign({
          id: "other",
          arms: Array.from({ length: 30_000 }, (_, n) => ({ id: `a${n}`, faceMinor: 0n, sendMinor: 0n })),
        }),
      },
    ],
    ["a period of ages", { kind: "create", campaign: campaign({ id: "other", endMs: 8e15 }) }],
    [
      "holds for ages",
      { kind: "create", campaign: campaign({ id: "other", reservation: { policy: "strict", ttlMs: 9e15 } }) },
    ],
    ["a cap over ages", { kind: "set_caps", caps: [{ max: 1, windowMs: 9e15 }] }],
    ["negative money", { kind: "create", campaign: campaign({ id: "other", budgetMinor: -1n }) }],
    ["surfaces without end", { kind: "create", campaign: campaign({ id: "other", surfaces: [LONG] }) }],
    ["a share that is none", { kind: "set_exploration", share: NaN, budgetMinor: 1n }],
    ["caps without number", { kind: "set_caps", caps: [{ max: -1, windowMs: 0 }] }],
    ["a curve without points", { kind: "set_curve", mode: "points", points: [] }],
    ["a curve of no shares", { kind: "set_curve", mode: "points", points: [{ atMs: 1_000, share: NaN }] }],
  ])("%s are refused", (_, action) => {
    const id = world.command(action, action.kind === "create" ? { campaign: "other" } : {});
    world.cycle(1_000);
    expect(world.letters).toEqual([]);
    expect(world.answer(id)).toMatch(/^refused/);
  });

  test("budgets as large as a record carries are granted without a sum that overflows", () => {
    const most = BigInt(Number.MAX_SAFE_INTEGER - 1);
    const rich = campaign({ budgetMinor: most, explorationBudgetMinor: most });
    world = new World(rich, 4);
    world.command({ kind: "create", campaign: rich });
    const hash = world.release("first");
    world.command({ kind: "promote_release", release: hash });
    for (let nowMs = 0; nowMs <= 60_000; nowMs += 1_000) {
      for (const shard of world.shards) shard.draw(2, true, nowMs + 5_000);
      world.cycle(nowMs);
      for (const shard of world.shards) world.sendReport(shard.report("spring", nowMs));
    }
    expect(world.letters).toEqual([]);
  });
});

describe("releases", () => {
  const record = (made: ReleaseManifest, changes: Partial<ReleaseRecord> = {}): ReleaseRecord => ({
    campaign: "spring",
    hash: releaseHash(made),
    publishedAtMs: 0,
    manifest: canonicalJson(made),
    classifier: new Uint8Array(1),
    evidence: "{}",
    ...changes,
  });
  const put = (release: ReleaseRecord, key = `${release.campaign}/${release.hash}`): void =>
    world.send("releases", codecFor("releases").encode(release), Buffer.from(key));

  test("a manifest of 4.9 MB", () => {
    const made = manifest(0.3, "large");
    put(record({ ...made, summary: { ...made.summary, essay: "x".repeat(4_900_000) } }));
    expectRefused("contract", /^manifest: 49\d+ bytes, at most 2097152/);
    expect(world.letter?.value?.length).toBe(65_536);
    expect(world.letter?.valueBytes).toBeGreaterThan(4_900_000);
  });

  test("a key that is another release's", () => {
    put(record(manifest(0.3, "odd")), "spring/0000");
    expectRefused("contract", /^key: differs/);
  });

  test("a hash that is none", () => {
    put(record(manifest(0.3, "odd"), { hash: LONG }), "spring/0000");
    expectRefused("contract", /^hash: not a SHA-256/);
  });

  test.each<[string, (made: ReleaseManifest) => ReleaseManifest, RegExp]>([
    [
      "means beyond all measure",
      (made) => ({ ...made, values: { ...made.values, cost: made.values.cost.map((row) => row.map(() => 1e308)) } }),
      /values\.cost/,
    ],
    [
      "columns without end",
      (made) => ({
        ...made,
        features: {
          features: [
            {
              name: "x",
              kind: "categorical",
              categories: Array.from({ length: 5_000 }, (_, n) => `${n}`),
              default: "",
            },
          ],
        },
      }),
      /features: 5000 columns/,
    ],
  ])("%s", (_, change, detail) => {
    put(record(change(manifest(0.3, "odd"))));
    expectRefused("contract", detail);
  });
});

test.each<[string, Partial<ShardReport>, RegExp]>([
  [
    "clusters without end",
    { sessionsByCluster: new Array<number>(90_000).fill(1) },
    /^sessionsByCluster: 90000 entries/,
  ],
  ["a count below zero", { eligibleSessions: -1 }, /^eligibleSessions: -1 is negative/],
  ["a release of 600 KB", { release: LONG }, /^release: 600000 bytes/],
  ["a shard that there is not", { shard: 77 }, /^no shard 77/],
  ["a campaign that there is not", { campaign: "nowhere" }, /^no shard 0 of a campaign nowhere/],
  ["a campaign that cannot be a name", { campaign: "__proto__/x" }, /^campaign: not letters/],
])("a report of %s", (_, changes, detail) => {
  world.sendReport({ ...world.shards[0]!.report("spring", 1_000), ...changes });
  expectRefused("contract", detail);
});
