// A session's way down the list of reasons.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HOUR_MS, RELEASE, START_MS, campaign, openHarness, type Harness } from "../harness.ts";
import { tinyRelease } from "../tiny-release.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
});
afterEach(() => harness.stop());

describe("a session without an incentive says why", () => {
  test("invalid_campaign: it names one that there is not", async () => {
    expect(await harness.decided({}, { campaign: "autumn" })).toMatchObject({
      reason: "invalid_campaign",
      campaign: null,
      arm: 0,
      armId: "",
      reservedMinor: 0n,
      propensities: [],
      cluster: -1,
      revision: 0,
    });
  });

  test("invalid_campaign: it names none, and none serves its surface", async () => {
    const grant = { campaign: campaign({ surfaces: ["checkout"] }) };
    expect(await harness.decided(grant, { campaign: null, surface: "home" })).toMatchObject({
      reason: "invalid_campaign",
    });
  });

  test("campaign_not_live: ended, not begun, over", async () => {
    expect(await harness.decided({ state: "ended" })).toMatchObject({
      reason: "campaign_not_live",
      campaign: "spring",
    });
    await harness.grant({ state: "live", campaign: campaign({ startMs: START_MS + 1 }) });
    await harness.session("s2", "u2");
    await harness.run();
    expect((await harness.decision("s2")).reason).toBe("campaign_not_live");
    await harness.grant({ campaign: campaign({ endMs: START_MS }) });
    await harness.session("s3", "u3");
    await harness.run();
    expect((await harness.decision("s3")).reason).toBe("campaign_not_live");
  });

  test("campaign_paused", async () => {
    expect(await harness.decided({ state: "paused" })).toMatchObject({ reason: "campaign_paused" });
  });

  test("no_release: none, or one with other arms", async () => {
    expect(await harness.decided({ release: null })).toMatchObject({ reason: "no_release", release: null });
    const other = tinyRelease("other", ["none", "small", "huge"]);
    await harness.publish(other);
    await harness.grant({ release: other.hash });
    await harness.run();
    await harness.session("s2", "u2");
    await harness.run();
    expect(await harness.decision("s2")).toMatchObject({ reason: "no_release", release: other.hash });
  });

  test("holdout: by user, drawn, and without money", async () => {
    const decision = await harness.decided({ campaign: campaign({ holdoutShare: 0.999 }) });
    expect(decision).toMatchObject({ reason: "holdout", holdout: true, arm: 0, propensities: [1, 0, 0], cluster: 0 });
  });

  test("classifier_unavailable: the release cannot be found", async () => {
    expect(await harness.decided({ release: "0".repeat(64) })).toMatchObject({
      reason: "classifier_unavailable",
      arm: 0,
      cluster: -1,
    });
  });

  test("user_cap: so many in so long", async () => {
    const caps = [{ max: 1, windowMs: 3 * HOUR_MS }];
    expect((await harness.decided({ campaign: campaign({ caps }) })).reason).toBe("planned");
    await harness.run(2 * HOUR_MS);
    await harness.session("s2", "u1");
    await harness.run();
    expect((await harness.decision("s2")).reason).toBe("user_cap");
    await harness.session("s3", "u2");
    await harness.run();
    expect((await harness.decision("s3")).reason).toBe("planned");
    await harness.run(HOUR_MS);
    await harness.session("s4", "u1");
    await harness.run();
    expect((await harness.decision("s4")).reason).toBe("planned");
  });

  test("planned_control: the plan drew it", async () => {
    expect(await harness.decided({ planRow: 0 })).toMatchObject({
      reason: "planned_control",
      arm: 0,
      armId: "none",
      propensities: [1, 0, 0],
      account: null,
      reservationId: null,
      validUntilMs: null,
    });
  });

  test("pacing_throttled: with the throttle in its propensities", async () => {
    const decision = await harness.decided({ throttle: 0 });
    expect(decision).toMatchObject({ reason: "pacing_throttled", arm: 0, propensities: [1, 0, 0] });
  });

  test("budget_not_yet_granted, while the treasurer has more; budget_exhausted when it has not", async () => {
    const none = { plan: 0n, exploration: 0n };
    const grant = { grantedMinor: { plan: 99n, exploration: 0n } };
    const decision = await harness.decided({ ...grant, ungrantedMinor: { plan: 1_000n, exploration: 0n } });
    expect(decision).toMatchObject({ reason: "budget_not_yet_granted", arm: 0, propensities: [0, 1, 0] });
    await harness.grant({ ungrantedMinor: none });
    await harness.session("s2", "u2");
    await harness.run();
    expect((await harness.decision("s2")).reason).toBe("budget_exhausted");
    const report = (await harness.reports()).at(-1);
    expect(report?.totals.plan.reserved).toBe(0n);
  });
});

describe("a session with an incentive", () => {
  test("planned: the row is complete", async () => {
    const decision = await harness.decided({ planRow: 2, revision: 7 }, { attributes: { visits: 5, vip: true } });
    expect(decision).toMatchObject({
      decisionId: "d-s1",
      sessionId: "s1",
      userId: "u1",
      campaign: "spring",
      sessionAtMs: START_MS,
      decidedAtMs: START_MS,
      reason: "planned",
      arm: 2,
      armId: "large",
      faceMinor: 500n,
      sendMinor: 3n,
      currency: "EUR",
      account: "plan",
      reservationId: "r-s1",
      reservedMinor: 503n,
      validUntilMs: START_MS + HOUR_MS,
      cluster: 1,
      release: RELEASE.hash,
      planRow: 2,
      revision: 7,
      propensities: [0, 0, 1],
      holdout: false,
      exploration: false,
      degraded: false,
    });
    expect(decision.clusterProbability).toBeGreaterThan(0.99);
    expect(Buffer.from(decision.featuresHash).equals(Buffer.alloc(8))).toBe(false);
  });

  test("incentive_open: the same one again, no new money, and its outcome is the first one's", async () => {
    await harness.decided({});
    await harness.session("s2", "u1");
    await harness.run(1_000);
    expect(await harness.decision("s2")).toMatchObject({
      reason: "incentive_open",
      arm: 1,
      armId: "small",
      faceMinor: 100n,
      account: null,
      reservationId: null,
      reservedMinor: 0n,
      validUntilMs: START_MS + HOUR_MS,
      propensities: [],
    });
    await harness.outcome("o1", "u1", "s2");
    await harness.run();
    expect(await harness.settlements()).toMatchObject([
      { status: "posted", decisionId: "d-s1", reservationId: "r-s1", amountMinor: 100n },
    ]);
    await harness.session("s3", "u1");
    await harness.run();
    expect((await harness.decision("s3")).reason).toBe("planned");
  });

  test("explored: on its own account, arms alike, and propensities as they are", async () => {
    const grant = {
      campaign: campaign({ explorationShare: 0.9 }),
      grantedMinor: { plan: 100_000n, exploration: 100_000n },
      planRow: 0,
    };
    await harness.grant(grant);
    await harness.run();
    for (let n = 0; n < 300; n += 1) await harness.session(`s${n}`, `u${n}`);
    await harness.run();
    const decisions = await harness.decisions();
    const explored = decisions.filter((decision) => decision.exploration);
    expect(explored.length).toBeGreaterThan(240);
    for (const arm of [0, 1, 2]) expect(explored.filter((one) => one.arm === arm).length).toBeGreaterThan(60);
    for (const { arm, account, reason } of explored) {
      expect(reason).toBe("explored");
      expect(account).toBe(arm === 0 ? null : "exploration");
    }
    for (const { propensities } of decisions) {
      expect(propensities[0]).toBeCloseTo(0.3 + 0.1, 12);
      expect(propensities[1]).toBeCloseTo(0.3, 12);
    }
    await harness.run(1_000);
    const report = (await harness.reports()).at(-1);
    expect(report?.cells.given.reduce((sum, given) => sum + given, 0)).toBe(decisions.length - explored.length);
  });

  test("an exploration account that cannot pay for every arm explores nothing, and says so in the propensities", async () => {
    const decision = await harness.decided({
      campaign: campaign({ explorationShare: 0.9 }),
      grantedMinor: { plan: 100_000n, exploration: 502n },
    });
    expect(decision).toMatchObject({ reason: "planned", exploration: false, propensities: [0, 1, 0], account: "plan" });
  });

  test("downgraded: the best cheaper arm that can be paid, if it is worth more than none", async () => {
    const grant = { planRow: 2, grantedMinor: { plan: 300n, exploration: 0n } };
    const decision = await harness.decided(grant, { attributes: { visits: 9, vip: false } });
    expect(decision).toMatchObject({ reason: "downgraded", arm: 1, reservedMinor: 100n, propensities: [0, 0, 1] });
    // λ so high that no incentive is worth its cost.
    await harness.grant({ shadowPrice: 10 });
    await harness.session("s2", "u2", { attributes: { visits: 9, vip: false } });
    await harness.run();
    expect(await harness.decision("s2")).toMatchObject({ reason: "budget_not_yet_granted", arm: 0 });
  });

  test("the plan's shares, between two rows, are what is drawn and what is said", async () => {
    await harness.grant({ planRow: 0.25, grantedMinor: { plan: 10_000_000n, exploration: 0n } });
    await harness.run();
    for (let n = 0; n < 1_000; n += 1) await harness.session(`s${n}`, `u${n}`);
    await harness.run();
    const decisions = await harness.decisions();
    const given = decisions.filter((decision) => decision.arm === 1).length;
    expect(given).toBeGreaterThan(200);
    expect(given).toBeLessThan(300);
    for (const { propensities } of decisions) expect(propensities).toEqual([0.75, 0.25, 0]);
    await harness.run(1_000);
    const report = (await harness.reports()).at(-1);
    expect(report?.sessionsByCluster).toEqual([1_000, 0]);
    expect(report?.cells.planned).toEqual([750, 250, 0, 0, 0, 0]);
    expect(report?.cells.given).toEqual([1_000 - given, given, 0, 0, 0, 0]);
  });
});
