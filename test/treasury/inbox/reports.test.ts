import { expect, test } from "vitest";
import type { AccountTotals, ShardReport } from "../../../src/domain/campaign/control.ts";
import { canonicalJson } from "../../../src/domain/canonical.ts";
import { campaign, manifest, World } from "../world.ts";

function started(): World {
  const world = new World(campaign(), 2);
  world.command({ kind: "create", campaign: world.campaign });
  world.cycle(0);
  return world;
}

const plan = (report: ShardReport, changes: Partial<AccountTotals>): ShardReport => ({
  ...report,
  totals: { ...report.totals, plan: { ...report.totals.plan, ...changes } },
});

test("a repeated or late report changes nothing", () => {
  const world = started();
  const shard = world.shards[0]!;
  const early = shard.report("spring", 1_000);
  shard.draw(2, true, 9_000);
  const late = shard.report("spring", 2_000);
  world.sendReport(late);
  world.cycle(2_000);
  const before = world.status.totals.plan;
  expect(before).toMatchObject({ reserved: 1_000n, sent: 5n });
  world.sendReport(early);
  world.sendReport(late);
  world.cycle(3_000);
  expect(world.status.totals.plan).toEqual(before);
  expect(world.letters).toEqual([]);
});

test.each<[string, Partial<AccountTotals>]>([
  ["reserved fell", { reserved: 299n }],
  ["only 300000 was granted", { granted: 300_001n }],
  ["only 0 was asked for", { returned: 1n }],
  ["reserved is less than what has ended", { settled: 200n, released: 200n }],
  ["does not cover what is out (L1)", { reserved: 300_001n }],
])("a report that cannot be true is dead-lettered and not taken: %s", (detail, changes) => {
  const world = started();
  const shard = world.shards[0]!;
  shard.draw(1, true, 9_000);
  world.sendReport(shard.report("spring", 1_000));
  world.cycle(1_000);
  world.sendReport(plan(shard.report("spring", 2_000), changes));
  world.cycle(2_000);
  expect(world.letters).toHaveLength(1);
  expect(world.letters[0]).toContain(detail);
  expect(world.status.totals.plan).toMatchObject({ reserved: 300n, returned: 0n });
});

test("bytes that are no record, a shard that there is not and a manifest that is none are dead-lettered; the cycle goes on", () => {
  const world = started();
  world.send("shard-reports", Buffer.from("nonsense"));
  world.send("budget-pacing", new Uint8Array(0));
  world.sendReport({ ...world.shards[0]!.report("spring", 1), shard: 2 });
  world.sendReport(world.shards[0]!.report("autumn", 1));
  world.publish("x", "{}");
  world.publish("x", canonicalJson(manifest()));
  const id = world.command({ kind: "pause" });
  world.cycle(1);
  expect(world.letters).toHaveLength(6);
  expect(world.answer(id)).toBe("accepted 2");
});

test("only the newest fifty releases are kept, and those in use", () => {
  const world = started();
  const inUse = ["first", "second"].map((name) => world.release(name));
  for (const release of inUse) world.command({ kind: "promote_release", release });
  world.cycle(1);
  const later = Array.from({ length: 60 }, (_, index) => world.release(`r${index}`));
  world.cycle(2);
  const promote = (release = ""): string => world.command({ kind: "promote_release", release });
  const [old, recent, first] = [promote(later[3]), promote(later[30]), promote(inUse[0])];
  world.cycle(3);
  expect(world.answer(old)).toContain("unknown_release");
  expect(world.answer(recent)).toBe("accepted 4");
  expect(world.answer(first)).toBe("accepted 5");
});
