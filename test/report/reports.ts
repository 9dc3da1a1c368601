// Figures of each report, invented: with many segments, offers that lie on each other, long names, and what would be markup.

import { REASONS } from "../../src/domain/decision/decision.ts";
import { REASON_WORDS } from "../../src/domain/glossary.ts";
import type { DayReport } from "../../src/report/day/day-figures.ts";
import type { EvaluationReport } from "../../src/report/evaluation/evaluation-figures.ts";
import type { WhatIfColumn, WhatIfReport } from "../../src/report/evaluation/what-if-report.ts";
import type { Ranged } from "../../src/domain/figures.ts";
import type { TrainingReport } from "../../src/report/training/training-report-figures.ts";

const OFFERS = ["none", ...Array.from({ length: 9 }, (_, index) => `coupon-${index + 1}-euro`)];

const ranged = (value: number, spread = 0.1): Ranged => ({ value, low: value - spread, high: value + spread });

export const TRAINING: TrainingReport = {
  title: "What was learned",
  subtitle: "Release abc",
  label: "From 5,000 rows of log.csv.",
  currency: "EUR",
  reward: "orders",
  value: "2.00 EUR",
  rows: 5000,
  arms: ["none", "<ten off>"],
  facts: [{ what: "Files", value: "log & more.csv" }],
  notCausal: null,
  balance: {
    sampleRatioP: 0.4,
    rows: 5000,
    strata: [],
    arms: [
      {
        arm: "<ten off>",
        rows: [2500, 2500],
        auc: { value: 0.503, low: 0.487, high: 0.519 },
        differences: [{ feature: "age & more", smd: 0.012 }],
        chance: 0.055,
      },
    ],
  },
  warnings: ["column age: missing in 3 rows, which take the default"],
  curves: [
    { epoch: 1, train: 0.6, validate: 0.5 },
    { epoch: 2, train: 0.5, validate: 0.45 },
  ],
  bestEpochs: [2, 1, 2, 2],
  clustersTried: [{ clusters: 2, kept: 0.9912 }],
  clusters: [
    {
      cluster: 1,
      share: 0.25,
      rows: 1250,
      words:
        "very high spend (180 EUR, of all 41), nearly all member (98 %, of all 40 %), city never north (0 %, of all 31 %)",
      reward: [ranged(0.1, 0.01), ranged(0.171, 0.01)],
      cost: [ranged(0, 0), ranged(8.4, 1)],
    },
    {
      cluster: 0,
      share: 0.75,
      rows: 3750,
      words: "like everybody",
      reward: [ranged(0.2), ranged(0.19)],
      cost: [ranged(0, 0), ranged(5)],
    },
  ],
  frontier: [
    { budget: 0, cost: ranged(0, 0), reward: ranged(0, 0), shadowPrice: 0.02, gap: 0, chanceOver: 0 },
    {
      budget: 2.5,
      cost: ranged(2.1),
      reward: ranged(0.0178, 0.001),
      shadowPrice: 0.0085,
      gap: 0.0012,
      chanceOver: 0.07,
    },
  ],
  maxGap: 0.0012,
  risk: 0.1,
  policies: {
    rows: 1000,
    confidence: 0.95,
    points: [
      { policy: "this release", budget: 2.1, cost: ranged(2.2), reward: ranged(0.018, 0.005), profit: ranged(1.5, 1) },
      {
        policy: "one mix for all",
        budget: 2.1,
        cost: ranged(2.1),
        reward: ranged(0.01, 0.005),
        profit: ranged(0.5, 1),
      },
      { policy: "<ten off>", budget: null, cost: ranged(6), reward: ranged(0.03, 0.01), profit: ranged(-2, 1) },
    ],
    differences: [
      {
        budget: 2.1,
        oneMix: { reward: ranged(0.008, 0.004), cost: ranged(0.1) },
        individual: { reward: ranged(-0.001, 0.002), cost: ranged(0) },
      },
    ],
  },
  ranking: [
    {
      release: "this release",
      arm: "<ten off>",
      aucc: ranged(0.7),
      qini: ranged(0.004, 0.002),
      curve: Array.from({ length: 21 }, (_, at) => ({ share: at / 20, ...ranged((0.03 * at) / 20, 0.004) })),
    },
  ],
  driving: {
    ...{ release: "this release", budget: 2.1, rows: 900, repeats: 1 },
    features: [
      { name: "age & more", fall: ranged(0.006, 0.003), movedShare: 0.4 },
      { name: "city", fall: ranged(0, 0), movedShare: 0 },
    ],
  },
  student: {
    agreement: 0.91,
    valueRatio: 0.9987,
    keptByTeacher: 0.995,
    keptByStudent: 0.994,
    rows: 1000,
    onnxDifference: 2.4e-7,
    onnxRows: 620,
  },
  steps: [
    { step: "dataset", seconds: 1.5 },
    { step: "represent", seconds: 30 },
  ],
  footer: "Release abc",
};

const HOURS = Array.from({ length: 97 }, (_, index) => index / 4);

export const DAY: DayReport = {
  title: "A day of a campaign",
  subtitle: "invented figures: 5,000 sessions on 2026-05-01, times in Europe/Berlin",
  label: "Invented for a test.",
  currency: "EUR",
  reward: "orders",
  figures: {
    ...{ sessions: 5_000, decisions: 5_000, decidedTwice: 0, degraded: 0, sessionsResent: 3, outcomesSent: 900 },
    accounts: {
      plan: account(2_900_000, 2_857_700),
      exploration: account(220_000, 149_900),
    },
    ...{ overspend: 0, budgetUsed: 0.985, budgetPossible: 2_890_000, budgetUsedOfPossible: 0.989 },
    reasons: Object.fromEntries(REASONS.map((reason) => [reason, 300])) as DayReport["figures"]["reasons"],
    latencyMs: { p50: 14, p99: 64.6, max: 120 },
    ...{ decisionsPerSecond: 6_354, wallSeconds: 30, pausedSeconds: 10 },
    incremental: {
      ...{ value: 3_617, low: 2_967, high: 4_268 },
      perUser: ranged(0.8),
      perSession: ranged(0.7),
      treated: { users: 4_500, sessions: 4_600, rewardPerUser: 0.9, rewardPerSession: 0.88 },
      holdout: { users: 500, sessions: 520, rewardPerUser: 0.1, rewardPerSession: 0.1 },
    },
    truth: { incrementalReward: 3_665, spend: 2_850_000, bestPossibleShare: 0.917, bestPossibleShareOfPlan: 0.932 },
  },
  money: HOURS.map((hour) => ({ hour, posted: 1_180 * hour * hour, pending: 9_000 * hour, curve: 120_000 * hour })),
  reasons: REASONS.map((reason) => ({ reason, sessions: 300, words: REASON_WORDS[reason] })),
  reasonsByHour: HOURS.flatMap((hour) => REASONS.map((reason) => ({ hour, reason, sessions: 3 }))),
  plans: ["2a695b14", "71e0aa03"].map((release) => ({
    release,
    arms: OFFERS,
    sessions: Array.from({ length: 50 }, () => 100),
    planned: Array.from({ length: 50 }, (_, line) => OFFERS.map((_offer, arm) => (arm === line % 8 ? 0.8 : 0.02))),
    given: Array.from({ length: 50 }, (_, line) => OFFERS.map((_offer, arm) => (arm === line % 7 ? 0.7 : 0.03))),
  })),
  frontiers: ["2a695b14", "71e0aa03"].map((release, which) => ({
    release,
    rows: Array.from({ length: 20 }, (_, row) => ({
      ...{ cost: 4 * row, reward: 0.02 * Math.sqrt(row + which), shadowPrice: 0.01 / (row + 1) },
    })),
    used: [
      { cost: 20, reward: 0.05, when: "02:24" },
      { cost: 20.5, reward: 0.051, when: "19:12" },
    ],
  })),
  positions: HOURS.map((hour) => ({ hour, costPerSession: 20 + Math.sin(hour), shadowPrice: 0.01 })),
  latencyBins: Array.from({ length: 12 }, (_, bin) => ({ fromMs: 2 ** bin, toMs: 2 ** (bin + 1), decisions: 400 })),
  retrainings: [
    {
      ...{ hour: 15.9, why: "Enough rows.", rows: 2_000, earlierRows: 8_000, seconds: 33, outcome: "Promoted." },
      facts: [{ what: "Segments", before: "26", after: "24" }],
      armShares: OFFERS.map((arm, index) => ({ arm, before: 0.1 + index / 100, after: 0.2 - index / 100 })),
    },
  ],
  verify: { ok: true, text: "Proved from the topics alone.", violations: [] },
  notes: ["The day's clock is virtual."],
  footer: "Made by a test.",
};

function account(budget: number, posted: number) {
  return { budget, reserved: 9 * budget, posted, expired: budget, voided: 0, pending: 0, peak: posted, late: 4 };
}

const policy = (name: string, series: string, budget: number | null, at: number) => ({
  ...{ name, series, budget, effectiveRows: 1_000 },
  spend: ranged(10 * at, 2),
  added: ranged(0.02 * at, 0.01),
  perCost: ranged(0.002, 0.001),
  // The fourth budget brings most.
  profit: ranged(10 - (at - 4) ** 2, 3),
});
const RELEASES = ["first", "second-and-last"];
const BUDGETS = [1, 2, 3, 4, 5];

export const EVALUATION: EvaluationReport = {
  title: "What releases would have been worth",
  subtitle: "a_log_with_a_long_name_".repeat(8),
  remarks: ["Figures are of a test."],
  warnings: ["Rows were left out."],
  balance: TRAINING.balance,
  currency: "EUR",
  reward: "orders",
  value: "25.00 EUR",
  rows: 10_000,
  confidence: 0.95,
  releases: RELEASES,
  flattered: [],
  campaign: {
    served: { users: 9_000, sessions: 9_500, rewardPerUser: 0.3, rewardPerSession: 0.28 },
    heldOut: { users: 1_000, sessions: 1_020, rewardPerUser: 0.2, rewardPerSession: 0.19 },
    ...{ spendMinor: 450_000, perUser: ranged(0.1, 0.02), total: ranged(900, 180), perCost: ranged(0.002, 0.001) },
    ...{ profit: ranged(1_800_000, 450_000), perSession: ranged(0.09, 0.02), adjusted: null },
  },
  policies: [
    // Points that lie on each other: their names have no room.
    ...OFFERS.map((offer, index) => policy(offer, "one offer for all", null, 1 + (index % 3) / 50)),
    ...RELEASES.flatMap((release) => BUDGETS.map((at) => policy(release, release, 10 * at, at))),
  ],
  oneMixes: RELEASES.flatMap((release) => {
    const name = `one mix for all, spend of ${release}`;
    return BUDGETS.map((at) => policy(name, name, 10 * at, at));
  }),
  gains: RELEASES.flatMap((release) =>
    BUDGETS.map((at) => ({
      ...{ release, over: "one mix for all, same spend", isOverMix: true, budget: 10 * at },
      gain: at === 1 ? ranged(0.05, 0.06) : ranged(0.1 * at, 0.05),
    })),
  ),
  ranking: RELEASES.flatMap((release, which) =>
    OFFERS.slice(1).map((arm, at) => ({
      ...{ release, arm, aucc: ranged(0.6), qini: at === 8 ? null : ranged(0.01, 0.005) },
      curve: at === 8 ? [] : [0, 0.25, 0.5, 0.75, 1].map((share) => ({ share, ...uplift(share, at + which) })),
    })),
  ),
  driving: RELEASES.map((release) => ({
    ...{ release, budget: 30, rows: 5_000, repeats: 3 },
    features: Array.from({ length: 30 }, (_, at) => ({
      name: at === 2 ? "a <feature> & its long name, longer than there is room" : `feature_${at}`,
      ...(at > 25 ? { fall: ranged(0, 0), movedShare: 0 } : { fall: ranged(0.01 / (at + 1), 0.002), movedShare: 0.1 }),
    })),
  })),
  footer: "Made by a test.",
};

function uplift(share: number, offer: number): Ranged {
  return ranged((offer + 1) * 0.01 * Math.sqrt(share), 0.004 * share);
}

const column = (part: number): WhatIfColumn => ({
  ...{ sessions: 5_000, spentMinor: 70_000 * part, expectedReward: 500 * part },
  reasons: Object.fromEntries(REASONS.map((reason) => [reason, 300 * part])),
  arms: Object.fromEntries(OFFERS.map((offer) => [offer, 500 * part])),
  curve: Array.from({ length: 24 }, (_, hour) => 3_000 * hour * part),
});

export const WHAT_IF: WhatIfReport = {
  ...{ campaign: "spring", currency: "EUR", timeZone: "Europe/Berlin", changed: ["with a budget of 200.00 EUR"] },
  ...{ asItWas: column(1), playedAgain: column(1.01), wouldHaveBeen: column(0.4) },
  fromMs: Date.UTC(2026, 4, 1),
  toMs: Date.UTC(2026, 4, 2),
};
