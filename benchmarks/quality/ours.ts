// Ours
// The product's own steps on a world's log, from one training: the network user by user, and the release as it serves,
// the classifier's hard class and the plan.

import { readFile } from "node:fs/promises";
import { sharesAt } from "../../src/domain/release/frontier.ts";
import { compileRowEncoder, type Attributes, type FeatureSpec } from "../../src/domain/session/features.ts";
import { openDataset } from "../../src/learn/data/dataset.ts";
import { openDatabase } from "../../src/learn/data/duckdb.ts";
import { estimateGroups, groupRows, type Grouping } from "../../src/learn/cluster/grouping.ts";
import type { SumsInput } from "../../src/learn/estimate/sums.ts";
import { parseMapping } from "../../src/learn/data/mapping/mapping.ts";
import type { Dataset, Representation } from "../../src/learn/nouns.ts";
import { solvePlans } from "../../src/learn/plan/plan.ts";
import { seenWith } from "../../src/learn/represent/out-of-fold.ts";
import { trainRepresentation } from "../../src/learn/represent/train.ts";
import type { LearnOptions } from "../../src/learn/train-options.ts";
import { groupPoints, individualPoints, type Effects, type GroupPlan, type Point } from "./scorer.ts";
import type { Variant } from "./variants.ts";

export type Truth = { readonly people: Effects; readonly shifted: Effects };

export interface Ours {
  readonly served: Point[];
  readonly individual: Point[];
  /** As served, with one choice set otherwise. */
  readonly variants: readonly { readonly name: string; readonly served: Point[] }[];
  /** Of the processor, to learn what is served. */
  readonly seconds: number;
}

/** Positions between two rows of the frontier that are looked at. */
const BETWEEN = 10;
const MINOR = 100;

export async function measureOurs(
  folder: string,
  truth: Truth,
  learn: LearnOptions,
  seed: number,
  variants: readonly Variant[] = [],
): Promise<Ours> {
  const mapping = parseMapping(await readFile(`${folder}/mapping.yaml`, "utf8"), "the world's mapping");
  const start = process.cpuUsage();
  const dataset = await openDataset({ files: [`${folder}/log.csv`], mapping, seed });
  try {
    const representation = await trainRepresentation(dataset, learn.network, seed, () => undefined);
    const makers = new Makers(dataset, representation, seed);
    const release = await makers.release({ name: "as served", groups: "student", learn });
    const used = process.cpuUsage(start);
    const people = await readPeople(`${folder}/people.csv`, dataset.spec);
    const shifted = await readPeople(`${folder}/shifted.csv`, dataset.spec);
    const told = { people: effectsOf(representation, people), shifted: effectsOf(representation, shifted) };
    const pointsOf = ({ classes, plan }: Made): Point[] =>
      groupPoints(plan, { people: classes(people.x, people.n), shifted: classes(shifted.x, shifted.n) }, truth);
    const others: { name: string; served: Point[] }[] = [];
    for (const variant of variants)
      others.push({ name: variant.name, served: pointsOf(await makers.release(variant)) });
    return {
      served: pointsOf(release),
      individual: individualPoints(told, truth),
      variants: others,
      seconds: (used.user + used.system) / 1e6,
    };
  } finally {
    await dataset.close();
  }
}

type Classes = SumsInput["classes"];

interface Made {
  readonly classes: Classes;
  readonly plan: GroupPlan;
}

/** Releases from one network; those with the same groups share them. */
class Makers {
  readonly #dataset: Dataset;
  readonly #representation: Representation;
  readonly #seed: number;
  readonly #groupings = new Map<string, Promise<Grouping>>();

  constructor(dataset: Dataset, representation: Representation, seed: number) {
    this.#dataset = dataset;
    this.#representation = representation;
    this.#seed = seed;
  }

  async release({ learn, groups }: Variant): Promise<Made> {
    const [dataset, representation, seed] = [this.#dataset, this.#representation, this.#seed];
    const { clustering, student } = await this.#grouping(learn);
    const teacher: Classes = (x, n) =>
      clustering.assign(seenWith(representation, clustering, { x, n }, representation.effects(x, n)));
    const classes: Classes = groups === "teacher" ? teacher : (x, n) => student.classes(x, n);
    const of = { clustering, student: { classes } };
    const estimated = await estimateGroups(dataset, representation, of, learn.estimate, quiet);
    const options = { sessions: dataset.rows, options: learn.plan, seed, progress: quiet };
    const { frontier } = await solvePlans({ ...estimated, ...options });
    const { values } = estimated;
    const positions = Array.from({ length: (frontier.rows.length - 1) * BETWEEN + 1 }, (_, at) => at / BETWEEN);
    const steps = positions.map((position) => values.mix.map((_, cluster) => sharesAt(frontier, position, cluster)));
    return { classes, plan: { steps, cost: values.cost.map((row) => row.map((cost) => cost / MINOR)) } };
  }

  async #grouping({ cluster, student, sample }: LearnOptions): Promise<Grouping> {
    const key = JSON.stringify([cluster, student, sample]);
    const known = this.#groupings.get(key);
    if (known !== undefined) return await known;
    const [dataset, representation, seed] = [this.#dataset, this.#representation, this.#seed];
    const made = groupRows({ dataset, representation, cluster, student, sample, seed, progress: quiet });
    this.#groupings.set(key, made);
    return await made;
  }
}

const quiet = (): undefined => undefined;

interface People {
  readonly n: number;
  readonly x: Float32Array;
}

async function readPeople(file: string, spec: FeatureSpec): Promise<People> {
  const encoder = compileRowEncoder(spec);
  const columns = spec.features.map(({ name, kind }) =>
    kind === "categorical"
      ? `"${name}"`
      : kind === "boolean"
        ? `CAST("${name}" AS INTEGER) = 1`
        : `CAST("${name}" AS DOUBLE)`,
  );
  const rows = await readRows(file, columns);
  const x = new Float32Array(rows.length * encoder.width);
  rows.forEach((row, at) => {
    const attributes: Attributes = Object.fromEntries(
      spec.features.map(({ name }, index) => [name, row[index] as Attributes[string]]),
    );
    encoder.encode(attributes, x, at * encoder.width);
  });
  return { n: rows.length, x };
}

function effectsOf(representation: Representation, { x, n }: People): Effects {
  const { reward, cost } = representation.effects(x, n);
  return {
    n,
    arms: representation.arms,
    reward: Float64Array.from(reward),
    cost: Float64Array.from(cost, (c) => c / MINOR),
  };
}

/** What Python wrote: r0 …, c0 …, in major units. */
export async function readEffects(file: string): Promise<Effects> {
  const rows = await readRows(file, ["*"]);
  const arms = (rows[0]?.length ?? 0) / 2;
  const part = (from: number): Float64Array =>
    Float64Array.from({ length: rows.length * arms }, (_, at) =>
      Number(rows[Math.floor(at / arms)]![from + (at % arms)]),
    );
  return { n: rows.length, arms, reward: part(0), cost: part(arms) };
}

async function readRows(file: string, columns: readonly string[]) {
  const quoted = `'${file.replaceAll("'", "''")}'`;
  const table = file.endsWith(".parquet")
    ? `read_parquet(${quoted})`
    : `read_csv(${quoted}, header = true, all_varchar = true)`;
  const db = await openDatabase({});
  try {
    return await db.rows(`SELECT ${columns.join(", ")} FROM ${table}`);
  } finally {
    await db.close();
  }
}
