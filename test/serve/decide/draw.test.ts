// Which campaign and which release a session is decided by, and what is drawn: arms by the secret, statistics, the holdout.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HOUR_MS, RELEASE, campaign, openHarness, type Harness } from "../harness.ts";
import { tinyRelease } from "../tiny-release.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
});
afterEach(() => harness.stop());

describe("the campaign of a session that names none", () => {
  test("is the live one of the highest priority that serves its surface", async () => {
    const named = (id: string, changes: object) => ({ campaign: campaign({ id, ...changes }) });
    await harness.grant(named("low", { priority: 1 }));
    await harness.grant(named("high", { priority: 5, surfaces: ["checkout"] }));
    await harness.grant({ ...named("paused", { priority: 9 }), state: "paused" });
    await harness.run();
    await harness.session("s1", "u1", { campaign: null, surface: "checkout" });
    await harness.session("s2", "u2", { campaign: null, surface: "home" });
    await harness.session("s3", "u3", { campaign: null });
    await harness.session("s4", "u4", { campaign: "paused" });
    await harness.run();
    const campaigns = (await harness.decisions()).map((decision) => decision.campaign);
    expect(campaigns).toEqual(["high", "low", "low", "paused"]);
  });
});

test.each([
  ["strict", "an expiry", 0n, "planned"],
  ["expected", "an expiry", 100n, "budget_exhausted"],
  ["strict", "an outcome", 0n, "planned"],
  ["expected", "an outcome", 100n, "budget_exhausted"],
] as const)("under %s, of what %s releases %d goes back unasked before the next is decided", async (...args) => {
  const [policy, end, returned, reason] = args;
  const spring = campaign({ budgetMinor: 150n, reservation: { policy, ttlMs: HOUR_MS } });
  const none = { plan: 0n, exploration: 0n };
  await harness.decided({ campaign: spring, grantedMinor: { ...none, plan: 150n }, ungrantedMinor: none });
  expect((await harness.decision("s1")).reason).toBe("planned");
  if (end === "an expiry") harness.nowMs += HOUR_MS;
  else await harness.outcome("o1", "u1", "s1", { kind: "declined" });
  await harness.session("s2", "u2");
  await harness.run();
  expect((await harness.decision("s2")).reason).toBe(reason);
  await harness.run(2_000);
  expect((await harness.reports()).at(-1)?.totals.plan).toMatchObject({ released: 100n, returned });
});

test("a new release counts from the cycle after its grant, with the plan position that came with it", async () => {
  const next = tinyRelease("next");
  await harness.publish(next);
  await harness.grant({ planRow: 0 });
  await harness.run();
  await harness.grant({ release: next.hash, planRow: 1, revision: 2 });
  await harness.session("s1", "u1");
  await harness.run();
  await harness.session("s2", "u2");
  await harness.run();
  expect(await harness.decision("s1")).toMatchObject({ release: RELEASE.hash, planRow: 0, revision: 2 });
  expect(await harness.decision("s2")).toMatchObject({ release: next.hash, planRow: 1, reason: "planned" });
  const reports = await harness.reports();
  expect(reports.map(({ revision, release }) => ({ revision, release }))).toEqual([
    { revision: 1, release: null },
    { revision: 1, release: RELEASE.hash },
    { revision: 2, release: RELEASE.hash },
    { revision: 2, release: next.hash },
  ]);
});

test("statistics begin anew with a release, money does not", async () => {
  await harness.decided({});
  const next = tinyRelease("next");
  await harness.publish(next);
  await harness.grant({ release: next.hash, revision: 2 });
  await harness.run();
  const report = (await harness.reports()).at(-1);
  expect(report).toMatchObject({ release: next.hash, sessionsByCluster: [0, 0], eligibleSessions: 1 });
  expect(report?.totals.plan.reserved).toBe(100n);
});

test("the same user is held out or not on every day, and the share of users is the campaign's", async () => {
  await harness.grant({
    campaign: campaign({ holdoutShare: 0.2 }),
    grantedMinor: { plan: 10_000_000n, exploration: 0n },
  });
  await harness.run();
  for (let n = 0; n < 1_000; n += 1) await harness.session(`a${n}`, `u${n}`);
  await harness.run(2 * HOUR_MS);
  for (let n = 0; n < 1_000; n += 1) await harness.session(`b${n}`, `u${n}`);
  await harness.run();
  const held = (prefix: string, all: readonly { sessionId: string; userId: string; holdout: boolean }[]) =>
    all.flatMap((one) => (one.sessionId.startsWith(prefix) && one.holdout ? [one.userId] : []));
  const decisions = await harness.decisions();
  expect(held("a", decisions)).toEqual(held("b", decisions));
  expect(held("a", decisions).length).toBeGreaterThan(150);
  expect(held("a", decisions).length).toBeLessThan(250);
});

describe("what is drawn", () => {
  const drawsUnder = async (secret: number) => {
    const other = await openHarness();
    const half = campaign({ holdoutShare: 0.3, explorationShare: 0.5, explorationBudgetMinor: 100_000n });
    await other.grant({
      campaign: half,
      grantedMinor: { plan: 100_000n, exploration: 50_000n },
      secret: Buffer.alloc(32, secret),
    });
    await other.run();
    for (let n = 0; n < 200; n += 1) await other.session(`s${n}`, `u${n}`);
    await other.run();
    const drawn = (await other.decisions()).map(({ reason, arm }) => `${reason} ${arm}`);
    await other.stop();
    return drawn;
  };

  test("is the same again for whoever has the campaign's secret, and says nothing of what another secret would draw", async () => {
    const [first, again, other] = [await drawsUnder(1), await drawsUnder(1), await drawsUnder(2)];
    expect(again).toEqual(first);
    const share = (rows: readonly string[], of: (row: string, index: number) => boolean) =>
      rows.filter(of).length / rows.length;
    for (const rows of [first, other]) expect(share(rows, (row) => row.startsWith("holdout"))).toBeCloseTo(0.3, 0);
    // Held out under both: as often as chance has it, 0.3 of the 0.3.
    const both = share(first, (row, index) => row.startsWith("holdout") && (other[index] ?? "").startsWith("holdout"));
    expect(both).toBeGreaterThan(0.03);
    expect(both).toBeLessThan(0.17);
    expect(share(first, (row, index) => row === other[index])).toBeLessThan(0.6);
  });
});
