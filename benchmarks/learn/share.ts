// Share benchmark
// How much of the best possible the allocation reaches: on a synthetic market whose truth is known, the true incremental
// reward of a policy over that of the best policy at the same true spend, at twelve budgets. Policies are fixed on the log
// alone and tried on new people. Not measured are real data (no truth), drift, and how a day of pacing turns a plan into
// spend (`stipend day`).
//
//   npm run bench:share -- [--quick] [--json] [--seeds 1,2,3] [--rows 100000] [--people 100000] [--reward orders|basket]
//                            [--only name,name] [--epochs 40]

import { listOf, runScript, USUAL } from "../../fixtures/script.ts";
import { option } from "../../src/cli/options.ts";
import { asInteger, asOneOf, asText } from "../../src/settings/parse.ts";
import { must } from "../../src/domain/assert.ts";
import { groupEnvelope, keptByGroups, type ClusterMethod } from "../../src/learn/cluster/cluster.ts";
import type { Estimator } from "../../src/learn/estimate/shrink.ts";
import { estimateGroups, groupRows, type Grouping } from "../../src/learn/cluster/grouping.ts";
import type { Dataset, Representation } from "../../src/learn/nouns.ts";
import { solvePlans } from "../../src/learn/plan/plan.ts";
import type { NetworkOptions } from "../../src/learn/represent/network/options.ts";
import { trainRepresentation } from "../../src/learn/represent/train.ts";
import { useBackend } from "../../src/learn/represent/network/tensorflow.ts";
import { LEARN_OPTIONS, QUICK_LEARN_OPTIONS, type LearnOptions } from "../../src/learn/train-options.ts";
import type { WorldReward } from "../../src/simulate/world/world.ts";
import {
  figuresOf,
  individualPolicy,
  meanOf,
  plannedPolicy,
  uniformPolicies,
  type PolicyFigures,
} from "./share-policies.ts";
import { withWorld, type People } from "./share-world.ts";

export interface WorldFigures {
  readonly seed: number;
  readonly policies: readonly PolicyFigures[];
  readonly seconds: number;
}

export interface ShareOptions {
  readonly seeds: readonly number[];
  readonly rows: number;
  readonly people: number;
  readonly reward: WorldReward;
  readonly learn: LearnOptions;
  /** Names of variants; null: all. */
  readonly only: readonly string[] | null;
  readonly tell: (text: string) => void;
}

/** Ours with one choice taken away (docs/METHOD.md). A variant without `network` shares ours. */
interface Variant {
  readonly name: string;
  readonly network?: Partial<NetworkOptions>;
  readonly method?: ClusterMethod;
  readonly estimator?: Estimator;
}

export const OURS = "ours as served";
const VARIANTS: readonly Variant[] = [
  { name: OURS },
  { name: "values: model", estimator: "model" },
  { name: "values: shrunk", estimator: "shrunk" },
  { name: "values: measured", estimator: "measured" },
  { name: "groups by decision profile", method: "profile" },
  { name: "groups by hidden layer", method: "hidden" },
  { name: "one member", network: { members: 1 } },
  { name: "arms apart", network: { effects: "nominal" } },
  { name: "plain intercepts", network: { shrinkIntercepts: false } },
];

export async function benchmarkShare(options: ShareOptions): Promise<WorldFigures[]> {
  await useBackend("auto");
  const worlds: WorldFigures[] = [];
  for (const seed of options.seeds) {
    const startMs = performance.now();
    const policies = await withWorld({ ...options, seed }, (dataset, people) =>
      measureWorld(dataset, people, seed, options),
    );
    worlds.push({ seed, policies, seconds: (performance.now() - startMs) / 1000 });
  }
  return worlds;
}

/** What is costly to make, shared by the variants that follow each other with the same settings. */
interface Made {
  network: { readonly key: string; readonly representation: Representation } | null;
  grouping: { readonly key: string; readonly made: Grouping } | null;
}

/**
 * Ours as served (the student's hard class, the plan) and its variants; beside them one mix for everybody, by the log's means
 * or by the true ones, each arm for everybody, and the same network deciding user by user.
 */
async function measureWorld(
  dataset: Dataset,
  people: People,
  seed: number,
  options: ShareOptions,
): Promise<PolicyFigures[]> {
  const figures = await uniformPolicies(people, dataset);
  const made: Made = { network: null, grouping: null };
  const add = (found: PolicyFigures): void => {
    const { name, share, budgetError } = found;
    figures.push(found);
    options.tell(`seed ${seed}: ${name}: share ${share.toFixed(4)}, budget error ${budgetError.toFixed(4)}`);
  };
  for (const variant of VARIANTS.filter(({ name }) => options.only?.includes(name) ?? true)) {
    const learn = learnOf(options.learn, variant);
    const key = JSON.stringify([learn.learners, learn.network, learn.trees]);
    if (made.network?.key !== key) {
      clear(made);
      made.network = { key, representation: await trainRepresentation(dataset, learn, seed, () => undefined) };
      const name = variant.name === OURS ? "individual" : `individual, ${variant.name}`;
      add(await individualPolicy(name, made.network.representation, dataset, people, learn, seed));
    }
    const { representation } = made.network;
    if (made.grouping?.key !== learn.cluster.method) {
      made.grouping?.made.student.dispose();
      made.grouping = { key: learn.cluster.method, made: await group(dataset, representation, learn, seed) };
    }
    const grouping = made.grouping.made;
    for (const each of await servedPolicy(variant.name, dataset, people, representation, grouping, learn, seed))
      add(each);
  }
  clear(made);
  return figures;
}

function clear(made: Made): void {
  made.grouping?.made.student.dispose();
  made.network?.representation.dispose();
  made.grouping = null;
  made.network = null;
}

function learnOf(base: LearnOptions, variant: Variant): LearnOptions {
  return {
    ...base,
    network: { ...base.network, ...variant.network },
    cluster: { ...base.cluster, ...(variant.method && { method: variant.method }) },
    estimate: { ...base.estimate, ...(variant.estimator && { estimator: variant.estimator }) },
  };
}

function group(dataset: Dataset, representation: Representation, learn: LearnOptions, seed: number): Promise<Grouping> {
  const { cluster, student, sample } = learn;
  return groupRows({ dataset, representation, cluster, student, sample, seed, progress: () => undefined });
}

/** The plan of a grouping, served by the student's classes; for ours also by the teacher's groups, without the student. */
async function servedPolicy(
  name: string,
  dataset: Dataset,
  people: People,
  representation: Representation,
  { clustering, student, check }: Grouping,
  learn: LearnOptions,
  seed: number,
): Promise<PolicyFigures[]> {
  const progress = (): undefined => undefined;
  const { values, armCostSe, armRewardSe } = await estimateGroups(
    dataset,
    representation,
    { clustering, student },
    learn.estimate,
    progress,
  );
  const uncertain = { values, armCostSe, armRewardSe, sessions: dataset.rows };
  const { frontier } = await solvePlans({ ...uncertain, options: learn.plan, seed, progress });
  const teacher = groupEnvelope(clustering.assign(check), clustering.clusters, check, dataset.arms.length);
  const classes = student.classes(check.block.x, check.n);
  const facts = {
    clusters: clustering.clusters,
    studentValueRatio: keptByGroups(classes, clustering.clusters, check, dataset.arms.length, teacher),
  };
  const served = plannedPolicy(people, student.classes(people.x, people.n), frontier, values);
  const figures = [{ ...figuresOf(name, people, served), ...facts }];
  if (name !== OURS) return figures;
  const hidden = learn.cluster.method === "hidden" ? representation.hidden(people.x, people.n) : null;
  const seen = { n: people.n, effects: representation.effects(people.x, people.n), hidden };
  const taught = plannedPolicy(people, clustering.assign(seen), frontier, values);
  return [...figures, { ...figuresOf("the teacher's groups", people, taught), clusters: clustering.clusters }];
}

/** Over the seeds. */
export interface Summary {
  readonly name: string;
  readonly share: Spread;
  /** |true spend / planned − 1|; a plan that sees no use in a whole budget has planned less. */
  readonly budgetError: Spread;
  readonly studentValueRatio: Spread | null;
  readonly clusters: Spread | null;
}

/** `deviation`: of one seed, not of the mean. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

export function summarise(worlds: readonly WorldFigures[]): Summary[] {
  return must(worlds[0], "a world").policies.map(({ name }) => {
    const found = worlds.map(({ policies }) =>
      must(
        policies.find((each) => each.name === name),
        name,
      ),
    );
    const known = (values: readonly (number | null)[]): Spread | null => {
      const numbers = values.filter((value) => value !== null);
      return numbers.length === 0 ? null : spreadOf(numbers);
    };
    return {
      name,
      share: spreadOf(found.map((each) => each.share)),
      budgetError: spreadOf(found.map((each) => each.budgetError)),
      studentValueRatio: known(found.map((each) => each.studentValueRatio)),
      clusters: known(found.map((each) => each.clusters)),
    };
  });
}

function spreadOf(values: readonly number[]): Spread {
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

function print(worlds: readonly WorldFigures[]): void {
  const cell = (text: string): string => text.padStart(18);
  const heads = ["share of best", "budget error", "student / teacher", "clusters"];
  console.log("mean ± standard deviation over the seeds".padEnd(42) + heads.map(cell).join(""));
  const told = (spread: Spread | null, digits: number): string =>
    spread === null ? "" : `${spread.mean.toFixed(digits)} ± ${spread.deviation.toFixed(digits)}`;
  for (const row of summarise(worlds)) {
    const cells = [told(row.share, 3), told(row.budgetError, 3), told(row.studentValueRatio, 4), told(row.clusters, 0)];
    console.log(row.name.padEnd(42) + cells.map(cell).join(""));
  }
  console.log(`${worlds.length} seeds, ${meanOf(worlds.map(({ seconds }) => seconds)).toFixed(0)} s each`);
}

/** Enough to see that it runs: a minute, and figures that mean nothing. */
export const QUICK: Omit<ShareOptions, "tell"> = {
  seeds: [1],
  rows: 12_000,
  people: 5_000,
  reward: "orders",
  learn: {
    ...QUICK_LEARN_OPTIONS,
    network: { ...QUICK_LEARN_OPTIONS.network, maxEpochs: 4 },
    cluster: { ...QUICK_LEARN_OPTIONS.cluster, candidates: [10] },
    plan: { ...QUICK_LEARN_OPTIONS.plan, budgets: 10 },
  },
  only: null,
};

const SIZES = { seeds: [1, 2, 3], rows: 100_000, people: 100_000, reward: "orders" } as const;
const FULL: typeof QUICK = { ...SIZES, learn: LEARN_OPTIONS, only: null };

const SIZE = asInteger({ min: 1 });

await runScript(
  import.meta.url,
  {
    name: "bench:share",
    summary: "how much of the best possible the allocation reaches on the synthetic market",
    options: {
      ...USUAL,
      seeds: option("a,b,…", "seeds of the market", listOf(asInteger({ min: 0 }))),
      rows: option("number", "rows of the log", SIZE),
      people: option("number", "new people that policies are tried on", SIZE),
      reward: option("orders|basket", "what counts", asOneOf(["orders", "basket"])),
      only: option("a,b,…", "these policies alone", listOf(asText)),
      epochs: option("number", "of the network, at most", SIZE),
    },
  },
  async ({ quick, json, seeds, rows, people, reward, only, epochs }) => {
    const base = quick ? QUICK : FULL;
    const { network } = base.learn;
    const learn = { ...base.learn, network: { ...network, ...(epochs === undefined ? {} : { maxEpochs: epochs }) } };
    const log = { rows: rows ?? base.rows, people: people ?? base.people, reward: reward ?? base.reward };
    const tell = (line: string): unknown => process.stderr.write(`${line}\n`);
    const asked = { ...log, learn, seeds: seeds ?? base.seeds, only: only ?? base.only, tell };
    const worlds = await benchmarkShare(asked);
    if (json) console.log(JSON.stringify({ node: process.version, ...log, worlds, summary: summarise(worlds) }));
    else print(worlds);
  },
);
