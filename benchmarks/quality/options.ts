// Options: what a run of the benchmark is asked for, as the command line says it (quality.ts has the words).

import { existsSync } from "node:fs";
import path from "node:path";
import { listOf } from "../../fixtures/script.ts";
import { flag, option, type ValuesOf } from "../../src/cli/options.ts";
import { InvalidInput } from "../../src/domain/campaign/campaign.ts";
import { LEARN_OPTIONS, type LearnOptions } from "../../src/learn/train-options.ts";
import { asInteger, asNumber, asOneOf, asText, type Parse } from "../../src/settings/parse.ts";
import { experimentOf, EXPERIMENTS } from "./experiments/published.ts";
import { OWN_ROWS, PEERS } from "./results.ts";

export interface Asked {
  readonly worlds: readonly string[];
  readonly seeds: readonly number[];
  /** 0: the world's own. */
  readonly rows: readonly number[];
  readonly people: number;
  /** `ours` is both ours as served and ours user by user. */
  readonly methods: readonly string[];
  /** Shares of outcomes that are flipped or inflated. */
  readonly noise: readonly number[];
  readonly learn: LearnOptions;
  readonly results: string;
  readonly keep: boolean;
  /** Ours with one choice set otherwise, too (variants.ts): from the same network, or from trainings of their own as well. */
  readonly ablations: "none" | "network" | "trainings";
  readonly experiments: ExperimentsAsked;
  /** Nothing is run: only the report of what is there. */
  readonly report: boolean;
}

export interface ExperimentsAsked {
  /** Published ones by name, others as mapping=file. */
  readonly names: readonly string[];
  /** Where the published ones' files are. */
  readonly folder: string;
  readonly folds: number;
  /** Times that all rows are split anew. */
  readonly repeats: number;
  /** Column that says whose row it is. */
  readonly unit: string | null;
}

const ROOT = path.join(import.meta.dirname, "../..");

export const FULL: Asked = {
  worlds: Object.keys(OWN_ROWS),
  seeds: [101, 102, 103, 104, 105, 106, 107, 108, 109, 110],
  rows: [0],
  people: 20_000,
  methods: ["ours", "reference", ...PEERS],
  noise: [0],
  learn: LEARN_OPTIONS,
  results: path.join(import.meta.dirname, "results.json"),
  keep: false,
  ablations: "none",
  experiments: {
    names: EXPERIMENTS.map(({ name }) => name),
    folder: path.resolve(ROOT, process.env["STIPEND_DATA"] ?? "../shared/data"),
    ...{ folds: 3, repeats: 1, unit: null },
  },
  report: false,
};

/** Three markets without the forest, which alone takes longer than all others, and the smallest experiment. */
export const QUICK: Asked = {
  ...FULL,
  ...{ worlds: ["b", "C", "D"], seeds: [101], rows: [15_000], people: 10_000 },
  methods: FULL.methods.filter((name) => name !== "forest"),
  experiments: { ...FULL.experiments, names: ["thornton_incentive"], folds: 2 },
};

const SHARE = asNumber({ min: 0, max: 1 });
const COUNT = asInteger({ min: 0 });
/** Fewer people say nothing of a share. */
const LEAST_PEOPLE = 100;

export const QUALITY = {
  name: "bench:quality",
  summary: "Does it allocate better than other methods? RESULTS.md, its pictures and results.json are made beside it.",
  options: {
    quick: flag("three markets and one experiment: ten minutes on two quiet cores"),
    worlds: option("A,…|none", "markets", namesOf(Object.keys(OWN_ROWS))),
    seeds: option("101,…", "of the markets' logs", listOf(COUNT)),
    rows: option("0,…", "of the logs; 0: each market's own number", listOf(COUNT)),
    people: option("number", "new people that policies are tried on", asInteger({ min: LEAST_PEOPLE })),
    methods: option("ours,…", "who is compared", namesOf(FULL.methods)),
    noise: option("0,…", "shares of outcomes that are flipped or inflated", listOf(SHARE)),
    ablations: option(
      "network|trainings|none",
      "ours with one choice at a time set otherwise, from the same network, or also with trainings of their own",
      asOneOf(["none", "network", "trainings"]),
    ),
    experiments: option(
      "name,…|none",
      "published ones (from STIPEND_DATA), or one's own as MAPPING.yaml=FILE",
      namesOf(null),
    ),
    folds: option("number", "that an experiment is split into", asInteger({ min: 2 })),
    repeats: option("number", "times that an experiment is split anew", asInteger({ min: 1 })),
    unit: option("column", "says whose row it is, where users come several times", asText),
    results: option("file", "where figures are kept", asText),
    keep: flag("takes the figures that are there, and measures what is missing"),
    report: flag("measures nothing: the report of what is there"),
  },
};

export function askedOf(values: ValuesOf<typeof QUALITY.options>): Asked {
  const base = values.quick ? QUICK : FULL;
  const { folder } = base.experiments;
  return {
    ...base,
    worlds: values.worlds ?? base.worlds,
    seeds: values.seeds ?? base.seeds,
    rows: values.rows ?? base.rows,
    people: values.people ?? base.people,
    methods: values.methods ?? base.methods,
    noise: values.noise ?? base.noise,
    ablations: values.ablations ?? base.ablations,
    results: values.results ?? base.results,
    keep: values.keep,
    experiments: {
      folder,
      names: values.experiments ?? base.experiments.names,
      folds: values.folds ?? base.experiments.folds,
      repeats: values.repeats ?? base.experiments.repeats,
      unit: values.unit ?? null,
    },
    report: values.report,
  };
}

/** Throws InvalidInput where a file is not there, so that nobody learns it after hours. */
export function checkFiles({ report, results, experiments: { names, folder } }: Asked): void {
  if (report) {
    if (!existsSync(results)) throw new InvalidInput(`--results: there is no file ${results} to report`);
    return;
  }
  for (const { name, mapping, file } of names.map((each) => experimentOf(each, folder)))
    for (const one of [mapping, file])
      if (!existsSync(one))
        throw new InvalidInput(
          `experiment ${name}: there is no file ${one}. To do: name the folder that has it in STIPEND_DATA, or leave it out (--experiments)`,
        );
}

/** Of a list, `none` for nobody; `known`: those that there are. */
function namesOf(known: readonly string[] | null): Parse<readonly string[]> {
  const one: Parse<string> = known === null ? asText : asOneOf(known);
  return (typed) => (typed === "none" ? [] : listOf(one)(typed));
}
