// What outcomes do, as src/serve/settle/SPEC.md has it.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Outcome } from "../../../src/domain/session/session.ts";
import { HOUR_MS, START_MS, campaign, openHarness, type Harness } from "../harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
  await harness.grant();
  await harness.run();
});
afterEach(() => harness.stop());

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
  if (given === "no incentive") await harness.grant({ planRow: 0 });
  await harness.session("s1", "u1");
  await harness.run(1_000);
  if (given === "posted") await harness.outcome("before", "u1", "s1", { kind: "redeemed" });
  if (given === "voided") await harness.outcome("before", "u1", "s1", { kind: "declined" });
  await harness.run(1_000);
}

const shown = async (): Promise<string[]> =>
  (await harness.settlements())
    .filter((row) => row.outcomeId !== "before")
    .map((row) => `${row.status} ${row.amountMinor} ${row.releasedMinor}`);

test.each(["declined", "refunded"] as const)(
  "an incentive that was %s, or has expired, gives its money back, and still counts for the caps",
  async (kind) => {
    await harness.grant({ campaign: campaign({ caps: [{ max: 1, windowMs: 6 * HOUR_MS }] }) });
    for (const user of ["u1", "u2"]) await harness.session(`first-${user}`, user);
    await harness.run(1_000);
    await harness.outcome("o1", "u1", "first-u1", { kind });
    await harness.run(1_000);
    await harness.run(2 * HOUR_MS);
    expect((await harness.settlements()).map(({ status }) => status).toSorted()).toEqual(["expired", "voided"]);
    for (const user of ["u1", "u2"]) await harness.session(`second-${user}`, user);
    await harness.run(1_000);
    await harness.run(5 * HOUR_MS);
    for (const user of ["u1", "u2"]) await harness.session(`third-${user}`, user);
    await harness.run(1_000);
    const reasons = new Map((await harness.decisions()).map(({ sessionId, reason }) => [sessionId, reason]));
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
    await harness.outcome("o1", "u1", "s1", outcome);
    await harness.run(1_000);
    expect(await shown()).toEqual(row === null ? [] : [row]);
    expect((await harness.letters()).map((one) => one.reason)).toEqual(letter === null ? [] : [letter]);
    await harness.run(1_000);
    expect((await harness.reports()).at(-1)?.totals.plan).toMatchObject({ settled, released });
    // Again, the same: nothing more, but for what could not be used at all.
    await harness.outcome("o1", "u1", "s1", { atMs: START_MS + 2_000, ...outcome });
    await harness.run();
    expect(await shown()).toEqual(row === null ? [] : [row]);
  });

  test("the settlement row is complete", async () => {
    await bring("held");
    await harness.outcome("o1", "u1", "s1", { amountMinor: 40n });
    await harness.run();
    expect(await harness.settlements()).toMatchObject([
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
    await harness.outcome("o1", "u1", "s1", { kind: "converted", rewards: { converted: 1 } });
    await harness.outcome("o1", "u1", "s1", { kind: "converted", rewards: { converted: 1 } });
    await harness.run();
    const atMs = START_MS + 2_000;
    await harness.outcome("o1", "u1", "s1", { atMs, kind: "converted", rewards: { converted: 1 } });
    await harness.outcome("o1", "u1", "s1", { atMs, kind: "converted", rewards: { converted: 2 } });
    await harness.run(HOUR_MS);
    expect((await harness.letters()).map((letter) => letter.reason)).toEqual(["outcome_conflict"]);
    expect((await harness.training()).map((row) => row.rewards)).toEqual([{ converted: 1 }]);
  });
});

describe("at the window's end", () => {
  test("one millisecond before it is money, at it is late, and the hold has expired", async () => {
    await harness.session("s1", "u1");
    await harness.session("s2", "u2");
    await harness.run();
    await harness.outcome("o1", "u1", "s1");
    await harness.run(HOUR_MS - 1);
    await harness.outcome("o2", "u2", "s2", { atMs: START_MS });
    await harness.run(1);
    expect((await harness.settlements()).map((row) => `${row.decisionId} ${row.status}`)).toEqual([
      "d-s1 posted",
      "d-s2 expired",
      "d-s2 late",
    ]);
  });

  test("a late outcome is one row, whoever sends it how often; after 48 hours the decision is forgotten", async () => {
    await harness.session("s1", "u1");
    await harness.run();
    await harness.run(HOUR_MS);
    for (let n = 0; n < 3; n += 1) await harness.outcome("o1", "u1", "s1", { atMs: START_MS });
    await harness.run();
    await harness.outcome("o1", "u1", "s1", { atMs: START_MS });
    await harness.outcome("o2", "u1", "s1", { kind: "converted", rewards: { converted: 1 } });
    await harness.run();
    await harness.outcome("o2", "u1", "s1", { kind: "declined" });
    await harness.run();
    expect((await harness.settlements()).map((row) => `${row.status} ${row.outcomeId}`)).toEqual([
      "expired null",
      "late o1",
      "late o2",
    ]);
    expect((await harness.letters()).map((letter) => letter.reason)).toEqual(["outcome_conflict"]);
    await harness.session("s2", "u1");
    await harness.run(49 * HOUR_MS);
    await harness.run(HOUR_MS);
    await harness.outcome("o3", "u1", "s1");
    await harness.run();
    expect((await harness.letters()).at(-1)?.reason).toBe("unknown_decision");
  });

  test("what was counted in the window and comes again after it is not late, it is known", async () => {
    await harness.session("s1", "u1");
    await harness.run();
    await harness.outcome("o1", "u1", "s1", { atMs: START_MS });
    await harness.run(HOUR_MS);
    await harness.outcome("o1", "u1", "s1", { atMs: START_MS });
    await harness.run();
    expect((await harness.settlements()).map((row) => row.status)).toEqual(["expired", "late"]);
    await harness.session("s2", "u2");
    await harness.run();
    await harness.outcome("o2", "u2", "s2", { atMs: START_MS });
    await harness.run();
    await harness.run(HOUR_MS);
    await harness.outcome("o2", "u2", "s2", { atMs: START_MS });
    await harness.run();
    expect((await harness.settlements()).map((row) => row.status)).toEqual(["expired", "late", "posted"]);
  });

  test("an outcome of a repeated incentive is late like its first one's", async () => {
    await harness.session("s1", "u1");
    await harness.run(1_000);
    await harness.session("s2", "u1");
    await harness.run();
    expect((await harness.decision("s2")).reason).toBe("incentive_open");
    await harness.run(HOUR_MS);
    await harness.outcome("o1", "u1", "s2");
    await harness.run();
    await harness.outcome("o1", "u1", "s1");
    await harness.run();
    expect((await harness.settlements()).map((row) => `${row.decisionId} ${row.status}`)).toEqual([
      "d-s1 expired",
      "d-s1 late",
    ]);
    expect((await harness.letters()).map((letter) => letter.reason)).toEqual(["outcome_conflict"]);
  });

  test("expired money can be drawn in the same cycle, and money asked back goes first", async () => {
    await harness.grant({ grantedMinor: { plan: 100n, exploration: 0n }, campaign: campaign({ id: "small" }) });
    await harness.run();
    await harness.session("s1", "u1", { campaign: "small" });
    await harness.session("s2", "u2", { campaign: "small" });
    await harness.run();
    expect((await harness.decision("s2")).reason).toBe("budget_not_yet_granted");
    await harness.session("s3", "u3", { campaign: "small" });
    await harness.run(HOUR_MS);
    expect((await harness.decision("s3")).reason).toBe("planned");
    await harness.grant({ campaign: campaign({ id: "small" }), returnTargetMinor: { plan: 70n, exploration: 0n } });
    await harness.session("s4", "u4", { campaign: "small" });
    await harness.run(HOUR_MS);
    expect((await harness.decision("s4")).reason).toBe("budget_not_yet_granted");
    await harness.run(1_000);
    const report = (await harness.reports()).filter((one) => one.campaign === "small").at(-1);
    expect(report?.totals.plan).toMatchObject({ granted: 100n, returned: 70n, reserved: 200n, released: 200n });
  });
});

describe("training rows", () => {
  test("come when the window ends, with what the draw knew and what became of it", async () => {
    await harness.profile("u1", { city: "Lyon", vip: true });
    await harness.session("s1", "u1", { attributes: { visits: 1 } });
    await harness.run();
    await harness.outcome("o1", "u1", "s1", { kind: "converted", rewards: { converted: 1, basket: 12.5 } });
    await harness.outcome("o2", "u1", "s1", { kind: "redeemed", amountMinor: 60n });
    await harness.outcome("o3", "u1", "s1", { kind: "refunded", rewards: { basket: -2.5 } });
    await harness.run(HOUR_MS - 1);
    expect(await harness.training()).toEqual([]);
    await harness.run(1);
    const [row, ...others] = await harness.training();
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
    await harness.grant({ planRow: 0 });
    await harness.session("control", "u1");
    await harness.run();
    await harness.grant({ campaign: campaign({ holdoutShare: 0.999 }) });
    await harness.session("held", "u2");
    await harness.run();
    await harness.grant({ campaign: campaign(), state: "paused" });
    await harness.session("paused", "u3");
    await harness.run();
    await harness.grant({ state: "live", planRow: 2, grantedMinor: { plan: 100_000n, exploration: 0n } });
    await harness.session("large", "u4", { attributes: { visits: 7, vip: false } });
    await harness.run();
    await harness.session("again", "u4");
    await harness.run();
    await harness.outcome("o1", "u3", "paused", { kind: "converted", rewards: { converted: 1 } });
    await harness.run(HOUR_MS);
    const rows = (await harness.training()).map(
      (row) => `${row.decisionId} ${row.arm} ${row.holdout} ${row.costMinor}`,
    );
    expect(rows.toSorted()).toEqual(["d-control 0 false 0", "d-held 0 true 0", "d-large 2 false 3"]);
    expect(await harness.letters()).toEqual([]);
  });
});
