// What outcomes do after the hold has ended and before the window has: by an outcome of the same batch, by the arm's own validity.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HOUR_MS, START_MS, campaign, openHarness, type Harness } from "../harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
  await harness.grant();
  await harness.run();
});
afterEach(() => harness.stop());

const shown = async (): Promise<string[]> =>
  (await harness.settlements()).map((row) => `${row.status} ${row.amountMinor} ${row.releasedMinor}`);

test("after a redemption in the same batch another one of more than the face value is late, in rows and features alike", async () => {
  await harness.session("s1", "u1");
  await harness.run();
  await harness.outcome("o1", "u1", "s1", { kind: "redeemed", rewards: { converted: 1 } });
  await harness.outcome("o2", "u1", "s1", { kind: "redeemed", amountMinor: 101n, rewards: { converted: 1 } });
  await harness.session("s2", "u1");
  await harness.run(1);
  expect(await harness.letters()).toEqual([]);
  expect(await shown()).toEqual(["posted 100 0", "late 0 0"]);
  await harness.run(HOUR_MS);
  expect(await harness.training()).toMatchObject([
    { decisionId: "d-s1", rewards: { converted: 2 } },
    { decisionId: "d-s2", attributes: { reward_30d: 2, redemptions_30d: 2 } },
  ]);
});

describe("an arm's own validity", () => {
  const arms = campaign().arms.map((arm) => (arm.id === "small" ? { ...arm, validMs: HOUR_MS / 4 } : arm));
  beforeEach(async () => {
    await harness.grant({ campaign: campaign({ arms }), revision: 2 });
    await harness.session("s1", "u1");
    await harness.run();
  });

  test("ends the hold, by itself, and what is then redeemed is late; what was ordered is learned from all the same", async () => {
    expect(await harness.decision("s1")).toMatchObject({ armId: "small", validUntilMs: START_MS + HOUR_MS / 4 });
    await harness.session("s2", "u1");
    await harness.run(HOUR_MS / 4 - 1);
    expect(await harness.decision("s2")).toMatchObject({
      reason: "incentive_open",
      validUntilMs: START_MS + HOUR_MS / 4,
    });
    await harness.run(1);
    expect(await shown()).toEqual(["expired 0 100"]);
    await harness.outcome("o1", "u1", "s1", { kind: "redeemed", rewards: { converted: 1 } });
    await harness.session("s3", "u1");
    await harness.run(HOUR_MS / 4);
    expect(await shown()).toEqual(["expired 0 100", "late 0 0"]);
    expect(await harness.decision("s3")).toMatchObject({ reason: "planned", armId: "small" });
    await harness.run(HOUR_MS / 2 - 1);
    expect(await harness.training()).toEqual([]);
    await harness.run(1);
    expect(await harness.training()).toMatchObject([
      { decisionId: "d-s1", rewards: { converted: 1 }, redeemed: false, costMinor: 0n },
    ]);
  });

  test("redeemed for more than the face value after it: late, with its reward, in the training row and in the features", async () => {
    await harness.outcome("o1", "u1", "s1", { kind: "redeemed", amountMinor: 101n, rewards: { converted: 2 } });
    await harness.session("s2", "u1");
    await harness.run(HOUR_MS / 4);
    expect(await harness.letters()).toEqual([]);
    expect(await shown()).toEqual(["expired 0 100", "late 0 0"]);
    await harness.run(HOUR_MS);
    expect(await harness.training()).toMatchObject([
      { decisionId: "d-s1", rewards: { converted: 2 }, attributes: { reward_30d: 0, redemptions_30d: 0 } },
      { decisionId: "d-s2", rewards: {}, attributes: { reward_30d: 2, redemptions_30d: 1 } },
    ]);
  });

  test("what is redeemed within it is money", async () => {
    await harness.outcome("o1", "u1", "s1", { kind: "redeemed" });
    await harness.run(HOUR_MS / 4 - 1);
    await harness.run(HOUR_MS);
    expect(await shown()).toEqual(["posted 100 0"]);
  });
});
