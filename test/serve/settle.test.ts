// What outcomes do, as src/serve/settle/SPEC.md has it.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Outcome } from "../../src/domain/session.ts";
import { HOUR_MS, START_MS, campaign, openHouse, type House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await openHouse();
  await house.grant();
  await house.run();
});
afterEach(() => house.stop());

type Given = "no incentive" | "held" | "posted" | "voided";

/** One row is one outcome, what it does to a decision of which kind, and the totals after it: settled, released. */
const ROWS: readonly (readonly [
  outcome: Partial<Outcome>,
  given: Given,
  row: string | null,
  letter: string | null,
  settled: bigint,
  released: bigint,
])[] = [
  [{ kind: "redeemed" }, "held", "posted 100 0", null, 100n, 0n],
  [{ kind: "redeemed", amountMinor: 100n }, "held", "posted 100 0", null, 100n, 0n],
  [{ kind: "redeemed", amountMinor: 40n }, "held", "posted 40 60", null, 40n, 60n],
  [{ kind: "redeemed", amountMinor: 0n }, "held", "posted 0 100", null, 0n, 100n],
  [{ kind: "redeemed", amountMinor: 101n }, "held", null, "contract", 0n, 0n],
  [{ kind: "redeemed", amountMinor: -1n }, "held", null, "contract", 0n, 0n],
  [{ kind: "redeemed" }, "no incentive", null, "contract", 0n, 0n],
  [{ kind: "redeemed" }, "posted", "late 0 0", null, 100n, 0n],
  [{ kind: "redeemed" }, "voided", "late 0 0", null, 0n, 100n],
  [{ kind: "declined" }, "held", "voided 0 100", null, 0n, 100n],
  [{ kind: "declined" }, "no incentive", null, null, 0n, 0n],
  [{ kind: "declined" }, "posted", "late 0 0", null, 100n, 0n],
  [{ kind: "declined" }, "voided", "late 0 0", null, 0n, 100n],
  [{ kind: "refunded" }, "held", "voided 0 100", null, 0n, 100n],
  [{ kind: "refunded" }, "no incentive", null, null, 0n, 0n],
  [{ kind: "refunded" }, "posted", "late 0 0", null, 100n, 0n],
  [{ kind: "refunded" }, "voided", "late 0 0", null, 0n, 100n],
  [{ kind: "converted" }, "held", null, null, 0n, 0n],
  [{ kind: "converted" }, "no incentive", null, null, 0n, 0n],
  [{ kind: "converted" }, "posted", null, null, 100n, 0n],
  [{ kind: "converted" }, "voided", null, null, 0n, 100n],
];

async function bring(given: Given): Promise<void> {
  if (given === "no incentive") await house.grant({ planRow: 0 });
  await house.session("s1", "u1");
  await house.run(1_000);
  if (given === "posted") await house.outcome("before", "u1", "s1", { kind: "redeemed" });
  if (given === "voided") await house.outcome("before", "u1", "s1", { kind: "declined" });
  await house.run(1_000);
}

const shown = async (): Promise<string[]> =>
  (await house.settlements())
    .filter((row) => row.outcomeId !== "before")
    .map((row) => `${row.status} ${row.amountMinor} ${row.releasedMinor}`);

test.each(["declined", "refunded"] as const)(
  "an incentive that was %s, or has expired, gives its money back, and still counts for the caps",
  async (kind) => {
    await house.grant({ campaign: campaign({ caps: [{ max: 1, windowMs: 6 * HOUR_MS }] }) });
    for (const user of ["u1", "u2"]) await house.session(`first-${user}`, user);
    await house.run(1_000);
    await house.outcome("o1", "u1", "first-u1", { kind });
    await house.run(1_000);
    await house.run(2 * HOUR_MS);
    expect((await house.settlements()).map(({ status }) => status).toSorted()).toEqual(["expired", "voided"]);
    for (const user of ["u1", "u2"]) await house.session(`second-${user}`, user);
    await house.run(1_000);
    await house.run(5 * HOUR_MS);
    for (const user of ["u1", "u2"]) await house.session(`third-${user}`, user);
    await house.run(1_000);
    const reasons = new Map((await house.decisions()).map(({ sessionId, reason }) => [sessionId, reason]));
    for (const user of ["u1", "u2"])
      expect(["first", "second", "third"].map((time) => reasons.get(`${time}-${user}`))).toEqual([
        "planned",
        "user_cap",
        "planned",
      ]);
  },
);

describe("an outcome in the window", () => {
  test.each(ROWS)("%o, when it was %s: row %s, letter %s", async (outcome, given, row, letter, settled, released) => {
    await bring(given);
    await house.outcome("o1", "u1", "s1", outcome);
    await house.run(1_000);
    expect(await shown()).toEqual(row === null ? [] : [row]);
    expect((await house.letters()).map((one) => one.reason)).toEqual(letter === null ? [] : [letter]);
    await house.run(1_000);
    expect((await house.reports()).at(-1)?.totals.plan).toMatchObject({ settled, released });
    // Again, the same: nothing more, but for what could not be used at all.
    await house.outcome("o1", "u1", "s1", { atMs: START_MS + 2_000, ...outcome });
    await house.run();
    expect(await shown()).toEqual(row === null ? [] : [row]);
  });

  test("the settlement row is complete", async () => {
    await bring("held");
    await house.outcome("o1", "u1", "s1", { amountMinor: 40n });
    await house.run();
    expect(await house.settlements()).toMatchObject([
      {
        settlementId: "s-s1",
        decisionId: "d-s1",
        reservationId: "r-s1",
        userId: "u1",
        campaign: "spring",
        account: "plan",
        status: "posted",
        amountMinor: 40n,
        releasedMinor: 60n,
        outcomeId: "o1",
        arm: 1,
        cluster: 0,
      },
    ]);
  });

  test("the same outcome again, in one batch and in another, counts once; with another body it is a conflict", async () => {
    await bring("held");
    await house.outcome("o1", "u1", "s1", { kind: "converted", rewards: { converted: 1 } });
    await house.outcome("o1", "u1", "s1", { kind: "converted", rewards: { converted: 1 } });
    await house.run();
    const atMs = START_MS + 2_000;
    await house.outcome("o1", "u1", "s1", { atMs, kind: "converted", rewards: { converted: 1 } });
    await house.outcome("o1", "u1", "s1", { atMs, kind: "converted", rewards: { converted: 2 } });
    await house.run(HOUR_MS);
    expect((await house.letters()).map((letter) => letter.reason)).toEqual(["outcome_conflict"]);
    expect((await house.training()).map((row) => row.rewards)).toEqual([{ converted: 1 }]);
  });
});

describe("at the window's end", () => {
  test("one millisecond before it is money, at it is late, and the hold has expired", async () => {
    await house.session("s1", "u1");
    await house.session("s2", "u2");
    await house.run();
    await house.outcome("o1", "u1", "s1");
    await house.run(HOUR_MS - 1);
    await house.outcome("o2", "u2", "s2", { atMs: START_MS });
    await house.run(1);
    expect((await house.settlements()).map((row) => `${row.decisionId} ${row.status}`)).toEqual([
      "d-s1 posted",
      "d-s2 expired",
      "d-s2 late",
    ]);
  });

  test("a late outcome is one row, whoever sends it how often; after 48 hours the decision is forgotten", async () => {
    await house.session("s1", "u1");
    await house.run();
    await house.run(HOUR_MS);
    for (let n = 0; n < 3; n += 1) await house.outcome("o1", "u1", "s1", { atMs: START_MS });
    await house.run();
    await house.outcome("o1", "u1", "s1", { atMs: START_MS });
    await house.outcome("o2", "u1", "s1", { kind: "converted", rewards: { converted: 1 } });
    await house.run();
    await house.outcome("o2", "u1", "s1", { kind: "declined" });
    await house.run();
    expect((await house.settlements()).map((row) => `${row.status} ${row.outcomeId}`)).toEqual([
      "expired null",
      "late o1",
      "late o2",
    ]);
    expect((await house.letters()).map((letter) => letter.reason)).toEqual(["outcome_conflict"]);
    await house.session("s2", "u1");
    await house.run(49 * HOUR_MS);
    await house.run(HOUR_MS);
    await house.outcome("o3", "u1", "s1");
    await house.run();
    expect((await house.letters()).at(-1)?.reason).toBe("unknown_decision");
  });

  test("what was counted in the window and comes again after it is not late, it is known", async () => {
    await house.session("s1", "u1");
    await house.run();
    await house.outcome("o1", "u1", "s1", { atMs: START_MS });
    await house.run(HOUR_MS);
    await house.outcome("o1", "u1", "s1", { atMs: START_MS });
    await house.run();
    expect((await house.settlements()).map((row) => row.status)).toEqual(["expired", "late"]);
    await house.session("s2", "u2");
    await house.run();
    await house.outcome("o2", "u2", "s2", { atMs: START_MS });
    await house.run();
    await house.run(HOUR_MS);
    await house.outcome("o2", "u2", "s2", { atMs: START_MS });
    await house.run();
    expect((await house.settlements()).map((row) => row.status)).toEqual(["expired", "late", "posted"]);
  });

  test("an outcome of a repeated incentive is late like its first one's", async () => {
    await house.session("s1", "u1");
    await house.run(1_000);
    await house.session("s2", "u1");
    await house.run();
    expect((await house.decision("s2")).reason).toBe("incentive_open");
    await house.run(HOUR_MS);
    await house.outcome("o1", "u1", "s2");
    await house.run();
    await house.outcome("o1", "u1", "s1");
    await house.run();
    expect((await house.settlements()).map((row) => `${row.decisionId} ${row.status}`)).toEqual([
      "d-s1 expired",
      "d-s1 late",
    ]);
    expect((await house.letters()).map((letter) => letter.reason)).toEqual(["outcome_conflict"]);
  });

  test("expired money can be drawn in the same cycle, and money asked back goes first", async () => {
    await house.grant({ grantedMinor: { plan: 100n, exploration: 0n }, campaign: campaign({ id: "small" }) });
    await house.run();
    await house.session("s1", "u1", { campaign: "small" });
    await house.session("s2", "u2", { campaign: "small" });
    await house.run();
    expect((await house.decision("s2")).reason).toBe("budget_not_yet_granted");
    await house.session("s3", "u3", { campaign: "small" });
    await house.run(HOUR_MS);
    expect((await house.decision("s3")).reason).toBe("planned");
    await house.grant({ campaign: campaign({ id: "small" }), returnTargetMinor: { plan: 70n, exploration: 0n } });
    await house.session("s4", "u4", { campaign: "small" });
    await house.run(HOUR_MS);
    expect((await house.decision("s4")).reason).toBe("budget_not_yet_granted");
    await house.run(1_000);
    const report = (await house.reports()).filter((one) => one.campaign === "small").at(-1);
    expect(report?.totals.plan).toMatchObject({ granted: 100n, returned: 70n, reserved: 200n, released: 200n });
  });
});

test("after a redemption in the same batch another one of more than the face value is late, in rows and features alike", async () => {
  await house.session("s1", "u1");
  await house.run();
  await house.outcome("o1", "u1", "s1", { kind: "redeemed", rewards: { converted: 1 } });
  await house.outcome("o2", "u1", "s1", { kind: "redeemed", amountMinor: 101n, rewards: { converted: 1 } });
  await house.session("s2", "u1");
  await house.run(1);
  expect(await house.letters()).toEqual([]);
  expect(await shown()).toEqual(["posted 100 0", "late 0 0"]);
  await house.run(HOUR_MS);
  expect(await house.training()).toMatchObject([
    { decisionId: "d-s1", rewards: { converted: 2 } },
    { decisionId: "d-s2", attributes: { reward_30d: 2, redemptions_30d: 2 } },
  ]);
});

describe("an arm's own validity", () => {
  const arms = campaign().arms.map((arm) => (arm.id === "small" ? { ...arm, validMs: HOUR_MS / 4 } : arm));
  beforeEach(async () => {
    await house.grant({ campaign: campaign({ arms }), revision: 2 });
    await house.session("s1", "u1");
    await house.run();
  });

  test("ends the hold, by itself, and what is then redeemed is late; what was ordered is learned from all the same", async () => {
    expect(await house.decision("s1")).toMatchObject({ armId: "small", validUntilMs: START_MS + HOUR_MS / 4 });
    await house.session("s2", "u1");
    await house.run(HOUR_MS / 4 - 1);
    expect(await house.decision("s2")).toMatchObject({
      reason: "incentive_open",
      validUntilMs: START_MS + HOUR_MS / 4,
    });
    await house.run(1);
    expect(await shown()).toEqual(["expired 0 100"]);
    await house.outcome("o1", "u1", "s1", { kind: "redeemed", rewards: { converted: 1 } });
    await house.session("s3", "u1");
    await house.run(HOUR_MS / 4);
    expect(await shown()).toEqual(["expired 0 100", "late 0 0"]);
    expect(await house.decision("s3")).toMatchObject({ reason: "planned", armId: "small" });
    await house.run(HOUR_MS / 2 - 1);
    expect(await house.training()).toEqual([]);
    await house.run(1);
    expect(await house.training()).toMatchObject([
      { decisionId: "d-s1", rewards: { converted: 1 }, redeemed: false, costMinor: 0n },
    ]);
  });

  test("redeemed for more than the face value after it: late, with its reward, in the training row and in the features", async () => {
    await house.outcome("o1", "u1", "s1", { kind: "redeemed", amountMinor: 101n, rewards: { converted: 2 } });
    await house.session("s2", "u1");
    await house.run(HOUR_MS / 4);
    expect(await house.letters()).toEqual([]);
    expect(await shown()).toEqual(["expired 0 100", "late 0 0"]);
    await house.run(HOUR_MS);
    expect(await house.training()).toMatchObject([
      { decisionId: "d-s1", rewards: { converted: 2 }, attributes: { reward_30d: 0, redemptions_30d: 0 } },
      { decisionId: "d-s2", rewards: {}, attributes: { reward_30d: 2, redemptions_30d: 1 } },
    ]);
  });

  test("what is redeemed within it is money", async () => {
    await house.outcome("o1", "u1", "s1", { kind: "redeemed" });
    await house.run(HOUR_MS / 4 - 1);
    await house.run(HOUR_MS);
    expect(await shown()).toEqual(["posted 100 0"]);
  });
});

describe("training rows", () => {
  test("come when the window ends, with what the draw knew and what became of it", async () => {
    await house.profile("u1", { city: "Lyon", vip: true });
    await house.session("s1", "u1", { attributes: { visits: 1 } });
    await house.run();
    await house.outcome("o1", "u1", "s1", { kind: "converted", rewards: { converted: 1, basket: 12.5 } });
    await house.outcome("o2", "u1", "s1", { kind: "redeemed", amountMinor: 60n });
    await house.outcome("o3", "u1", "s1", { kind: "refunded", rewards: { basket: -2.5 } });
    await house.run(HOUR_MS - 1);
    expect(await house.training()).toEqual([]);
    await house.run(1);
    const [row, ...others] = await house.training();
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      decisionId: "d-s1",
      userId: "u1",
      campaign: "spring",
      decidedAtMs: START_MS,
      endedAtMs: START_MS + HOUR_MS,
      cluster: 0,
      arm: 1,
      armId: "small",
      propensities: [0, 1, 0],
      exploration: false,
      holdout: false,
      rewards: { converted: 1, basket: 10 },
      redeemed: true,
      costMinor: 60n,
    });
    expect(row?.attributes).toMatchObject({ visits: 1, vip: true, city: "Lyon", sessions_1d: 0 });
  });

  test("are written for every drawn arm, the control and the held out too, and for no other", async () => {
    await house.grant({ planRow: 0 });
    await house.session("control", "u1");
    await house.run();
    await house.grant({ campaign: campaign({ holdoutShare: 0.999 }) });
    await house.session("held", "u2");
    await house.run();
    await house.grant({ campaign: campaign(), state: "paused" });
    await house.session("paused", "u3");
    await house.run();
    await house.grant({ state: "live", planRow: 2, grantedMinor: { plan: 100_000n, exploration: 0n } });
    await house.session("large", "u4", { attributes: { visits: 7, vip: false } });
    await house.run();
    await house.session("again", "u4");
    await house.run();
    await house.outcome("o1", "u3", "paused", { kind: "converted", rewards: { converted: 1 } });
    await house.run(HOUR_MS);
    const rows = (await house.training()).map((row) => `${row.decisionId} ${row.arm} ${row.holdout} ${row.costMinor}`);
    expect(rows.toSorted()).toEqual(["d-control 0 false 0", "d-held 0 true 0", "d-large 2 false 3"]);
    expect(await house.letters()).toEqual([]);
  });
});
