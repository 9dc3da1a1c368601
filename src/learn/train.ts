// Train
// From a randomised log to a release: dataset → represent → cluster and distil → estimate → plan → judge → release.
// The steps are in files of their own; here is their order, what each hands to the next, and how long it took.
//
// Invariants:
//   1. The same files, mapping, options, seed and backend give the same release hash.
//   2. A release whose evidence is broken is not returned: `GateFailed` says which evidence, and by how much.
//   3. All that is released learns from every row; its evidence rests on members and plans that have not seen the row that
//      they are held against.
//   4. Memory does not grow with the rows: every step looks at blocks, or at a bounded sample.

import { InvalidInput } from "../domain/campaign/campaign.ts";
import type { Frontier, Release } from "../domain/release/release.ts";
import { openDataset, type DatasetOptions } from "./data/dataset.ts";
import type { Estimate } from "./estimate/estimate.ts";
import { expectationOf } from "./estimate/sums.ts";
import type { Evidence } from "./release/evidence.ts";
import { evidenceOf, releaseOf, type TrainingRequest, type TrainingFindings } from "./release/findings.ts";
import { brokenClassifier, brokenClusters, brokenErrors, brokenPlan, GateFailed, holdGates } from "./check/gates.ts";
import { estimateGroups, groupRows, type Grouping } from "./cluster/grouping.ts";
import { FOLDS, type Dataset, type ProgressListener, type Representation } from "./nouns.ts";
import { effectsOutOfFold, outOfFold, seenWith } from "./represent/out-of-fold.ts";
import { solvePlans, type PlanInput, type Planned } from "./plan/plan.ts";
import { checkPolicies, type PolicyEvidence } from "./check/policy-check.ts";
import type { FoldPlan } from "./check/plan-details.ts";
import { trainRepresentation } from "./represent/train.ts";
import { Stopwatch } from "./stopwatch.ts";
import { checkStudent, type StudentCheck } from "./distil/student-check.ts";
import { useBackend, type BackendName, type BackendPreference } from "./represent/network/tensorflow.ts";

/** With less than this, what looks like evidence is chance. */
const LEAST = { rows: 100, events: 10 } as const;

export interface TrainInput extends TrainingRequest, Pick<DatasetOptions, "scratch" | "memoryLimit" | "allowBadRows"> {
  /** Minor units that one of the reward is worth: plans then have a profit. */
  readonly worth?: number | undefined;
  readonly backend: BackendPreference;
  readonly progress: ProgressListener;
  readonly elapsedMs: () => number;
}

export interface Training {
  readonly release: Release;
  readonly evidence: Evidence;
}

export async function trainRelease(input: TrainInput): Promise<Training> {
  const watch = new Stopwatch(input.elapsedMs, input.progress);
  const backend = await useBackend(input.backend);
  const { files, mapping, seed, progress } = input;
  const { scratch, memoryLimit, allowBadRows = 0, observational = false, part = "all" } = input;
  const dataset = await watch.time("dataset", () =>
    openDataset({
      files,
      mapping,
      seed,
      onProgress: progress,
      allowBadRows,
      observational,
      part,
      least: LEAST,
      ...(scratch === undefined ? {} : { scratch }),
      ...(memoryLimit === undefined ? {} : { memoryLimit }),
    }),
  );
  try {
    return await learn(input, dataset, backend, watch);
  } finally {
    await dataset.close();
  }
}

async function learn(input: TrainInput, dataset: Dataset, backend: BackendName, watch: Stopwatch): Promise<Training> {
  const { seed, progress, options } = input;
  const representation = await watch.time("represent", () => trainRepresentation(dataset, options, seed, progress));
  try {
    const grouping = await groupAndDistil(input, dataset, representation, watch);
    const classifier = grouping.student.toOnnx();
    const checked = await checkClassifier(input, dataset, grouping, classifier);
    const estimated = await watch.time("estimate", () => estimateAll(input, dataset, representation, grouping));
    const planned = await watch.time("plan", () => planAll(input, dataset, estimated));
    const policy = await watch.time("policy", () =>
      judgePlans(input, dataset, { representation, grouping, estimated, planned }),
    );
    watch.turnTo("release");
    const found = { dataset, backend, representation, grouping, classifier, checked, estimated, planned, policy };
    const release = releaseOf(input, found);
    return { release, evidence: evidenceOf(input, found, release, watch.seconds()) };
  } finally {
    representation.dispose();
  }
}

/** Both at once, for they depend on each other; the time of each is told apart by the progress. */
async function groupAndDistil(
  input: TrainInput,
  dataset: Dataset,
  representation: Representation,
  watch: Stopwatch,
): Promise<Grouping> {
  const { cluster, student, sample } = input.options;
  const { seed } = input;
  const progress: ProgressListener = (step, done, detail) => {
    if (step === "distil") watch.turnTo("distil");
    input.progress(step, done, detail);
  };
  return await watch.time("cluster", () =>
    groupRows({ dataset, representation, cluster, student, sample, seed, progress }),
  );
}

async function checkClassifier(
  { options }: TrainInput,
  dataset: Dataset,
  { student, clustering, check }: Grouping,
  classifier: Uint8Array,
): Promise<StudentCheck> {
  const checked = await checkStudent(classifier, student, clustering, check, dataset.spec, dataset.arms.length);
  holdGates(brokenClassifier(checked, options.gates));
  return checked;
}

async function estimateAll(
  { options, progress }: TrainInput,
  dataset: Dataset,
  representation: Representation,
  grouping: Grouping,
): Promise<Estimate> {
  const estimated = await estimateGroups(dataset, representation, grouping, options.estimate, progress);
  const rowsOfCluster = estimated.counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  holdGates([...brokenClusters(rowsOfCluster), ...brokenErrors(estimated.values, dataset.arms)]);
  return estimated;
}

async function planAll(input: TrainInput, dataset: Dataset, found: Estimate): Promise<Planned> {
  const { values, armCostSe, armRewardSe } = found;
  const uncertain = { values, armCostSe, armRewardSe, sessions: dataset.rows };
  const planned = await solve(input, { ...uncertain, options: input.options.plan }, input.progress);
  holdGates(brokenPlan(planned.certificate));
  return planned;
}

/** Plans like the release's, each judged on a fold that it owes nothing to. */
async function judgePlans(
  input: TrainInput,
  dataset: Dataset,
  {
    representation,
    grouping,
    estimated,
    planned,
  }: Pick<TrainingFindings, "representation" | "grouping" | "estimated" | "planned">,
): Promise<PolicyEvidence> {
  const { options, seed, progress } = input;
  const { budgets, replicates, confidence, importanceRows } = options.policy;
  const { clustering } = grouping;
  const block = await dataset.sample(options.sample.policy, seed);
  const plans: FoldPlan[] = [];
  for (let fold = 0; fold < FOLDS; fold += 1) {
    progress("policy", fold / FOLDS / 2, `a plan without fold ${fold + 1} of ${FOLDS}`);
    const effects = representation.effectsWithout(fold, block.x, block.n);
    const labels = clustering.assign(seenWith(representation, clustering, block, effects));
    const valued = estimated.without(fold, expectationOf(effects, labels, block.n, clustering.clusters));
    const sessions = Math.round(dataset.rows * (1 - 1 / FOLDS));
    const plan = { ...valued, sessions, options: { ...options.plan, budgets } };
    const { frontier } = await solve(input, plan, () => undefined);
    plans.push({ labels, values: valued.values, frontier });
  }
  return checkPolicies({
    block,
    effects: effectsOutOfFold(representation, block),
    plans,
    budgets: someBudgets(planned.frontier, budgets),
    arms: dataset.arms,
    tasks: dataset.tasks,
    worth: input.worth ?? null,
    spec: dataset.spec,
    importanceRows,
    labels: (rows) => outOfFold(representation, clustering, rows).labels,
    options: { replicates, confidence, seed },
    progress: (step, done, detail) => progress(step, 0.5 + done / 2, detail),
  });
}

/** Of the release's own rows that spend, so many, evenly chosen, the last one among them. */
function someBudgets({ rows }: Frontier, most: number): number[] {
  const spending = rows.slice(1).map(({ budgetPerSession }) => budgetPerSession);
  const every = Math.max(1, spending.length / most);
  return spending.filter((_, at) => Math.floor((at + 1) / every) > Math.floor(at / every));
}

/** What the plan refuses here comes from the evidence, not from whoever asked for a training. */
async function solve(
  { seed }: TrainInput,
  input: Omit<PlanInput, "seed" | "progress">,
  progress: ProgressListener,
): Promise<Planned> {
  try {
    return await solvePlans({ ...input, seed, progress });
  } catch (error) {
    if (error instanceof InvalidInput) throw new GateFailed([error.message]);
    throw error;
  }
}
