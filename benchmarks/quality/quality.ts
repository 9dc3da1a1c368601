// Quality benchmark
// Does it allocate better than other methods? On six synthetic markets whose truth is known, from the same randomised log:
// ours as served and ours user by user, beside boosted trees (S-, T-, X-learner, and the mark: an S-learner in two parts,
// tuned), a causal forest, TARNet, DragonNet and a decision-focused network. One scorer judges all (scorer.ts).
// The other methods run in a Python environment that this makes from pinned packages; worlds and methods are in peers/.
//
//   npm run bench:quality -- [--quick] [--worlds A,a,B,b,C,D] [--seeds 101,102,103] [--rows N] [--people 50000]
//                            [--methods ours,mark,s,t,x,forest,tarnet,dragonnet,dfcl] [--noise 0] [--results FILE] [--keep]
//                            [--ablations] [--report]
//
// Each figure is added to the results as soon as it is known, one for each world, rows, noise, seed and method; --keep
// takes those that are there, of an earlier run or one that was stopped, and measures what is missing. RESULTS.md and its
// pictures are made of them, with --report of those that are there alone. --ablations: ours with one choice at a time set
// otherwise, from the same network. --quick: ten minutes on two quiet cores.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { useBackend } from "../../src/learn/represent/tensorflow.ts";
import { LEARN_OPTIONS, type LearnOptions } from "../../src/learn/train-options.ts";
import { preparePython, type Python } from "./environment.ts";
import { measureOurs, readEffects, type Truth } from "./ours.ts";
import { writeReport, type Result, type Results } from "./report.ts";
import { figuresOf, individualPoints, type Figures } from "./scorer.ts";
import { variantsOf } from "./variants.ts";

const METHODS = ["ours", "mark", "s", "t", "x", "forest", "tarnet", "dragonnet", "dfcl"] as const;
/** With the rows that each has unless others are asked for (peers/worlds.py). */
const OWN_ROWS: Readonly<Record<string, number>> = {
  A: 100_000,
  a: 30_000,
  B: 100_000,
  b: 30_000,
  C: 60_000,
  D: 60_000,
};
const WORLDS = Object.keys(OWN_ROWS);

interface Asked {
  readonly worlds: readonly string[];
  readonly seeds: readonly number[];
  /** 0: the world's own. */
  readonly rows: number;
  readonly people: number;
  readonly methods: readonly string[];
  /** Shares of outcomes that are flipped or inflated. */
  readonly noise: readonly number[];
  readonly learn: LearnOptions;
  readonly results: string;
  readonly keep: boolean;
  /** Ours with one choice set otherwise, too (variants.ts). */
  readonly ablations: boolean;
  /** Nothing is run: only the report of what is there. */
  readonly report: boolean;
}

const FULL: Asked = {
  ...{
    worlds: WORLDS,
    seeds: [101, 102, 103],
    rows: 0,
    people: 50_000,
    methods: METHODS,
    noise: [0],
    keep: false,
    ablations: false,
    report: false,
  },
  learn: LEARN_OPTIONS,
  results: path.join(import.meta.dirname, "results.json"),
};
/** Without the forest, which alone takes longer than all others. */
const QUICK: Asked = {
  ...FULL,
  ...{ seeds: [101], rows: 15_000, people: 20_000, methods: METHODS.filter((name) => name !== "forest") },
};

export async function benchmarkQuality(asked: Asked, tell: (text: string) => void): Promise<Results> {
  const backend = await useBackend("auto");
  const python = await preparePython(tell);
  const packages = (await python.script("versions.py", [])).trim();
  const load = `load ${loadavg()[0]!.toFixed(0)} on ${cpus().length} processors at the start of the last run`;
  const versions = `Node.js ${process.version}, ${backend}; ${packages}; ${load}`;
  const results: Result[] = asked.keep ? [...(await readResults(asked.results)).results] : [];
  for (const setting of settingsOf(asked)) {
    const has = (method: string): boolean => results.some((each) => isOf(each, setting, asked, method));
    const variants = asked.ablations ? variantsOf(asked.learn) : [];
    const methods = asked.methods.filter(
      (method) => !has(method) || (method === "ours" && !variants.every(({ name }) => has(name))),
    );
    if (methods.length === 0) continue;
    for await (const found of measureWorld(setting, { ...asked, methods }, python, tell)) {
      const others = results.filter((each) => nameOf(each) !== nameOf(found));
      results.splice(0, results.length, ...others, found);
      await writeFile(asked.results, `${JSON.stringify({ versions, results }, null, 1)}\n`);
      tell(`${nameOf(found)}: share ${found.share.toFixed(3)}, budget error ${found.error.toFixed(3)}`);
    }
  }
  return { versions, results };
}

interface Setting {
  readonly world: string;
  readonly noise: number;
  readonly seed: number;
}

/** Seed by seed, so that a run that is stopped has as many of one world as of another. */
function settingsOf({ worlds, noise, seeds }: Asked): Setting[] {
  return seeds.flatMap((seed) => noise.flatMap((share) => worlds.map((world) => ({ world, noise: share, seed }))));
}

/** Whether the results have it already. */
function isOf(result: Result, { world, noise, seed }: Setting, { rows, people }: Asked, method: string): boolean {
  const same = result.world === world && result.noise === noise && result.seed === seed && result.method === method;
  return same && result.people === people && result.rows === (rows || OWN_ROWS[world]);
}

async function readResults(file: string): Promise<Results> {
  return JSON.parse(await readFile(file, "utf8").catch(() => '{"versions":"","results":[]}')) as Results;
}

function nameOf({ world, rows, noise, seed, method }: Result): string {
  return `${world}, ${rows} rows, noise ${noise}, seed ${seed}, ${method}`;
}

async function* measureWorld(
  { world, noise, seed }: Setting,
  asked: Asked,
  python: Python,
  tell: (text: string) => void,
): AsyncGenerator<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), "stipend-quality-"));
  try {
    const { rows, people } = asked;
    await python.script("world.py", [world, seed, rows, people, folder, noise].map(String));
    const truth = await readTruth(folder, "truth", "shifted_truth");
    const log = await readFile(path.join(folder, "log.csv"), "utf8");
    const known = { world, rows: log.trimEnd().split("\n").length - 1, people, noise, seed };
    const result = (method: string, seconds: number, figures: Figures): Result => ({
      ...known,
      method,
      seconds,
      ...figures,
    });
    for (const method of asked.methods) {
      tell(`world ${world}, seed ${seed}: ${method}`);
      if (method === "ours") {
        const variants = asked.ablations ? variantsOf(asked.learn) : [];
        const ours = await measureOurs(folder, truth, asked.learn, seed, variants);
        yield result("ours", ours.seconds, figuresOf(ours.served, truth.people));
        yield result("individual", ours.seconds, figuresOf(ours.individual, truth.people));
        for (const { name, served } of ours.variants) yield result(name, ours.seconds, figuresOf(served, truth.people));
        continue;
      }
      const seconds = Number(await python.script("peers.py", [method, folder, String(seed)]));
      const told = await readTruth(folder, method, `${method}_shifted`);
      yield result(method, seconds, figuresOf(individualPoints(told, truth), truth.people));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readTruth(folder: string, people: string, shifted: string): Promise<Truth> {
  return {
    people: await readEffects(path.join(folder, `${people}.parquet`)),
    shifted: await readEffects(path.join(folder, `${shifted}.parquet`)),
  };
}

function askedOf(args: readonly string[]): Asked {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{
        quick: { type: "boolean" },
        keep: { type: "boolean" },
        ablations: { type: "boolean" },
        worlds: text,
        seeds: text,
        rows: text,
        people: text,
      },
      ...{ methods: text, noise: text, results: text, report: { type: "boolean" } },
    },
  });
  const base = values.quick ? QUICK : FULL;
  const numbers = (list: string | undefined): number[] | undefined => list?.split(",").map(Number);
  return {
    ...base,
    worlds: values.worlds?.split(",") ?? base.worlds,
    seeds: numbers(values.seeds) ?? base.seeds,
    rows: Number(values.rows ?? base.rows),
    people: Number(values.people ?? base.people),
    methods: values.methods?.split(",") ?? base.methods,
    noise: numbers(values.noise) ?? base.noise,
    results: values.results ?? base.results,
    keep: values.keep ?? false,
    ablations: values.ablations ?? false,
    report: values.report ?? false,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const asked = askedOf(process.argv.slice(2));
  const tell = (text: string): unknown => process.stderr.write(`${text}\n`);
  const found = asked.report ? await readResults(asked.results) : await benchmarkQuality(asked, tell);
  await writeReport(found, path.dirname(asked.results));
}
