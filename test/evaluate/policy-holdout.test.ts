import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/domain/random.ts";
import { lotOf, LOTS } from "../../src/evaluate/policy/bootstrap.ts";
import { HoldoutSums, type HoldoutValue } from "../../src/evaluate/policy/holdout.ts";
import { holdoutRatio, isMismatch } from "../../src/evaluate/policy/sample-ratio.ts";

const OPTIONS = { replicates: 200, seed: 1, confidence: 0.9 };
const UPLIFT = 0.5;
const SHARE = 0.3;

interface World {
  readonly users: number;
  readonly seed: number;
  /** Visits of a user: served ones may come back more often. */
  readonly visits: (heldOut: boolean, random: ReturnType<typeof seededRandom>) => number;
  /** Reward of a user in all, by what the user likes. */
  readonly reward: (heldOut: boolean, liking: number, random: ReturnType<typeof seededRandom>) => number;
}

function drawCampaign({ users, seed, visits, reward }: World): HoldoutValue | null {
  const random = seededRandom(`holdout ${seed}`);
  const sums = new HoldoutSums(LOTS);
  for (let user = 0; user < users; user += 1) {
    const lot = lotOf(user, seed, LOTS);
    const heldOut = random.unit() < SHARE;
    const liking = 2 + random.normal();
    sums.user(lot, heldOut);
    sums.before(lot, heldOut, liking + 0.3 * random.normal());
    for (let session = visits(heldOut, random); session > 0; session -= 1) {
      sums.session(lot, heldOut);
      if (!heldOut) sums.spend(lot, 20);
    }
    sums.reward(lot, heldOut, reward(heldOut, liking, random));
  }
  return sums.value({ ...OPTIONS, seed }, SHARE);
}

/** Users with a liking of their own, who come one to five times: a user's sessions are alike. */
const ALIKE: Omit<World, "users" | "seed"> = {
  visits: (_, random) => 1 + random.below(5),
  reward: (heldOut, liking, random) => liking + (heldOut ? 0 : UPLIFT) + 0.5 * random.normal(),
};

test("by hand: served users' mean less that of those held out, and what it makes over all and for money", () => {
  const sums = new HoldoutSums(40);
  for (let user = 0; user < 40; user += 1) {
    const heldOut = user % 2 === 1;
    sums.user(user, heldOut);
    for (let session = heldOut ? 1 : 2; session > 0; session -= 1) sums.session(user, heldOut);
    sums.reward(user, heldOut, heldOut ? 2 : 5);
    if (!heldOut) sums.spend(user, 10);
  }
  expect(sums.value(OPTIONS, 0.5)).toEqual({
    served: { users: 20, sessions: 40, rewardPerUser: 5, rewardPerSession: 2.5 },
    heldOut: { users: 20, sessions: 20, rewardPerUser: 2, rewardPerSession: 2 },
    spendMinor: 200,
    perUser: expect.objectContaining({ value: 3, low: 3, high: 3 }),
    total: expect.objectContaining({ value: 60 }),
    perCost: expect.objectContaining({ value: expect.closeTo(0.3, 12), low: expect.closeTo(0.3, 12) }),
    perSession: expect.objectContaining({ value: 0.5 }),
    adjusted: null,
    sampleRatio: { expected: 0.5, heldOutUsers: 20, users: 40, p: expect.closeTo(1, 6) },
  });
});

test("where incentives bring users back, the figure of a session falls while that of a user rises: the user's counts", () => {
  const value = drawCampaign({
    ...{ users: 4_000, seed: 1 },
    visits: (heldOut) => (heldOut ? 1 : 3),
    reward: (heldOut, _, random) => (random.unit() < (heldOut ? 0.4 : 0.6) ? 1 : 0),
  });
  expect(value?.perUser.low).toBeGreaterThan(0.1);
  expect(value?.perUser.high).toBeLessThan(0.3);
  expect(value?.total.value).toBeCloseTo((value?.perUser.value ?? 0) * (value?.served.users ?? 0), 6);
  expect(value?.perCost?.value).toBeCloseTo((value?.total.value ?? 0) / (value?.spendMinor ?? 0), 8);
  // 0.6 / 3 less 0.4 / 1.
  expect(value?.perSession.high).toBeLessThan(-0.1);
});

test("what users had brought before they entered makes the interval narrower, and stays about the truth", () => {
  let [held, narrower] = [0, 0];
  for (let world = 0; world < 100; world += 1) {
    const { perUser, adjusted } = drawCampaign({ ...ALIKE, users: 600, seed: world }) ?? {};
    if (adjusted && perUser) {
      if (adjusted.perUser.low <= UPLIFT && UPLIFT <= adjusted.perUser.high) held += 1;
      if (adjusted.perUser.se < 0.7 * perUser.se) narrower += 1;
    }
  }
  expect(narrower).toBe(100);
  // 90 of 100 expected; beyond these by chance in less than one of 1,000.
  expect(held).toBeGreaterThanOrEqual(79);
  expect(held).toBeLessThanOrEqual(98);
});

describe("without one of the groups there is nothing to compare", () => {
  test.each([true, false])("all held out: %s", (heldOut) => {
    const sums = new HoldoutSums(40);
    for (let user = 0; user < 40; user += 1) {
      sums.user(user, heldOut);
      sums.session(user, heldOut);
    }
    expect(sums.value(OPTIONS, SHARE)).toBeNull();
  });
});

test("a campaign that spent nothing has no reward for money, and still a difference", () => {
  const sums = new HoldoutSums(40);
  for (let user = 0; user < 40; user += 1) {
    sums.user(user, user % 2 === 1);
    sums.session(user, user % 2 === 1);
  }
  expect(sums.value(OPTIONS, SHARE)).toMatchObject({ perCost: null, perUser: { value: 0 }, perSession: { value: 0 } });
});

// 180 of 200 expected; below 166 or above 194 by chance in less than one of 1,000.
test("the intervals hold the truth about as often as they say, of users and of sessions, though a user's are alike", () => {
  let [users, sessions] = [0, 0];
  const holds = (interval: { low: number; high: number } | undefined, truth: number): number =>
    interval !== undefined && interval.low <= truth && truth <= interval.high ? 1 : 0;
  for (let world = 0; world < 200; world += 1) {
    const value = drawCampaign({ ...ALIKE, users: 1_000, seed: world }) ?? undefined;
    users += holds(value?.perUser, UPLIFT);
    // Three visits each, on average.
    sessions += holds(value?.perSession, UPLIFT / 3);
  }
  for (const held of [users, sessions]) {
    expect(held).toBeGreaterThanOrEqual(166);
    expect(held).toBeLessThanOrEqual(194);
  }
});

describe("the sample ratio", () => {
  // By erfc of the C library.
  test.each([
    [500, 1_000, 0.5, 1],
    [530, 1_000, 0.5, 0.05777957],
    [552, 1_000, 0.5, 0.001006],
    [553, 1_000, 0.5, 0.0008023],
    [3_530, 10_000, 1 / 3, 3.0203042e-5],
    [0, 1_000, 0.05, 4.0236722e-13],
  ])("%i of %i held out, where %d are meant, is by chance %d", (heldOut, users, expected, p) => {
    expect(holdoutRatio(heldOut, users, expected).p / p).toBeCloseTo(1, 2);
  });

  test("is told below one in 1,000, and never of a draw that is as it says", () => {
    expect([552, 553].map((heldOut) => isMismatch(holdoutRatio(heldOut, 1_000, 0.5)))).toEqual([false, true]);
    expect(isMismatch(holdoutRatio(5, 5, 0))).toBe(true);
    expect(isMismatch(holdoutRatio(0, 5, 0))).toBe(false);
  });
});
