// The lifts that the console keeps up with: what they say, and that they stay bounded and say so.

import { expect, test } from "vitest";
import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import type { Decision } from "../../src/domain/decision/decision.ts";
import { seededRandom } from "../../src/domain/random.ts";
import type { Outcome } from "../../src/domain/session/session.ts";
import { RunningHoldouts } from "../../src/workflows/evaluate/rows/running-holdout.ts";
import { SAMPLES } from "../../fixtures/samples.ts";

const BOOTSTRAP = { replicates: 200, seed: 1, confidence: 0.95 };
const named = (id: string): Campaign => ({
  ...SAMPLES.grants.campaign,
  id,
  holdoutShare: 0.25,
  rewardWeights: { converted: 1 },
});
const decision = (campaign: string, user: string, other: Partial<Decision> = {}): Decision => ({
  ...{ ...SAMPLES.decisions, campaign, userId: user, decisionId: `d-${campaign}-${user}` },
  ...{ reason: "planned", holdout: false, ...other },
});
const outcome = (campaign: string, user: string, converted: number): Outcome => ({
  ...{ ...SAMPLES.outcomes, userId: user, decisionId: `d-${campaign}-${user}`, outcomeId: `o-${user}` },
  rewards: { converted },
});

/** A quarter held out; the others convert half as often again. */
function users(holdouts: RunningHoldouts, campaign: Campaign, count: number): void {
  const random = seededRandom(campaign.id);
  for (let at = 0; at < count; at += 1) {
    const holdout = random.unit() < 0.25;
    holdouts.decision(decision(campaign.id, `u-${at}`, holdout ? { holdout, reason: "holdout" } : {}), campaign);
    holdouts.outcome(outcome(campaign.id, `u-${at}`, random.unit() < (holdout ? 0.2 : 0.3) ? 1 : 0));
  }
}

test("a user is counted once, an outcome once however often it is sent, and what a campaign did not decide not at all", () => {
  const holdouts = new RunningHoldouts(100_000);
  const spring = named("spring");
  users(holdouts, spring, 400);
  const before = holdouts.value(spring, BOOTSTRAP);
  holdouts.decision(decision("spring", "u-1", { decisionId: "d-again" }), spring);
  holdouts.decision(decision("spring", "u-new", { reason: "campaign_paused" }), spring);
  expect(holdouts.outcome(outcome("spring", "u-1", 1))).toBe(true);
  expect(holdouts.outcome({ ...outcome("spring", "u-2", 1), decisionId: "d-of-nobody" })).toBe(false);
  expect(holdouts.value(spring, BOOTSTRAP)).toEqual(before);
  const { served, heldOut, perUser } = before?.value ?? expect.fail("no value");
  expect(served.users + heldOut.users).toBe(400);
  expect(perUser.value).toBeCloseTo(served.rewardPerUser - heldOut.rewardPerUser, 9);
});

test("with more than may be kept, the largest campaign goes on with a part of its users, and means stay what they are", () => {
  const most = 20_000;
  const holdouts = new RunningHoldouts(most);
  const [large, small] = [named("large"), named("small")];
  users(holdouts, small, 500);
  users(holdouts, large, 60_000);
  expect(holdouts.entries).toBeLessThanOrEqual(most);
  expect(holdouts.value(small, BOOTSTRAP)?.oneIn).toBe(1);
  const { value, oneIn } = holdouts.value(large, BOOTSTRAP) ?? expect.fail("no value");
  const { served, heldOut, perUser } = value ?? expect.fail("too few users");
  expect([16, 32]).toContain(oneIn);
  expect(Math.abs(((served.users + heldOut.users) * oneIn) / 60_000 - 1)).toBeLessThan(0.1);
  expect(perUser.low).toBeLessThan(0.1);
  expect(perUser.high).toBeGreaterThan(0.1);
});

test("a campaign that is no longer shown is forgotten with all that was kept of it", () => {
  const holdouts = new RunningHoldouts(100_000);
  const spring = named("spring");
  users(holdouts, spring, 100);
  holdouts.keepOnly(new Set(["autumn"]));
  expect(holdouts.entries).toBe(0);
  expect(holdouts.value(spring, BOOTSTRAP)).toBe(null);
});

test("who is erased is left out, what was counted already and what is read of them later", () => {
  const [here, never] = [new RunningHoldouts(100_000), new RunningHoldouts(100_000)];
  const spring = named("spring");
  users(never, spring, 400);
  const all = never.value(spring, BOOTSTRAP)?.value ?? expect.fail("no value");
  const { decidedAtMs } = SAMPLES.decisions;
  here.erase({ userId: "u-1", atMs: decidedAtMs });
  here.erase({ userId: "u-3", atMs: decidedAtMs - 1 });
  users(here, spring, 400);
  here.erase({ userId: "u-2", atMs: decidedAtMs });
  const { served, heldOut } = here.value(spring, BOOTSTRAP)?.value ?? expect.fail("no value");
  expect(served.users + heldOut.users, "a session after the erasure is one of a new user").toBe(398);
  expect(all.served.users + all.heldOut.users).toBe(400);
  expect(here.entries).toBe(never.entries - 2 * 3);
});
