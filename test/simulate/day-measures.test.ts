// The yardsticks of a day: what could have been spent, and what the holdout says it brought.

import { expect, test } from "vitest";
import { seededRandom } from "../../src/domain/random.ts";
import { incrementalReward } from "../../src/simulate/day/incremental.ts";
import { mostSpendable, spendAt, type OracleOptions, type OracleSession } from "../../src/simulate/day/oracle.ts";

function oracle(sessions: readonly OracleSession[], budgetMinor: number): OracleOptions {
  return { budgetMinor, ttlMs: 1_000, faceMinor: [0, 50, 100], sendMinor: [0, 0, 0], last: 1, sessions };
}

const always = (arm: number) => ({ amountMinor: arm * 50, delayMs: 10 });

test("money that is held cannot be offered again, money that came back can", () => {
  const session = (atMs: number, redeems: OracleSession["redeems"]): OracleSession => ({
    atMs,
    draw: 0,
    redeems,
    shares: () => [0, 0, 1],
  });
  const never = (): null => null;
  // Held until 1,000: the second gets nothing, the third gets what the first left.
  expect(spendAt(oracle([session(0, never), session(500, always), session(1_000, always)], 100), 1)).toBe(100);
  expect(spendAt(oracle([session(0, never), session(500, always)], 100), 1)).toBe(0);
  // Too little for the arm: the cheaper one.
  expect(spendAt(oracle([session(0, never), session(500, always)], 150), 1)).toBe(50);
});

test("a redemption after the hold's end is no money", () => {
  const late: OracleSession = {
    atMs: 0,
    draw: 0,
    shares: () => [0, 0, 1],
    redeems: () => ({ amountMinor: 100, delayMs: 1_000 }),
  };
  expect(spendAt(oracle([late], 100), 1)).toBe(0);
});

test("the most that could be spent never passes the budget, and is at least what any one position spends", () => {
  const random = seededRandom("oracle");
  const sessions = Array.from({ length: 400 }, (_, index): OracleSession => {
    const luck = random.unit();
    return {
      atMs: index * 20,
      draw: random.unit(),
      shares: (position) => [1 - position, position / 2, position / 2],
      redeems: (arm) => (luck < 0.3 ? always(arm) : null),
    };
  });
  for (const budget of [500, 2_000, 5_000, 100_000]) {
    const options = oracle(sessions, budget);
    const most = mostSpendable(options);
    expect(most.spentMinor).toBeLessThanOrEqual(budget);
    for (const position of [0.25, 0.5, 1]) expect(most.spentMinor).toBeGreaterThanOrEqual(spendAt(options, position));
  }
});

test("the intervals of the incremental reward cover the truth about 95 times in 100, of users and of sessions", () => {
  const random = seededRandom("interval");
  const covered = { perUser: 0, perSession: 0 };
  const rounds = 300;
  for (let round = 0; round < rounds; round += 1) {
    const users = 300;
    const user: number[] = [];
    const reward: number[] = [];
    const holdout: number[] = [];
    for (let who = 0; who < users; who += 1) {
      const held = random.unit() < 0.3 ? 1 : 0;
      const own = random.unit();
      // As many sessions of one as of another: 2.5 a user.
      const visits = 1 + random.below(4);
      for (let visit = 0; visit < visits; visit += 1) {
        user.push(who);
        holdout.push(held);
        reward.push(own + (held === 1 ? 0 : 0.1) + 0.1 * random.normal());
      }
    }
    const found = incrementalReward({ n: user.length, users, user, reward, holdout });
    for (const [of, truth] of [["perUser", 0.25] as const, ["perSession", 0.1] as const])
      if (found && found[of].low <= truth && found[of].high >= truth) covered[of] += 1;
  }
  for (const share of [covered.perUser / rounds, covered.perSession / rounds]) {
    expect(share).toBeGreaterThan(0.91);
    expect(share).toBeLessThan(0.985);
  }
});

test("where incentives bring users back, the day's figure is that of users, whatever a mean of sessions says", () => {
  const user: number[] = [];
  const reward: number[] = [];
  const holdout: number[] = [];
  for (let who = 0; who < 1_000; who += 1) {
    const held = who % 2;
    // Served: three visits and .6 orders a user. Held out: one visit and .4 orders.
    for (let visit = 0; visit < (held === 1 ? 1 : 3); visit += 1) {
      user.push(who);
      holdout.push(held);
      reward.push(visit === 0 && who % 10 < (held === 1 ? 4 : 6) ? 1 : 0);
    }
  }
  const found = incrementalReward({ n: user.length, users: 1_000, user, reward, holdout });
  expect(found?.treated).toEqual({ users: 500, sessions: 1_500, rewardPerUser: 0.6, rewardPerSession: 0.2 });
  expect(found?.perUser.value).toBeCloseTo(0.2, 9);
  expect(found?.value).toBeCloseTo(100, 9);
  expect(found?.low).toBeGreaterThan(0);
  expect(found?.perSession.high).toBeLessThan(-0.1);
});

test("without a holdout nothing is said", () => {
  expect(incrementalReward({ n: 2, users: 2, user: [0, 1], reward: [1, 0], holdout: [0, 0] })).toBeNull();
});
