// `stipend evaluate --live` on the log that a real allocator left: every figure against the test's own books of what was
// decided and what came of it.

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import type { Decision } from "../../../src/domain/decision/decision.ts";
import { releaseHash } from "../../../src/domain/release/release.ts";
import type { HoldoutValue } from "../../../src/evaluate/policy/holdout.ts";
import type { Judged } from "../../../src/evaluate/policy/judge.ts";
import { openEmbeddedLog } from "../../../src/log/embedded/log.ts";
import { tinyRelease, writeRelease } from "../../serve/tiny-release.ts";
import { FACES, SENDS } from "../offer-log.ts";
import { openShell, type Ended, type Shell } from "../shell.ts";
import { playSmallRun, type SmallRun } from "../small-run.ts";

const REWARD = 10;
const DAY_MS = 86_400_000;
const release = tinyRelease("served");
let shell: Shell;
let run: SmallRun;
/** Orders of a decision, and of those that got its incentive again. */
let orders: Map<string, number>;

beforeAll(async () => {
  shell = openShell();
  run = await playSmallRun({ folder: shell.folder, release, sessions: 3_600, seed: 1 });
  await writeRelease(release, join(shell.folder, "served"));
  await writeRelease(tinyRelease("other", ["none", "small", "huge"]), join(shell.folder, "other"));
  orders = ordersByHolder(run);
});

afterAll(() => shell.close());

type Printed = Judged & {
  readonly source: { readonly kind: string; readonly leftOut: Record<string, number>; readonly refused: number };
  readonly holdout: HoldoutValue | null;
  readonly warnings: readonly string[];
};

async function evaluated(more = ""): Promise<Printed> {
  const ended = await shell.run(`evaluate --live ${more} --json`);
  expect(ended.code, ended.err).toBe(0);
  return printed(ended);
}

const printed = ({ json }: Ended): Printed => must(json[0], "an object") as unknown as Printed;

/** An order after an incentive that was given again is one of the decision that holds it. */
function ordersByHolder({ decisions, ordered }: SmallRun): Map<string, number> {
  const holder = new Map(
    decisions
      .filter(({ reservationId }) => reservationId !== null)
      .map((each) => [`${each.userId} ${each.decidedAtMs}`, each]),
  );
  const counts = new Map<string, number>();
  for (const decision of decisions) {
    if (!ordered.has(decision.decisionId)) continue;
    const { reason, userId, decidedAtMs } = decision;
    const { decisionId } =
      reason === "incentive_open" ? must(holder.get(`${userId} ${decidedAtMs}`), "its holder") : decision;
    counts.set(decisionId, (counts.get(decisionId) ?? 0) + 1);
  }
  return counts;
}

const DRAWN = ["explored", "planned", "planned_control"];
const drawn = (): Decision[] => run.decisions.filter(({ reason }) => DRAWN.includes(reason));
const costOf = ({ arm, decisionId, reservationId }: Decision): number =>
  reservationId === null ? 0 : must(SENDS[arm], "send") + (run.ordered.has(decisionId) ? must(FACES[arm], "face") : 0);
const rewardOf = ({ decisionId }: Decision): number => REWARD * (orders.get(decisionId) ?? 0);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

describe("on a campaign's own log", () => {
  test("the rows are those whose arm was drawn, and what was served is their plain mean", async () => {
    const { rows, served, source, warnings } = await evaluated();
    const heldOut = run.decisions.filter(({ reason }) => reason === "holdout").length;
    expect(rows).toBe(drawn().length);
    expect(source.leftOut).toEqual({ heldOut, notDrawn: 0, undecodable: 0, erased: 0 });
    expect(must(served, "served").reward.value).toBeCloseTo(mean(drawn().map(rewardOf)), 8);
    expect(must(served, "served").cost.value).toBeCloseTo(mean(drawn().map(costOf)), 8);
    expect(must(served, "served").effectiveRows).toBeCloseTo(rows, 6);
    expect(warnings).toEqual([]);
  });

  test("each arm for all is valued by the chances that were recorded with each decision", async () => {
    const { arms, rows } = await evaluated();
    arms.forEach(({ value }, arm) => {
      const weight = (decision: Decision): number =>
        decision.arm === arm ? 1 / must(decision.propensities[arm], "chance") : 0;
      const found = must(value, "value");
      expect(found.reward.value).toBeCloseTo(sum(drawn().map((each) => weight(each) * rewardOf(each))) / rows, 6);
      expect(found.cost.value).toBeCloseTo(sum(drawn().map((each) => weight(each) * costOf(each))) / rows, 4);
      // Half of the sessions explored, so that every arm had its chance.
      expect(Math.abs(found.meanWeight.value - 1)).toBeLessThan(4 * found.meanWeight.se);
    });
  });

  test("what the campaign brought is the difference to the users held out, over all sessions that it decided", async () => {
    const { holdout } = await evaluated();
    const found = must(holdout, "the comparison with users held out");
    const of = (heldOut: boolean): Decision[] => run.decisions.filter((each) => each.holdout === heldOut);
    const users = (heldOut: boolean): number => new Set(of(heldOut).map(({ userId }) => userId)).size;
    const reward = (heldOut: boolean): number =>
      REWARD * of(heldOut).filter(({ decisionId }) => run.ordered.has(decisionId)).length;
    for (const heldOut of [false, true])
      expect(heldOut ? found.heldOut : found.served).toEqual({
        users: users(heldOut),
        sessions: of(heldOut).length,
        rewardPerUser: expect.closeTo(reward(heldOut) / users(heldOut), 8),
        rewardPerSession: expect.closeTo(reward(heldOut) / of(heldOut).length, 8),
      });
    const perUser = reward(false) / users(false) - reward(true) / users(true);
    expect(found.perUser.value).toBeCloseTo(perUser, 8);
    expect(found.total.value).toBeCloseTo(perUser * users(false), 4);
    expect(found.spendMinor).toBe(sum(of(false).map(costOf)));
    expect(found.perSession.low).toBeGreaterThan(0);
    // Nobody was there before the campaign.
    expect(found.adjusted).toBeNull();
    expect(found.sampleRatio).toMatchObject({
      expected: 0.25,
      heldOutUsers: users(true),
      users: users(true) + users(false),
    });
  });

  test("a release is judged from a folder as from the log, by the beginning of its hash", async () => {
    const fromFolder = await evaluated(`--release ${join(shell.folder, "served")} --budgets 2`);
    const fromLog = await evaluated(`--release ${release.hash.slice(0, 10)} --budgets 2`);
    // A release is called by what it was asked for.
    const called = ({ releases }: Printed): unknown =>
      JSON.parse(JSON.stringify(releases).replaceAll(JSON.stringify(must(releases[0], "release").label), '"it"'));
    expect(called(fromLog)).toEqual(called(fromFolder));
    const { budgets } = must(fromFolder.releases[0], "release");
    for (const { overServed, value } of budgets)
      expect(must(overServed, "gain").value).toBeCloseTo(
        must(value, "value").reward.value - must(fromFolder.served, "served").reward.value,
        8,
      );
  });

  test("for a person: what the campaign brought comes first", async () => {
    const { code, out } = await shell.run(`evaluate --live --release ${release.hash} --budgets 2`);
    expect(code).toBe(0);
    expect(out).toContain("What the campaign brought, against the holdout");
    expect(out).toMatch(/^as served/m);
    expect(out).toMatch(/one mix for all, same spend +what was served/);
    expect(out).not.toMatch(/NaN|Infinity|undefined/);
  });

  test.each([
    ["--campaign autumn", /there is no campaign autumn; there are spring/],
    ["--release abcdef", /there is no release abcdef of spring/],
    ["--release FOLDER/other", /its arms are not campaign spring's: only the release has huge/],
  ])("%s is refused", async (more, message) => {
    const { code, err } = await shell.run(`evaluate --live ${more.replace("FOLDER", shell.folder)}`);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe("what the log lacks is told", () => {
  test("a feature that no session carried took its default", async () => {
    const { manifest, classifier } = tinyRelease("renamed");
    const [visits, vip] = manifest.features.features;
    const features = { features: [must(visits, "visits"), { ...must(vip, "vip"), name: "gold" }] };
    const renamed = { ...manifest, features };
    await writeRelease({ hash: releaseHash(renamed), manifest: renamed, classifier }, join(shell.folder, "renamed"));
    const { warnings } = await evaluated(`--release ${join(shell.folder, "renamed")}`);
    expect(warnings).toEqual(["release renamed: 50.0 % of its features were missing and took their defaults"]);
  });

  test("sessions whose outcomes are kept no longer are not compared with users held out, as if they had brought nothing", async () => {
    const old = openShell();
    try {
      const { decisions } = await playSmallRun({ folder: old.folder, release, sessions: 600, seed: 3 });
      const log = await openEmbeddedLog({ folder: join(old.folder, "log"), now: Date.now, newToken: randomUUID });
      await log.maintain(must(decisions.at(-1), "a decision").decidedAtMs + 8 * DAY_MS);
      await log.close();
      const { holdout, warnings, rows } = printed(await old.run("evaluate --live --json"));
      expect(holdout).toBeNull();
      expect(warnings).toEqual([
        expect.stringMatching(/^600 sessions are of users who entered before the oldest outcome kept/),
      ]);
      expect(rows).toBeGreaterThan(300);
    } finally {
      old.close();
    }
  });
});

describe("where money ran out", () => {
  test("the sessions that were refused what was drawn are told of; without users held out there is no comparison", async () => {
    const poor = openShell();
    try {
      await playSmallRun({
        folder: poor.folder,
        release,
        sessions: 600,
        seed: 2,
        campaign: { budgetMinor: 3_000, holdoutShare: 0 },
      });
      const { source, warnings, holdout } = printed(await poor.run("evaluate --live --json"));
      expect(source.refused).toBeGreaterThan(6);
      expect(warnings).toEqual([expect.stringMatching(/^\d+ of 600 sessions were refused the arm that was drawn/)]);
      expect(holdout).toBeNull();
    } finally {
      poor.close();
    }
  });
});
