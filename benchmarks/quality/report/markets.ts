// Markets: a section for each market, number of rows and noise.

import { SCORES_ONLY, WORLDS, type Result } from "../results.ts";
import { mean } from "../scorer.ts";
import { pairedDifference } from "../statistics.ts";
import { capital, difference, overSeeds, rowsText, table } from "./format.ts";
import { isVariant, labelOf, methodsIn, of, type Setting } from "./settings.ts";

const FIGURES = ["share", "error", "frozen", "resolved"] as const;
const HEADS = ["share", "error", "shifted, as it was", "shifted, solved again"] as const;

export function marketSection(setting: Setting): string[] {
  const { world, rows, noise, results } = setting;
  const seeds = [...new Set(results.map(({ seed }) => seed))].toSorted((a, b) => a - b);
  const people = [...new Set(results.map((each) => rowsText(each.people)))].join(" or ");
  const noisy = noise > 0 ? `, ${100 * noise} % of the outcomes wrong` : "";
  return [
    "",
    `## World ${world}, ${rowsText(rows)} rows${noisy}`,
    "",
    `${capital(WORLDS[world] ?? "")}. ${seeds.length > 1 ? "Seeds" : "Seed"} ${seeds.join(", ")}; ${people} people.`,
    ...table(
      ["method", "seeds", ...HEADS, "ours less this", "ours is", "seconds"],
      methodsIn([setting]).map((method) => {
        const own = of(setting, method);
        const found = method === "ours" ? null : pairedDifference(of(setting, "ours"), own, ({ share }) => share);
        return [
          labelOf(method),
          String(own.length),
          ...figures(method, own),
          found === null ? "" : difference(found),
          found === null ? "" : found.verdict,
          String(Math.round(mean(own.map(({ seconds }) => seconds)))),
        ];
      }),
    ),
    ...(methodsIn([setting]).some((method) => SCORES_ONLY.has(method)) ? ["", SCORES_TOLD] : []),
    "",
    `![Share by budget](${marketPicture(setting)})`,
    ...ablations(setting),
  ];
}

/** Under a table that has one of them. */
export const SCORES_TOLD =
  "† Trained on what its policy earns, its predicted costs are scores that rank and need not be amounts of money: this says " +
  "nothing of how it ranks, and it takes no part in the median of the budget errors.";

function figures(method: string, results: readonly Result[]): string[] {
  const mark = (key: (typeof FIGURES)[number]): string => (key !== "share" && SCORES_ONLY.has(method) ? " †" : "");
  return FIGURES.map((key) => `${overSeeds(results.map((each) => each[key]))}${mark(key)}`);
}

/** Ours with one choice set otherwise, on the seeds that have it. */
function ablations(setting: Setting): string[] {
  const names = [...new Set(setting.results.map(({ method }) => method))].filter(isVariant);
  if (names.length === 0) return [];
  const seeds = new Set(setting.results.filter(({ method }) => isVariant(method)).map(({ seed }) => seed));
  const some = { ...setting, results: setting.results.filter(({ seed }) => seeds.has(seed)) };
  return [
    "",
    `Ours with one choice set otherwise (${seeds.size > 1 ? "seeds" : "seed"} ${[...seeds].join(", ")}):`,
    ...table(
      ["otherwise", ...HEADS, "ours less this", "ours is"],
      ["ours", "individual", ...names].map((name) => {
        const own = of(some, name);
        const found = name === "ours" ? null : pairedDifference(of(some, "ours"), own, ({ share }) => share);
        const cells = found === null ? ["", ""] : [difference(found), found.verdict];
        return [name === "individual" ? "no clusters: user by user" : labelOf(name), ...figures(name, own), ...cells];
      }),
    ),
  ];
}

export function marketPicture({ world, rows, noise }: Setting): string {
  const name = world === world.toLowerCase() ? `${world}-small` : world;
  return `share-${name}-${rows}${noise > 0 ? `-noise-${noise}` : ""}.svg`;
}
