// Quality benchmark
// Does it allocate better than other methods, on six synthetic markets whose truth is known and on real experiments? Ours, as
// served and user by user, is held against others that learn from the same log (peers/). One scorer judges all (scorer.ts;
// experiments/judge.ts).
//
//   npm run bench:quality -- [--quick] [--worlds A,a,B,b,C,D] [--seeds 101,102,…] [--rows 0,15000,…] [--people 20000]
//                            [--methods ours,reference,mark,s,t,x,forest,tarnet,dragonnet,dfcl] [--noise 0,0.05,0.1]
//                            [--ablations network|trainings] [--experiments hillstrom,…|MAPPING.yaml=FILE|none] [--folds 3]
//                            [--repeats 1] [--unit COLUMN] [--results FILE] [--keep] [--report]
//
// Each figure is added to the results as soon as it is known; --keep takes those that are there, of an earlier run or one
// that was stopped, and measures what is missing. RESULTS.md and its pictures are made of them, with --report of those
// that are there alone. --rows 0: each world's own. --noise: shares of outcomes that are flipped or inflated.
// --ablations: ours with one choice at a time set otherwise, from the same network, or also with trainings of their own.
// --experiments: published ones from STIPEND_DATA (../shared/data), or your own (Criteo's, say) by a mapping and a file.
// --unit: the column that says whose row it is, where users come several times. --quick: ten minutes on two quiet cores.

import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { runScript } from "../../fixtures/script.ts";
import { useBackend } from "../../src/learn/represent/network/tensorflow.ts";
import { preparePython, type Python } from "./environment.ts";
import { experimentOf } from "./experiments/published.ts";
import { measureExperiment } from "./experiments/measure.ts";
import { askedOf, checkFiles, QUALITY, type Asked } from "./options.ts";
import { measureOurs, readEffects, type Truth } from "./ours.ts";
import { writeReport } from "./report/report.ts";
import {
  learnerCode,
  MARKETS_ONLY,
  nameOf,
  OWN_ROWS,
  readResults,
  writeResults,
  type Result,
  type Results,
} from "./results.ts";
import { figuresOf, individualPoints, type Figures } from "./scorer.ts";
import { trainingsOf, variantsOf, type Variant } from "./variants.ts";

type Tell = (text: string) => void;

export async function benchmarkQuality(asked: Asked, tell: Tell): Promise<Results> {
  const backend = await useBackend("auto");
  const python = await preparePython(tell);
  const packages = (await python.script("versions.py", [])).trim();
  const learner = `${backend}, learners ${asked.learn.learners}, src/learn ${learnerCode()}`;
  const load = `load ${loadavg()[0]!.toFixed(0)} on ${cpus().length} processors at the start of the last run`;
  const found: Results = asked.keep ? await readResults(asked.results) : { versions: "", results: [], experiments: [] };
  const results = [...found.results];
  const experiments = [...found.experiments];
  const all: Results = { versions: `Node.js ${process.version}; ${packages}; ${load}`, results, experiments };
  for (const setting of settingsOf(asked)) {
    const missing = missingOf(results, setting, asked);
    if (missing.length === 0) continue;
    for await (const each of measureMarket(setting, { ...asked, methods: missing }, learner, python, tell)) {
      replace(results, each, (other) => nameOf(other) === nameOf(each));
      await writeResults(asked.results, all);
      tell(`${nameOf(each)}: share ${each.share.toFixed(3)}, budget error ${each.error.toFixed(3)}`);
    }
  }
  for (const name of asked.experiments.names) {
    const { name: known } = experimentOf(name, asked.experiments.folder);
    const has = (method: string): boolean =>
      experiments.some((each) => each.experiment === known && each.method === method);
    const methods = asked.methods.filter((method) => !MARKETS_ONLY.has(method));
    if (methods.every(has)) continue;
    for (const each of await measureExperiment(name, { ...asked, methods }, python, learner, tell))
      replace(experiments, each, (other) => other.experiment === known && other.method === each.method);
    await writeResults(asked.results, all);
  }
  return all;
}

function replace<T>(into: T[], item: T, isSame: (other: T) => boolean): void {
  const others = into.filter((other) => !isSame(other));
  into.splice(0, into.length, ...others, item);
}

interface Setting {
  readonly world: string;
  readonly rows: number;
  readonly noise: number;
  readonly seed: number;
}

/** Seed by seed, so that a run that is stopped has as many of one world as of another. */
function settingsOf({ worlds, rows, noise, seeds }: Asked): Setting[] {
  return seeds.flatMap((seed) =>
    rows.flatMap((some) =>
      noise.flatMap((share) => worlds.map((world) => ({ world, rows: some || OWN_ROWS[world]!, noise: share, seed }))),
    ),
  );
}

function missingOf(results: readonly Result[], setting: Setting, asked: Asked): string[] {
  const { world, rows, noise, seed } = setting;
  const has = (method: string): boolean =>
    results.some(
      (each) =>
        each.world === world &&
        each.rows === rows &&
        each.noise === noise &&
        each.seed === seed &&
        each.people === asked.people &&
        each.method === method,
    );
  const ours = ["ours", ...variantsAsked(asked).map(({ name }) => name)];
  return asked.methods.filter((method) => !(method === "ours" ? ours.every(has) : has(method)));
}

function variantsAsked({ ablations, learn }: Asked): Variant[] {
  if (ablations === "none") return [];
  return [...variantsOf(learn), ...(ablations === "trainings" ? trainingsOf(learn) : [])];
}

async function* measureMarket(
  { world, rows, noise, seed }: Setting,
  asked: Asked,
  learner: string,
  python: Python,
  tell: Tell,
): AsyncGenerator<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), "stipend-quality-"));
  const { people } = asked;
  const result = (method: string, seconds: number, figures: Figures): Result => ({
    ...{ world, rows, people, noise, seed, method, seconds },
    ...figures,
  });
  try {
    await python.script("world.py", [world, seed, rows, people, folder, noise].map(String));
    const truth = await readTruth(folder, "truth", "shifted_truth");
    for (const method of asked.methods) {
      tell(`world ${world}, ${rows} rows, noise ${noise}, seed ${seed}: ${method}`);
      if (method === "ours") {
        const ours = await measureOurs(folder, truth, asked.learn, seed, variantsAsked(asked));
        const own = { name: "individual", served: ours.individual, seconds: ours.seconds };
        yield { ...result("ours", ours.seconds, figuresOf(ours.served, truth.people)), learner };
        for (const { name, served, seconds } of [own, ...ours.variants])
          yield { ...result(name, seconds, figuresOf(served, truth.people)), learner };
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

await runScript(import.meta.url, QUALITY, async (values) => {
  const asked = askedOf(values);
  checkFiles(asked);
  const tell = (text: string): unknown => process.stderr.write(`${text}\n`);
  const found = asked.report ? await readResults(asked.results) : await benchmarkQuality(asked, tell);
  await writeReport(found, path.dirname(asked.results));
});
