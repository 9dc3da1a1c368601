// Training output
// What a training says of itself: one JSON object for programs, a short table for the terminal, the figures of the page.

import { itemAt } from "../../domain/assert.ts";
import { join } from "node:path";
import { formatMinor } from "../../domain/money/money.ts";
import type { Release } from "../../domain/release/release.ts";
import { percent } from "../../domain/figures.ts";
import { NOT_CAUSAL } from "../../learn/data/dataset.ts";
import { STEPS, type Evidence } from "../../learn/release/evidence.ts";
import type { PolicyFigures } from "../../learn/check/policy-check.ts";
import { profitVerdict } from "../../report/evaluation/profit.ts";
import { verdictOverOneMix } from "../../report/page/verdict.ts";
import { OWN_POLICY, profitPoints, type TrainingReport } from "../../report/training/training-report-figures.ts";
import { balanceFigures } from "../evaluate/balance-figures.ts";

/** The plans' name in pictures. */

export interface TrainedRelease {
  readonly release: Release;
  readonly evidence: Evidence;
}

export interface Done {
  readonly training: TrainedRelease;
  readonly folder: string;
  readonly seconds: number;
}

export function trainingJson({ training, folder, seconds }: Done): object {
  const { release, evidence } = training;
  const { manifest } = release;
  return {
    release: release.hash,
    folder,
    report: join(folder, "report.html"),
    part: evidence.data.part,
    rows: evidence.data.rows,
    badRows: evidence.data.badRows,
    observational: evidence.data.observational,
    features: evidence.data.features,
    arms: manifest.arms.length,
    armIds: manifest.arms,
    clusters: manifest.clusters,
    clustersTried: evidence.clustering.tried,
    plans: manifest.frontier.rows.length,
    maxGap: manifest.certificate.maxGap,
    studentAgreement: evidence.student.agreement,
    studentValueRatio: evidence.student.valueRatio,
    keptOfIndividual: evidence.student.keptByStudent,
    estimators: evidence.estimate.estimators,
    epochs: evidence.representation.curves.length,
    bestEpochs: evidence.representation.bestEpochs,
    treeRounds: evidence.representation.treeRounds,
    treesWeight: evidence.representation.treesWeight,
    calibration: evidence.representation.calibration,
    policyValue: evidence.policy,
    backend: evidence.backend,
    seed: evidence.seed,
    warnings: evidence.warnings,
    seconds,
    steps: evidence.seconds,
  };
}

export function trainingText({ training, folder, seconds }: Done): string {
  const { release, evidence } = training;
  const { manifest } = release;
  const { student, data } = evidence;
  const rows: [string, string][] = [
    ["Release", release.hash],
    [
      "Rows",
      `${data.rows.toLocaleString("en")} and ${data.badRows.toLocaleString("en")} bad ones` +
        (data.part === "all" ? "" : `; the ${data.part} rows alone, the others are for \`evaluate --rows test\``),
    ],
    ["Features, offers", `${data.features}, ${manifest.arms.length} (${manifest.arms.join(", ")})`],
    [
      "Segments",
      `${manifest.clusters}, which keep ${percent(student.keptByStudent)} of the value of deciding user by user, by the model's own expectation`,
    ],
    [
      "Plans",
      `${manifest.frontier.rows.length}, each within ${(100 * manifest.certificate.maxGap).toFixed(2)} % of the best`,
    ],
    [
      "Classifier",
      `keeps ${percent(student.valueRatio)} of the segments' value; same segment for ${percent(student.agreement)}`,
    ],
    ["On unseen rows", worthIt(evidence, String(manifest.summary["reward"] ?? "reward"))],
    ...profitRows(evidence),
    ["Took", `${seconds.toFixed(1)} s on ${evidence.backend}`],
    ["Report", join(folder, "report.html")],
  ];
  const table = rows.map(([name, value]) => `${name.padEnd(16)} ${value}`);
  const warnings = evidence.warnings.map((warning) => `warning: ${warning}`);
  return [...table, ...warnings].join("\n");
}

/** The page's verdict, of plans that owe nothing to the rows that they are judged on. */
function worthIt({ data: { observational, currency }, policy }: Evidence, reward: string): string {
  if (observational) return "no verdict: nothing here is causal";
  const gains = policyFigures(policy).differences.map(({ budget, oneMix }) => ({ budget, gain: oneMix.reward }));
  const { rows, confidence } = policy;
  const { value } = verdictOverOneMix(gains, { label: "", rows, reward, currency, confidence });
  return value.charAt(0).toLowerCase() + value.slice(1);
}

function profitRows({ data: { currency, observational }, policy }: Evidence): [string, string][] {
  if (policy.worth === null || observational) return [];
  const { rows, confidence } = policy;
  const { value } = profitVerdict(profitPoints(policyFigures(policy)), { label: "", rows, currency, confidence });
  return [["Profit", value.charAt(0).toLowerCase() + value.slice(1)]];
}

/** The figures of the page. */
export function trainingReport({ release, evidence }: TrainedRelease): TrainingReport {
  const { manifest } = release;
  const { data, representation, clustering, student, policy } = evidence;
  return {
    title: "What was learned",
    subtitle: `Release ${release.hash.slice(0, 12)}, seed ${evidence.seed}, computed by ${evidence.backend}`,
    label: `From ${data.rows.toLocaleString("en")} rows of ${data.files.join(", ")}, ${data.observational ? "read as observational." : "in which chance decided who got what."}`,
    notCausal: data.observational ? capital(NOT_CAUSAL) : null,
    balance: balanceFigures(data.randomisation, manifest.arms),
    currency: data.currency,
    reward: String(manifest.summary["reward"] ?? "reward"),
    value: policy.worth === null ? null : formatMinor(BigInt(policy.worth), data.currency),
    rows: data.rows,
    arms: manifest.arms,
    facts: factsOf(evidence, manifest.arms),
    warnings: evidence.warnings,
    curves: representation.curves,
    bestEpochs: representation.bestEpochs,
    clustersTried: clustering.tried,
    clusters: clusterFigures(release, evidence),
    frontier: frontierFigures(release, evidence),
    maxGap: manifest.certificate.maxGap,
    risk: manifest.certificate.risk,
    policies: policyFigures(policy),
    ranking: policy.ranking.map((each) => ({ release: OWN_POLICY, ...each })),
    driving: drivingFigures(policy.driving),
    student,
    steps: STEPS.map((step) => ({ step, seconds: evidence.seconds[step] })),
    footer: `Release ${release.hash}`,
  };
}

function factsOf({ data, representation, clustering, estimate }: Evidence, arms: readonly string[]) {
  const whole = (value: number): string => value.toLocaleString("en");
  return [
    { what: "Files, and how they were read", value: data.sources.join("; ") },
    { what: "Rows that could be used", value: whole(data.rows) },
    { what: "Which rows of the log", value: data.part },
    { what: "Bad rows, left out", value: whole(data.badRows) },
    { what: "Folds, each judged by what has not seen it", value: whole(data.folds) },
    { what: "Features, and columns of the classifier", value: `${data.features}, ${data.width}` },
    { what: "Offers, none first", value: arms.join(", ") },
    { what: "What predicts reward and cost", value: learnersOf(representation) },
    { what: "How far offers differ from user to user", value: calibrationOf(representation) },
    { what: "Networks of the ensemble", value: whole(representation.members) },
    { what: "Boosted trees, by question and fold", value: treesOf(representation) },
    { what: "Users grouped by", value: clustering.method },
    { what: "Segments given up", value: whole(clustering.givenUp) },
    {
      what: "Values of reward and of cost: estimated by",
      value: `${estimate.estimators.reward}, ${estimate.estimators.cost}`,
    },
  ];
}

function learnersOf({ treeRounds, treesWeight }: Evidence["representation"]): string {
  if (treesWeight === null) return treeRounds.length === 0 ? "networks" : "boosted trees";
  const { weight, outcomes, effects } = treesWeight;
  const measured = [
    ...(outcomes === null ? [] : [`outcomes are foretold best with ${outcomes.toFixed(2)} of the trees`]),
    ...(effects === null
      ? []
      : [`arms told apart best with ${effects.slope.toFixed(2)} ± ${effects.error.toFixed(2)}`]),
  ];
  const why = measured.length === 0 ? "" : ` (${measured.join(", ")})`;
  return `networks and boosted trees, weighted ${(1 - weight).toFixed(2)} and ${weight.toFixed(2)}${why}`;
}

function calibrationOf({ calibration }: Evidence["representation"]): string {
  if (calibration === null) return "as foretold";
  const { slope, measured } = calibration;
  const by = measured === null ? "" : ` (by the log ${measured.slope.toFixed(2)} ± ${measured.error.toFixed(2)})`;
  return `${slope.toFixed(2)} times as far as foretold${by}`;
}

function treesOf({ treeRounds }: Evidence["representation"]): string {
  const told = treeRounds.map(({ question, rounds }) => `${question}: ${rounds.join(", ")}`);
  return told.length === 0 ? "none" : told.join("; ");
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Two-sided, normal. */
const Z95 = 1.96;

function clusterFigures({ manifest: { values } }: Release, { clusters }: Evidence): TrainingReport["clusters"] {
  const ranged = (value: number, se: number) => ({ value, low: value - Z95 * se, high: value + Z95 * se });
  const figures = clusters.map(({ share, rowsOfArm, words }, cluster) => ({
    cluster,
    share,
    rows: rowsOfArm.reduce((sum, rows) => sum + rows, 0),
    words,
    reward: (values.reward[cluster] ?? []).map((value, arm) =>
      ranged(value, itemAt(itemAt(values.rewardSe, cluster), arm)),
    ),
    cost: (values.cost[cluster] ?? []).map((value, arm) => {
      const { low, high } = ranged(value, itemAt(itemAt(values.costSe, cluster), arm));
      return { value, low: Math.max(0, low), high };
    }),
  }));
  const most = (each: (typeof figures)[number]): number => Math.max(...each.reward.map(({ value }) => value));
  const added = (each: (typeof figures)[number]): number => most(each) - itemAt(each.reward, 0).value;
  return figures.toSorted((a, b) => added(b) - added(a));
}

function frontierFigures({ manifest: { frontier } }: Release, { plan }: Evidence): TrainingReport["frontier"] {
  const base = itemAt(frontier.rows, 0).expectedReward;
  return frontier.rows.map((row, index) => {
    const known = plan[index];
    return {
      budget: row.budgetPerSession,
      cost: {
        value: row.expectedCost,
        low: known?.costLow ?? row.expectedCost,
        high: known?.costHigh ?? row.expectedCost,
      },
      reward: {
        value: row.expectedReward - base,
        low: known?.rewardLow ?? row.expectedReward - base,
        high: known?.rewardHigh ?? row.expectedReward - base,
      },
      shadowPrice: row.shadowPrice,
      gap: known?.gap ?? 0,
      chanceOver: known?.chanceOver ?? 0,
    };
  });
}

function drivingFigures(driving: Evidence["policy"]["driving"]): TrainingReport["driving"] {
  if (driving === null) return null;
  const { budgetPerSession: budget, rows, features } = driving;
  return {
    ...{ release: OWN_POLICY, budget, rows, repeats: 1 },
    features: features.map(({ feature: name, ...figures }) => ({ name, ...figures })),
  };
}

function policyFigures(policy: Evidence["policy"]): TrainingReport["policies"] {
  const named = (name: string, figures: PolicyFigures | null, budget: number | null) =>
    figures === null
      ? []
      : [{ policy: name, budget, cost: figures.cost, reward: figures.incremental, profit: figures.profit }];
  return {
    rows: policy.rows,
    confidence: policy.confidence,
    points: [
      ...policy.byBudget.flatMap(({ oneMix, expectedCost }) => named("one mix for all", oneMix, expectedCost)),
      ...policy.byBudget.flatMap(({ individual, expectedCost }) => named("user by user", individual, expectedCost)),
      ...policy.byBudget.flatMap(({ ours, expectedCost }) => named(OWN_POLICY, ours, expectedCost)),
      ...policy.uniform.flatMap(({ arm, figures }) => named(arm, figures, null)),
    ],
    differences: policy.byBudget.map(({ expectedCost, oursLessOneMix, oursLessIndividual }) => ({
      budget: expectedCost,
      oneMix: oursLessOneMix,
      individual: oursLessIndividual,
    })),
  };
}
