// Findings
// All that a training found, put together: the release's content, and the evidence beside it. Pure.

import type { Release, ReleaseMoney } from "../../domain/release/release.ts";
import { describeClusters } from "../cluster/describe.ts";
import type { Estimate } from "../estimate/estimate.ts";
import { EVIDENCE_FORMAT, type ClusterEvidence, type Evidence } from "./evidence.ts";
import type { Grouping } from "../cluster/grouping.ts";
import type { Mapping } from "../data/mapping/mapping.ts";
import type { LogPart } from "../data/row-keys.ts";
import { FOLDS, type Dataset, type Representation } from "../nouns.ts";
import { gapPercent, type Planned } from "../plan/plan.ts";
import type { PolicyEvidence } from "../check/policy-check.ts";
import { assembleRelease } from "./release.ts";
import { networkOptions } from "../represent/network/options.ts";
import type { StudentCheck } from "../distil/student-check.ts";
import type { BackendName } from "../represent/network/tensorflow.ts";
import type { LearnOptions } from "../train-options.ts";

/** What it was asked for. */
export interface TrainingRequest {
  readonly files: readonly string[];
  readonly mapping: Mapping;
  readonly seed: number;
  /** A log in which chance did not give the arms is taken all the same. */
  readonly observational?: boolean;
  /** Which rows of the log it learns from; all by default. */
  readonly part?: LogPart;
  readonly options: LearnOptions;
}

export interface TrainingFindings {
  readonly dataset: Dataset;
  readonly backend: BackendName;
  readonly representation: Representation;
  readonly grouping: Grouping;
  readonly classifier: Uint8Array;
  readonly checked: StudentCheck;
  readonly estimated: Estimate;
  readonly planned: Planned;
  readonly policy: PolicyEvidence;
}

export function releaseOf(input: TrainingRequest, found: TrainingFindings): Release {
  const { dataset, classifier, planned, estimated } = found;
  return assembleRelease({
    features: dataset.spec,
    arms: dataset.arms,
    money: moneyOf(input.mapping),
    classifier,
    frontier: planned.frontier,
    values: estimated.values,
    certificate: planned.certificate,
    summary: summaryOf(input, found),
  });
}

/** Measured costs have no price of an arm in them, and without redemptions no face value is. */
function moneyOf({ currency, arm, cost, redeemed }: Mapping): ReleaseMoney {
  const prices = arm.arms.map(({ faceMinor, sendMinor }) => ({
    faceMinor: redeemed === null ? null : faceMinor,
    sendMinor,
  }));
  return { currency, prices: cost === null ? prices : null };
}

function summaryOf(
  { seed, mapping, observational = false }: TrainingRequest,
  { dataset, backend, grouping, checked }: TrainingFindings,
): Release["manifest"]["summary"] {
  return {
    backend,
    seed,
    rows: dataset.rows,
    badRows: dataset.badRows,
    ...(observational ? { observational: "nothing here is causal" } : {}),
    currency: mapping.currency,
    reward: mapping.rewards
      .filter(({ part }) => part !== "below")
      .map(({ name, weight }) => (weight === 1 ? name : `${weight} × ${name}`))
      .join(" + "),
    clustering: grouping.clustering.method,
    studentAgreement: Number(checked.agreement.toPrecision(6)),
    studentValueRatio: Number(checked.valueRatio.toPrecision(6)),
  };
}

export function evidenceOf(
  { seed, files, mapping, observational = false, part = "all", options }: TrainingRequest,
  { dataset, backend, representation, grouping, checked, estimated, planned, policy }: TrainingFindings,
  release: Release,
  seconds: Evidence["seconds"],
): Evidence {
  const { clustering, student } = grouping;
  return {
    format: EVIDENCE_FORMAT,
    release: release.hash,
    seed,
    backend,
    data: {
      files: [...files],
      sources: dataset.sources,
      part,
      rows: dataset.rows,
      badRows: dataset.badRows,
      observational,
      randomisation: dataset.randomisation,
      folds: FOLDS,
      features: dataset.spec.features.length,
      width: dataset.width,
      currency: mapping.currency,
      rewards: dataset.tasks.rewards.map(({ name, weight }) => ({ name, weight })),
    },
    representation: {
      members: representation.bestEpochs.length * networkOptions(options.network, dataset.rows).members,
      curves: representation.curves,
      bestEpochs: representation.bestEpochs,
      treeRounds: representation.treeRounds,
      treesWeight: representation.treesWeight,
      calibration: representation.calibration,
    },
    clustering: { method: clustering.method, tried: clustering.tried, givenUp: grouping.givenUp },
    clusters: clustersOf(dataset, estimated),
    student: { ...checked, epochs: student.epochs },
    estimate: { estimators: estimated.estimators, checks: estimated.checks, measured: estimated.measured },
    plan: planned.evidence,
    policy,
    warnings: [
      ...dataset.warnings,
      ...grouping.warnings,
      ...estimated.warnings,
      ...studentWarnings(checked, options),
      ...planWarnings(planned),
    ],
    seconds,
  };
}

function clustersOf(dataset: Dataset, { values, counts, columns }: Estimate): ClusterEvidence[] {
  const words = describeClusters(dataset.spec, columns);
  return values.mix.map((share, cluster) => ({
    share,
    rowsOfArm: counts[cluster] ?? [],
    words: words[cluster] ?? "",
  }));
}

function studentWarnings({ valueRatio, rows }: StudentCheck, { gates }: LearnOptions): string[] {
  if (valueRatio >= gates.studentValueTold) return [];
  return [
    `the classifier keeps ${(100 * valueRatio).toFixed(2)} % of the segments' added reward on ${rows} rows kept back, ` +
      `less than ${100 * gates.studentValueTold} %: more rows or fewer segments (--clusters) would help`,
  ];
}

function planWarnings({ frontier, unsolved, certificate }: Planned): string[] {
  if (frontier.rows.length === 1)
    return ["the only plan spends nothing: no offer that costs money gains anything by these estimates"];
  if (unsolved.length === 0) return [];
  const furthest = Math.max(...unsolved.map(({ gap }) => gap));
  return [
    `for ${unsolved.length} budgets no plan was found within ${gapPercent(certificate.gapBound)} of its bound (the furthest ${gapPercent(furthest)}): ` +
      "there the plans of the budgets beside them are mixed; more segments (--clusters) come nearer",
  ];
}
