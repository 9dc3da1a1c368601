// Options: what a run of the benchmark is asked for, as the command line says it (quality.ts has the words).

import path from "node:path";
import { parseArgs } from "node:util";
import { InvalidInput } from "../../src/domain/campaign/campaign.ts";
import { LEARN_OPTIONS, type LearnOptions } from "../../src/learn/train-options.ts";
import { EXPERIMENTS } from "./experiments/published.ts";
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
  methods: ["ours", ...PEERS],
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

export function askedOf(args: readonly string[]): Asked {
  const [text, flag] = [{ type: "string" }, { type: "boolean" }] as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{
        quick: flag,
        keep: flag,
        report: flag,
        ablations: text,
        worlds: text,
        seeds: text,
        rows: text,
        people: text,
      },
      ...{ methods: text, noise: text, results: text, experiments: text, folds: text, repeats: text, unit: text },
    },
  });
  const base = values.quick ? QUICK : FULL;
  const list = (
    given: string | undefined,
    otherwise: readonly string[],
    known?: readonly string[],
  ): readonly string[] => (given === undefined ? otherwise : checked(given === "none" ? [] : given.split(","), known));
  const numbers = (name: string, given: string | undefined, otherwise: readonly number[]): readonly number[] =>
    given?.split(",").map((each) => numberOf(name, each)) ?? otherwise;
  return {
    ...base,
    worlds: list(values.worlds, base.worlds, Object.keys(OWN_ROWS)),
    seeds: numbers("--seeds", values.seeds, base.seeds),
    rows: numbers("--rows", values.rows, base.rows),
    people: numberOf("--people", values.people ?? String(base.people)),
    methods: list(values.methods, base.methods, FULL.methods),
    noise: numbers("--noise", values.noise, base.noise),
    results: values.results ?? base.results,
    keep: values.keep ?? false,
    ablations: ablationsOf(values.ablations ?? base.ablations),
    experiments: {
      ...base.experiments,
      names: list(values.experiments, base.experiments.names),
      folds: numberOf("--folds", values.folds ?? String(base.experiments.folds)),
      repeats: numberOf("--repeats", values.repeats ?? String(base.experiments.repeats)),
      unit: values.unit ?? null,
    },
    report: values.report ?? false,
  };
}

function checked(names: readonly string[], known: readonly string[] | undefined): readonly string[] {
  const strange = names.find((name) => known !== undefined && !known.includes(name));
  if (strange !== undefined) throw new InvalidInput(`${strange} is none of ${known!.join(", ")}`);
  return names;
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (text === "" || !(number >= 0)) throw new InvalidInput(`${name}: a number of 0 or more, not ${text}`);
  return number;
}

function ablationsOf(text: string): Asked["ablations"] {
  if (text === "none" || text === "network" || text === "trainings") return text;
  throw new InvalidInput(`--ablations: none, network or trainings, not ${text}`);
}
