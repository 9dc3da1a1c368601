// Campaigns of earlier versions name controllers that there are no more (`plan`, `throttle`).

import { expect, test } from "vitest";
import { parseCampaign, type Campaign, type PacingController } from "../../../src/domain/campaign/campaign.ts";
import { newBook } from "../../../src/treasury/state/state.ts";
import { campaign, World } from "../world.ts";

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

test("so does one that is made, or whose curve is set, by a command of an earlier version", () => {
  const world = new World(campaign(), 1);
  const created = world.command({ kind: "create", campaign: former() });
  const curved = world.command({ kind: "set_curve", mode: "asap", points: [], controller: FORMER });
  world.cycle(1);
  expect([world.answer(created), world.answer(curved)]).toEqual(["accepted 1", "accepted 2"]);
  expect(world.shards[0]?.grant?.campaign.pacing).toMatchObject({ mode: "asap", controller: "reallocation" });
});

test("a file that names one is refused with the names that there are", () => {
  expect(() => parseCampaign(former(), "spring.yaml")).toThrow(
    'spring.yaml: pacing.controller: expected one of reallocation, pi, got "throttle"',
  );
});
