import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/domain/random.ts";
import { lotOf, LOTS } from "../../src/evaluate/policy/bootstrap.ts";
import { HoldoutSums, type HoldoutValue } from "../../src/evaluate/policy/holdout.ts";

const OPTIONS = { replicates: 200, seed: 1, confidence: 0.9 };
const UPLIFT = 0.5;

/** Users with a liking of their own, who come one to five times: a user's sessions are alike. */
function drawCampaign(users: number, seed: number): HoldoutValue | null {
  const random = seededRandom(`holdout ${seed}`);
  const sums = new HoldoutSums(LOTS);
  for (let user = 0; user < users; user += 1) {
    const lot = lotOf(user, seed, LOTS);
    const heldOut = random.unit() < 0.3;
    const liking = 2 + random.normal();
    for (let session = random.below(5); session >= 0; session -= 1) {
      sums.session(lot, heldOut);
      sums.reward(lot, heldOut, liking + (heldOut ? 0 : UPLIFT) + 0.5 * random.normal());
      if (!heldOut) sums.spend(lot, 20);
    }
  }
  return sums.value({ ...OPTIONS, seed });
}

test("by hand: served sessions' mean less that of those held out, and what it makes over all and for money", () => {
  const sums = new HoldoutSums(40);
  for (let user = 0; user < 40; user += 1) {
    const heldOut = user % 2 === 1;
    sums.session(user, heldOut);
    sums.session(user, heldOut);
    sums.reward(user, heldOut, heldOut ? 2 : 5);
    if (!heldOut) sums.spend(user, 10);
  }
  expect(sums.value(OPTIONS)).toEqual({
    served: { sessions: 40, rewardPerSession: 2.5 },
    heldOut: { sessions: 40, rewardPerSession: 1 },
    spendMinor: 200,
    perSession: expect.objectContaining({ value: 1.5, low: 1.5, high: 1.5 }),
    total: expect.objectContaining({ value: 60 }),
    perCost: expect.objectContaining({ value: expect.closeTo(0.3, 12), low: expect.closeTo(0.3, 12) }),
  });
});

describe("without one of the groups there is nothing to compare", () => {
  test.each([true, false])("all held out: %s", (heldOut) => {
    const sums = new HoldoutSums(40);
    for (let user = 0; user < 40; user += 1) sums.session(user, heldOut);
    expect(sums.value(OPTIONS)).toBeNull();
  });
});

test("a campaign that spent nothing has no reward for money, and still a difference", () => {
  const sums = new HoldoutSums(40);
  for (let user = 0; user < 40; user += 1) sums.session(user, user % 2 === 1);
  expect(sums.value(OPTIONS)).toMatchObject({ perCost: null, perSession: { value: 0 } });
});

// 180 of 200 expected; below 166 or above 194 by chance in less than one of 1,000.
test("the interval holds the truth about as often as it says, though a user's sessions are alike", () => {
  let held = 0;
  for (let world = 0; world < 200; world += 1) {
    const value = drawCampaign(1_000, world);
    if (value !== null && value.perSession.low <= UPLIFT && UPLIFT <= value.perSession.high) held += 1;
  }
  expect(held).toBeGreaterThanOrEqual(166);
  expect(held).toBeLessThanOrEqual(194);
});
