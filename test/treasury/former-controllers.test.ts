// Campaigns of earlier versions name controllers that there are no more (`plan`, `throttle`).

import { expect, test } from "vitest";
import type { Campaign, PacingController } from "../../src/domain/campaign.ts";
import { newBook } from "../../src/treasury/state/state.ts";
import { campaign, World } from "./world.ts";

const FORMER = "throttle" as PacingController;

function former(): Campaign {
  return campaign({ pacing: { mode: "even", expectedSessions: 1_000, controller: FORMER } });
}

test("a campaign that runs goes on under the default, and takes every command", () => {
  const world = new World(former(), 2);
  const remembered = { steppedAtMs: 1, integral: 0, factor: 0.4, sessions: 1, spentMinor: 1 };
  world.restore({ ...newBook(former(), 2, Buffer.alloc(32)), throttle: 0.4, control: remembered });
  const promoted = world.command({ kind: "promote_release", release: world.release("a") });
  const raised = world.command({ kind: "set_budget", budgetMinor: 2_000_000n, currency: "EUR" });
  world.cycle(1);
  expect(world.answer(promoted)).toBe("accepted 2");
  expect(world.answer(raised)).toBe("accepted 3");
  expect(world.shards.map(({ grant }) => [grant?.throttle, grant?.campaign.pacing.controller])).toEqual([
    [1, "reallocation"],
    [1, "reallocation"],
  ]);
});

test("to ask for one is refused with the names that there are", () => {
  const world = new World(campaign(), 2);
  const created = world.command({ kind: "create", campaign: former() });
  world.command({ kind: "create", campaign: campaign() });
  const curved = world.command({ kind: "set_curve", mode: "even", points: [], controller: FORMER });
  world.cycle(1);
  for (const id of [created, curved]) {
    expect(world.answer(id)).toContain("refused");
    expect(world.answer(id)).toMatch(/invalid_campaign: campaign: pacing\.controller: expected one of reallocation, pi/);
  }
});
