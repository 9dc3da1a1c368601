// The contracts' benchmark, without a training.

import { expect, test } from "vitest";
import { benchmarkContracts } from "../../../benchmarks/learn/contracts.ts";

test(
  "a plan by groups is made from what ten million rows say, and user by user for each number of users",
  { timeout: 120_000 },
  async () => {
    const told: string[] = [];
    const { plan, userByUser, trainings } = await benchmarkContracts({ rows: [], users: [100, 1000] }, (text) =>
      told.push(text),
    );
    expect(plan).toMatchObject({ loggedRows: 10_000_000, clusters: 100, arms: 8 });
    expect(plan.processorSeconds).toBeGreaterThan(0);
    expect(userByUser.map(({ users }) => users)).toEqual([100, 1000]);
    expect(trainings).toEqual([]);
    expect(told).toHaveLength(3);
  },
);
