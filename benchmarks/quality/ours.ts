// Ours
// The product's own steps on a market's log, from one training: the network user by user, and the release as it serves,
// the classifier's hard class and the plan.

import { readFile } from "node:fs/promises";
import { compileRowEncoder, type Attributes, type FeatureSpec } from "../../src/domain/session/features.ts";
import { openDataset } from "../../src/learn/data/dataset.ts";
import { openDatabase } from "../../src/learn/data/duckdb.ts";
import { parseMapping } from "../../src/learn/data/mapping/mapping.ts";
import type { Dataset, Representation } from "../../src/learn/nouns.ts";
import { trainRepresentation } from "../../src/learn/represent/train.ts";
import type { LearnOptions } from "../../src/learn/train-options.ts";
import { Releases, type Made } from "./releases.ts";
import { groupPoints, individualPoints, type Effects, type Point } from "./scorer.ts";
import type { Variant } from "./variants.ts";

export type Truth = { readonly people: Effects; readonly shifted: Effects };

export interface Ours {
  readonly served: Point[];
  readonly individual: Point[];
  /** As served, with one choice set otherwise. */
  readonly variants: readonly { readonly name: string; readonly served: Point[]; readonly seconds: number }[];
  /** Of the processor, to learn what is served. */
  readonly seconds: number;
}

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
    const people = { people: await readPeople(`${folder}/people.csv`, dataset.spec) };
    const all = { ...people, shifted: await readPeople(`${folder}/shifted.csv`, dataset.spec) };
    const ensemble = ensembleOf(learn);
    const isOther = (variant: Variant): boolean => ensembleOf(variant.learn) !== ensemble;
    const served: Variant = { name: "as served", groups: "student", learn };
    const first = await fromOneNetwork({ dataset, all, truth, seed, start }, [
      served,
      ...variants.filter((each) => !isOther(each)),
    ]);
    const others: Ours["variants"][number][] = first.releases.slice(1);
    for (const variant of variants.filter(isOther)) {
      const own = await fromOneNetwork({ dataset, all, truth, seed, start: process.cpuUsage() }, [variant]);
      others.push(...own.releases);
    }
    const { points, seconds } = { points: first.releases[0]!.served, seconds: first.releases[0]!.seconds };
    return { served: points, individual: first.individual, variants: others, seconds };
  } finally {
    await dataset.close();
  }
}

const OF_LATER_STEPS = {
  ...{ cluster: null, student: null, estimate: null, plan: null },
  ...{ sample: null, policy: null, gates: null },
} satisfies Partial<Record<keyof LearnOptions, null>>;

/** Which training an ensemble is of: all options but those of later steps, so that no other is ever overlooked. */
export function ensembleOf(learn: LearnOptions): string {
  return JSON.stringify({ ...learn, ...OF_LATER_STEPS });
}

interface Market {
  readonly dataset: Dataset;
  readonly all: { readonly people: People; readonly shifted: People };
  readonly truth: Truth;
  readonly seed: number;
  readonly start: NodeJS.CpuUsage;
}

/** The seconds of each are those until its release is made. */
async function fromOneNetwork({ dataset, all, truth, seed, start }: Market, variants: readonly Variant[]) {
  const representation = await trainRepresentation(dataset, variants[0]!.learn, seed, () => undefined);
  const made = new Releases(dataset, representation, seed);
  try {
    const { people, shifted } = all;
    const releases: { name: string; served: Point[]; seconds: number }[] = [];
    for (const variant of variants) {
      const { classes, plan }: Made = await made.make(variant);
      const { user, system } = process.cpuUsage(start);
      const groups = { people: classes(people.x, people.n), shifted: classes(shifted.x, shifted.n) };
      releases.push({
        name: variant.name,
        served: groupPoints(plan, groups, truth),
        seconds: (user + system) / 1e6,
      });
    }
    const told = { people: effectsOf(representation, people), shifted: effectsOf(representation, shifted) };
    return { releases, individual: individualPoints(told, truth) };
  } finally {
    await made.dispose();
    representation.dispose();
  }
}

interface People {
  readonly n: number;
  readonly x: Float32Array;
}

export async function readPeople(file: string, spec: FeatureSpec): Promise<People> {
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

export function effectsOf(representation: Representation, { x, n }: People): Effects {
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
