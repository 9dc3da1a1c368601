// Not measured: what is missing from the results at hand, and what is not in the benchmark at all, with the reason.

import { EXPERIMENTS } from "../experiments/published.ts";
import { learnerCode, METHODS, WORLDS, type Results } from "../results.ts";
import { trainingsOf, variantsOf } from "../variants.ts";
import { LEARN_OPTIONS } from "../../../src/learn/train-options.ts";
import { labelOf, methodsIn, of, titleOf, type Setting } from "./settings.ts";

export function notMeasured({ results, experiments }: Results, settings: readonly Setting[]): string[] {
  const worlds = Object.keys(WORLDS).filter((world) => !results.some((each) => each.world === world));
  const clean = settings.filter(({ noise }) => noise === 0);
  const holes = Object.entries(METHODS).flatMap(([method, name]) => {
    const without = clean.filter((setting) => of(setting, method).length === 0);
    return without.length === 0 ? [] : [`${name}: not in ${without.map(titleOf).join("; ")}`];
  });
  const few = clean.flatMap((setting) => {
    const byCount = Map.groupBy(methodsIn([setting]), (method) => of(setting, method).length);
    const counts = [...byCount]
      .filter(([count]) => count < TEN)
      .map(
        ([count, methods]) =>
          `${count} of ${methods.length === 1 ? labelOf(methods[0]!) : `${methods.length} methods`}`,
      );
    return counts.length === 0 ? [] : [`ten seeds in ${titleOf(setting)}: ${counts.join(", ")}`];
  });
  const variants = [...variantsOf(LEARN_OPTIONS), ...trainingsOf(LEARN_OPTIONS)].filter(
    ({ name }) => !results.some(({ method }) => method === name),
  );
  const real = EXPERIMENTS.filter(({ name }) => !experiments.some(({ experiment }) => experiment === name));
  return [
    ...(worlds.length > 0 ? [`worlds ${worlds.join(", ")}`] : []),
    ...holes,
    ...few,
    ...(settings.some(({ noise }) => noise > 0) ? [] : ["label noise (`--noise 0,0.05,0.1`)"]),
    ...(results.some(({ rows }) => rows >= 1_000_000) ? [] : ["logs of a million rows (`--rows 1000000`)"]),
    ...(variants.length > 0
      ? [`ours with one choice set otherwise: ${variants.map(({ name }) => name).join("; ")}`]
      : []),
    ...(real.length > 0 ? [`real experiments: ${real.map(({ name }) => name).join(", ")}`] : []),
    ...otherLearners({ results, experiments }),
    ...NOT_IN_IT,
  ];
}

/** Seeds that the comparison is meant to have. */
const TEN = 10;

/** Figures of ours that are of another state of the learner than the code beside this. */
function otherLearners({ results, experiments }: Pick<Results, "results" | "experiments">): string[] {
  const now = learnerCode();
  const old = [...results, ...experiments].filter(({ learner }) => learner !== undefined && !learner.endsWith(now));
  if (old.length === 0) return [];
  const whose = (each: (typeof old)[number]): string => ("world" in each ? `world ${each.world}` : each.experiment);
  const states = [...Map.groupBy(old, ({ learner }) => learner!)].map(
    ([learner, some]) => `${learner} (${[...new Set(some.map(whose))].join(", ")})`,
  );
  return [
    `the learner as it is now (src/learn ${now}) in all: ${old.length} figures of ours are of ${states.join("; ")}`,
  ];
}

const NOT_IN_IT = [
  "E3IR: we know of no maintained package of it; its heads are monotone in a dose, which only the ordered coupons here have",
  "DRP (direct rank): for one arm and the control; neither it nor an extension to several arms under one budget has a " +
    "maintained package",
  "causalml's own DragonNet: for one arm and the control, a network for each arm and each of reward and cost, in batches of 64: " +
    "its time was not spent; ours, in JAX, has all arms on one trunk",
  "how a day of pacing turns a plan into spend (`npm run bench:pacing`)",
];
