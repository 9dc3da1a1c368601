// Train
// From a randomised log to a release: dataset → represent → cluster and distil → estimate → plan → judge → release.
// The steps are in files of their own; here is their order, what each hands to the next, and how long it took.
//
// Invariants:
//   1. The same files, mapping, options, seed and backend give the same release hash.
//   2. A release whose evidence is broken is not returned: `GateFailed` says which evidence, and by how much.
//   3. Memory does not grow with the rows: every step looks at blocks, or at a bounded sample.

import { InvalidInput } from "../domain/campaign.ts";
import type { Release } from "../domain/release.ts";
import { openDataset, type DatasetOptions } from "./dataset.ts";
import { estimate, type Estimate } from "./estimate/estimate.ts";
import type { Evidence } from "./evidence.ts";
import { evidenceOf, releaseOf, type Asked } from "./findings.ts";
import { brokenClassifier, brokenClusters, brokenErrors, brokenPlan, GateFailed, holdGates } from "./gates.ts";
import { groupRows, seenBlock, type Grouping, type SeenBlock } from "./grouping.ts";
import type { Dataset, Progress, Representation } from "./nouns.ts";
import { solvePlans, type PlanInput, type Planned } from "./plan/plan.ts";
import { checkPolicies, type PolicyEvidence } from "./policy-check.ts";
import { trainRepresentation } from "./represent/train.ts";
import { Stopwatch } from "./stopwatch.ts";
import { checkStudent, type StudentCheck } from "./student-check.ts";
import { useBackend, type BackendName, type BackendPreference } from "./tensorflow.ts";

export interface TrainInput extends Asked, Pick<DatasetOptions, "scratch" | "memoryLimit"> {
  readonly backend: BackendPreference;
  readonly progress: Progress;
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
  const { scratch, memoryLimit } = input;
  const dataset = await watch.time("dataset", () =>
    openDataset({
      files,
      mapping,
      seed,
      onProgress: progress,
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
  const representation = await watch.time("represent", () =>
    trainRepresentation(dataset, options.network, seed, progress),
  );
  try {
    const grouping = await groupAndDistil(input, dataset, representation, watch);
    const test = seenBlock(representation, await dataset.sample("test", options.sample.test, seed), options.cluster);
    const classifier = grouping.student.toOnnx();
    const checked = await checkClassifier(input, dataset, grouping, classifier, test);
    const estimated = await watch.time("estimate", () => estimateAll(input, dataset, representation, grouping));
    const planned = await watch.time("plan", () => planAll(input, dataset, estimated));
    const policy = await watch.time("policy", () => judgePlans(input, dataset, grouping, estimated, test));
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
  const progress: Progress = (step, done, detail) => {
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
  { student, clustering }: Grouping,
  classifier: Uint8Array,
  test: SeenBlock,
): Promise<StudentCheck> {
  const checked = await checkStudent(classifier, student, clustering, test, dataset.spec, dataset.arms.length);
  holdGates(brokenClassifier(checked, options.gates));
  return checked;
}

async function estimateAll(
  { options, progress }: TrainInput,
  dataset: Dataset,
  representation: Representation,
  { clustering, student }: Grouping,
): Promise<Estimate> {
  const estimated = await estimate({
    dataset,
    clusters: clustering.clusters,
    classes: (x, n) => student.classes(x, n),
    effects: (x, n) => representation.effects(x, n),
    options: options.estimate,
    progress,
  });
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

/** On a plan made from the other rows' outcomes: the release's own has seen those of the test rows too. */
async function judgePlans(
  input: TrainInput,
  dataset: Dataset,
  grouping: Grouping,
  { valuesWithoutTest: values, armCostSe, armRewardSe }: Estimate,
  test: SeenBlock,
): Promise<PolicyEvidence> {
  const { options, seed, progress } = input;
  const { budgets, replicates, confidence } = options.policy;
  const sessions = dataset.rowsOf.train + dataset.rowsOf.validate;
  const uncertain = { values, armCostSe, armRewardSe, sessions };
  const plan = { ...uncertain, options: { ...options.plan, budgets } };
  const { frontier } = await solve(input, plan, (_, done) =>
    progress("policy", done / 2, "a plan without the test rows"),
  );
  return checkPolicies({
    test: test.block,
    effects: test.effects,
    classes: grouping.student.classes(test.block.x, test.n),
    arms: dataset.arms,
    tasks: dataset.tasks,
    values,
    frontier,
    options: { replicates, confidence, seed },
    progress: (step, done, detail) => progress(step, 0.5 + done / 2, detail),
  });
}

/** What the plan refuses here comes from the evidence, not from whoever asked for a training. */
async function solve(
  { seed }: TrainInput,
  input: Omit<PlanInput, "seed" | "progress">,
  progress: Progress,
): Promise<Planned> {
  try {
    return await solvePlans({ ...input, seed, progress });
  } catch (error) {
    if (error instanceof InvalidInput) throw new GateFailed([error.message]);
    throw error;
  }
}
