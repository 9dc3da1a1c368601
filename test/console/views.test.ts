// The console's live model: what records become on its pages, and that it stays bounded whatever comes.

import { describe, expect, test } from "vitest";
import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import { plannedShares } from "../../src/domain/campaign/campaign-curve.ts";
import type { BudgetStatus, CommandAnswer, PacingAction, PacingCommand } from "../../src/domain/campaign/control.ts";
import { REASONS, type Decision } from "../../src/domain/decision/decision.ts";
import { segmentsOf } from "../../src/console/views/pages/campaign-page.ts";
import { budgetDial } from "../../src/console/views/budget-dial.ts";
import { ChangeLog } from "../../src/console/views/model/change-log.ts";
import { confirmReasons } from "../../src/console/views/command-preview.ts";
import { decisionSentence } from "../../src/console/views/decision-sentence.ts";
import { DecisionRates } from "../../src/console/views/model/decision-rates.ts";
import { LiveModel } from "../../src/console/views/model/live-model.ts";
import { MOST_POINTS, SpendSeries } from "../../src/console/views/model/spend-series.ts";
import { REASON_WORDS, DECISION_GROUPS } from "../../src/domain/glossary.ts";
import { SAMPLES } from "../../fixtures/samples.ts";
import { tinyRelease } from "../serve/tiny-release.ts";

const MINUTE_MS = 60_000;
const NOW_MS = Date.UTC(2026, 0, 5, 12);
const decision = (other: Partial<Decision>): Decision => ({ ...SAMPLES.decisions, campaign: "spring", ...other });

describe("decision rates", () => {
  test("the last quarter of an hour counts whom money was refused, of those who could have been given something", () => {
    const rates = new DecisionRates();
    for (const [reason, count, ageMin] of [
      ["planned", 6, 1],
      ["budget_exhausted", 3, 2],
      ["budget_not_yet_granted", 1, 14],
      ["holdout", 50, 3],
      ["budget_exhausted", 100, 20],
    ] as const)
      for (let each = 0; each < count; each += 1)
        rates.take(decision({ reason, decidedAtMs: NOW_MS - ageMin * MINUTE_MS }));
    expect(rates.recent("spring", NOW_MS)).toEqual({ sessions: 10, refusedShare: 0.4 });
    expect(rates.minutes("spring", NOW_MS).map(({ counts }) => counts.holdout)).toEqual([0, 0, 50, 0, 0]);
  });

  test("two hours later a minute's place is another's, and what comes late does not take it back", () => {
    const rates = new DecisionRates();
    rates.take(decision({ reason: "planned", decidedAtMs: NOW_MS - 120 * MINUTE_MS }));
    rates.take(decision({ reason: "planned", decidedAtMs: NOW_MS }));
    rates.take(decision({ reason: "planned", decidedAtMs: NOW_MS - 120 * MINUTE_MS }));
    expect(rates.minutes("spring", NOW_MS).map(({ counts }) => counts.planned)).toEqual([1]);
  });
});

test("every reason has its words, its group and its sentence", () => {
  expect(Object.keys(REASON_WORDS)).toEqual([...REASONS]);
  expect(DECISION_GROUPS.flatMap(({ reasons }) => [...reasons]).toSorted()).toEqual([...REASONS].toSorted());
  const sentences = REASONS.map((reason) => decisionSentence(decision({ reason })));
  expect(new Set(sentences).size).toBe(REASONS.length);
});

test("a spend series keeps its ends and stays bounded, however long it runs", () => {
  const series = new SpendSeries();
  const totals = (spent: number) => ({
    plan: { granted: 0n, returned: 0n, reserved: BigInt(spent + 5), settled: BigInt(spent), released: 0n, sent: 0n },
    exploration: SAMPLES["shard-reports"].totals.exploration,
  });
  for (let second = 0; second < 50_000; second += 1)
    series.take({ shard: second % 2, atMs: NOW_MS + second * 1_000, totals: totals(second) });
  const points = series.points();
  expect(points.length).toBeLessThanOrEqual(MOST_POINTS);
  expect(points.length).toBeGreaterThan(MOST_POINTS / 4);
  expect(points.at(-1)).toEqual({ atMs: NOW_MS + 49_999_000, spent: 49_999 + 49_998, reserved: 10 });
});

describe("the change log", () => {
  const campaign: Campaign = { ...SAMPLES.grants.campaign, id: "spring", currency: "EUR", budgetMinor: 5_000_000n };
  const command = (commandId: string, action: PacingAction): PacingCommand => ({
    ...{
      commandId,
      campaign: "spring",
      atMs: NOW_MS,
      expectedRevision: null,
      dryRun: false,
      actor: "ana",
      reason: "why",
    },
    action,
  });
  const answer = (commandId: string, outcome: CommandAnswer["outcome"], revision: number): CommandAnswer => ({
    ...{ commandId, outcome, revision, atMs: NOW_MS, refusal: outcome === "refused" ? "stale" : null, preview: null },
  });
  const status = (answers: readonly CommandAnswer[]): BudgetStatus => ({
    ...SAMPLES["budget-status"],
    campaign: "spring",
    shards: 2,
    applied: [{ shard: 0, revision: 3, offset: 1, atMs: 1 }],
    answers,
  });
  const budget = (budgetMinor: bigint): PacingAction => ({ kind: "set_budget", budgetMinor, currency: "EUR" });

  test("tells old and new by what was accepted before, how far it is applied, and what would take it back", () => {
    const log = new ChangeLog();
    for (const each of [
      command("a", { kind: "create", campaign }),
      command("b", budget(6_000_000n)),
      command("c", budget(1n)),
      command("d", budget(3_000_000n)),
      command("e", { kind: "pause" }),
      { ...command("f", budget(9n)), dryRun: true },
    ])
      log.takeCommand(each);
    const latest = status([
      answer("a", "applied", 1),
      answer("b", "applied", 2),
      answer("c", "refused", 2),
      answer("d", "accepted", 3),
    ]);
    log.takeAnswers(latest);
    const [e, d, c, b] = log.of("spring", latest);
    expect(b?.changes?.[0]).toMatchObject({ before: "50,000.00 EUR", after: "60,000.00 EUR", share: 0.2 });
    expect(c).toMatchObject({ outcome: "refused", refusal: "stale", undo: null });
    expect(d?.changes?.[0]).toMatchObject({ before: "60,000.00 EUR", after: "30,000.00 EUR", share: -0.5 });
    expect(d).toMatchObject({ actor: "ana", reason: "why", applied: { shards: 1, of: 2 } });
    expect(d?.undo).toEqual({ kind: "set_budget", amount: "60,000.00", periodAmount: null });
    expect(e).toMatchObject({ action: "pause", outcome: "waiting", applied: null });
  });

  test("stays bounded, and goes on telling what was before", () => {
    const log = new ChangeLog();
    log.takeCommand(command("create", { kind: "create", campaign }));
    log.takeAnswers(status([answer("create", "applied", 1)]));
    for (let number = 1; number <= 1_000; number += 1) {
      log.takeAnswers(status([answer(`c-${number}`, "applied", number)]));
      log.takeCommand(command(`c-${number}`, budget(BigInt(number * 100))));
    }
    const rows = log.of("spring", status([]));
    expect(rows.length).toBeLessThanOrEqual(200);
    expect(rows.at(-1)?.changes?.[0]).toMatchObject({ before: "800.00 EUR", after: "801.00 EUR" });
  });
});

test("the name has to be typed for an end, for a cut below what is out, and for more than half", () => {
  const status = { ...SAMPLES["budget-status"], budgetMinor: 1_000_000n };
  const out = status.totals.plan.granted - status.totals.plan.returned;
  const budget = (budgetMinor: bigint): PacingAction => ({ kind: "set_budget", budgetMinor, currency: "EUR" });
  expect(confirmReasons({ kind: "pause" }, status)).toEqual([]);
  expect(confirmReasons({ kind: "end" }, status)).toHaveLength(1);
  expect(confirmReasons(budget(1_400_000n), status)).toEqual([]);
  expect(confirmReasons(budget(1_600_000n), status)).toEqual(["it changes the budget by more than half"]);
  expect(confirmReasons(budget(out - 1n), { ...status, budgetMinor: out })).toEqual([
    "it cuts the budget below what is already out",
  ]);
});

test("the planned curve is even over the traffic's profile, along its points, or at once", () => {
  const HOUR_MS = 3_600_000;
  const campaign = (pacing: Campaign["pacing"]): Campaign => ({
    ...SAMPLES.grants.campaign,
    startMs: 0,
    endMs: 24 * HOUR_MS,
    pacing,
  });
  const at = [0, 6, 12, 24].map((hours) => hours * HOUR_MS);
  const even = { mode: "even", expectedSessions: 1 } as const;
  expect(plannedShares(campaign(even), at)).toEqual([0, 0.25, 0.5, 1]);
  const profile = Array.from({ length: 24 }, (_, hour) => (hour < 6 ? 0 : 1));
  expect(plannedShares(campaign({ ...even, profile }), at)).toEqual([0, 0, 1 / 3, 1]);
  expect(plannedShares(campaign({ mode: "asap", expectedSessions: 1 }), at)).toEqual([1, 1, 1, 1]);
  const points = [
    { atMs: 12 * HOUR_MS, share: 0.8 },
    { atMs: 24 * HOUR_MS, share: 1 },
  ];
  expect(plannedShares(campaign({ mode: "points", expectedSessions: 1, points }), at)).toEqual([0, 0.4, 0.8, 1]);
});

test("the budget dial is nothing at no change, and counts in the campaign's one reward", () => {
  const dial = budgetDial({
    campaign: { ...SAMPLES.grants.campaign, rewardWeights: { ordered: 10 } },
    manifest: tinyRelease().manifest,
    forecast: { ...SAMPLES["budget-status"].forecast, sessionsToCome: 1_000, spendToCome: 40_000n } as NonNullable<
      BudgetStatus["forecast"]
    >,
    sessionsByCluster: [],
    left: 40_000,
  });
  expect(dial?.unit).toBe("ordered");
  expect(dial?.points.find(({ change }) => change === 0)?.extra).toBe(0);
  expect(dial?.points.every(({ change, extra }) => change >= 0 || extra <= 0)).toBe(true);
});

test("segments come by their sessions, and of one that had none nothing is claimed", () => {
  const cells = { sessionsByCluster: [0, 4, 10], planned: [0, 0, 1, 3, 5, 5], given: [0, 0, 2, 2, 10, 0] };
  expect(segmentsOf(["none", "coupon"], cells)).toEqual({
    offers: ["none", "coupon"],
    rows: [
      { segment: 2, sessions: 10, planned: [0.5, 0.5], given: [1, 0] },
      { segment: 1, sessions: 4, planned: [0.25, 0.75], given: [0.5, 0.5] },
      { segment: 0, sessions: 0, planned: null, given: null },
    ],
  });
});

test("whatever campaigns are named on the topics, the model stays bounded", () => {
  const model = new LiveModel();
  for (let number = 0; number < 3_000; number += 1) {
    const campaign = `c-${number}`;
    model.take("budget-status", { ...SAMPLES["budget-status"], campaign });
    model.take("shard-reports", { ...SAMPLES["shard-reports"], campaign });
    model.take("decisions", decision({ campaign }));
    model.take("budget-pacing", { ...SAMPLES["budget-pacing"], campaign });
  }
  expect(model.statuses().length).toBeLessThanOrEqual(500);
  expect(model.changes.campaigns().length).toBeLessThanOrEqual(500);
});
