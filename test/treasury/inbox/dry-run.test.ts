// T6: a dry run says what a command would do.

import { describe, expect, test } from "vitest";
import type { PacingAction } from "../../../src/domain/campaign/control.ts";
import { reported, started } from "../steered.ts";
import { campaign, World } from "../world.ts";

describe("a dry run", () => {
  function running(): World {
    const world = started();
    world.command({ kind: "set_curve", mode: "even", points: [] });
    world.command({ kind: "promote_release", release: world.release("a") });
    world.cycle(2_000);
    world.cycle(3_000);
    reported(world, 4_000);
    return world;
  }

  test("says which plan, price, reward and spend would come, from where on, and changes nothing", () => {
    const world = running();
    const before = world.status;
    const grants = world.outputs.filter((record) => record.topic === "grants").length;
    const id = world.command({ kind: "set_budget", budgetMinor: 500_000n, currency: "EUR" }, { dryRun: true });
    world.cycle(4_100);
    expect(world.answer(id)).toBe("previewed 3");
    expect(world.status).toMatchObject({ revision: 3, budgetMinor: 1_000_000n, planRow: before.planRow });
    expect(world.outputs.filter((record) => record.topic === "grants")).toHaveLength(grants);
    const preview = world.status.answers.at(-1)?.preview;
    expect(preview?.revision).toBe(4);
    expect(preview?.beyond).toEqual(world.shards.map((shard, index) => ({ shard: index, offset: shard.grantOffset })));
    const [now, then] = [preview?.before, preview?.after];
    expect(now?.planRow).toBeCloseTo(world.status.planRow, 1);
    expect(then?.planRow).toBeLessThan(now?.planRow ?? 0);
    expect(then?.shadowPrice).toBeGreaterThan(now?.shadowPrice ?? 1);
    expect(then?.rewardToCome).toBeLessThan(now?.rewardToCome ?? 0);
    expect(Number(then?.spendAtEnd)).toBeLessThanOrEqual(500_000);
    expect(Number(then?.spendAtEnd)).toBeGreaterThan(400_000);
    expect(now?.spendAtEnd).toBeGreaterThan(then?.spendAtEnd ?? 0n);
  });

  test("says what share of the money that the plan wants it could not pay, and counts no reward for that", () => {
    const world = started();
    world.command({ kind: "promote_release", release: world.release("a") });
    world.cycle(2_000);
    world.command({ kind: "set_budget", budgetMinor: 10_000n, currency: "EUR" }, { dryRun: true });
    world.cycle(2_100);
    const { before: now, after: then } = world.status.answers.at(-1)?.preview ?? {};
    // `asap` asks for its dearest row whatever the budget is.
    expect(then?.planRow).toBe(now?.planRow);
    const wanted = Number(now?.spendToCome) / (1 - (now?.refusedShare ?? 1));
    expect(wanted).toBeGreaterThan(1_000_000);
    expect(then?.refusedShare).toBeCloseTo(1 - 10_000 / wanted, 6);
    expect(Number(then?.spendToCome)).toBe(10_000);
    expect(then?.rewardToCome).toBeLessThan(now?.rewardToCome ?? 0);
  });

  test("what it said comes true when the command is meant", () => {
    const world = running();
    const action: PacingAction = { kind: "set_budget", budgetMinor: 500_000n, currency: "EUR" };
    world.command(action, { dryRun: true });
    world.cycle(4_100);
    const preview = world.status.answers.at(-1)?.preview;
    world.command(action);
    world.cycle(4_100);
    expect(world.status.planRow).toBe(preview?.after?.planRow);
    expect(world.status.revision).toBe(preview?.revision);
    expect(world.status.forecast).toEqual(preview?.after);
  });

  test("of a campaign that is not there yet leaves it so, and is never taken for applied", () => {
    const world = new World(campaign(), 1);
    const id = world.command({ kind: "create", campaign: world.campaign }, { dryRun: true });
    world.cycle(1_000);
    expect(world.answer(id)).toBe("previewed 0");
    expect(world.shards[0]?.grant).toBeNull();
    world.command({ kind: "create", campaign: world.campaign });
    world.cycle(1_100);
    const paused = world.command({ kind: "pause" }, { dryRun: true });
    world.cycle(1_200);
    reported(world, 1_300);
    expect(world.answer(paused)).toBe("previewed 1");
    expect(world.status.state).toBe("live");
  });
});
