// Noise: how each method's share falls when a share of the outcomes is wrong, on the seeds that it has with and without.

import { WORLDS, type Result } from "../results.ts";
import { mean } from "../scorer.ts";
import { differenceOf, pairedDifference } from "../statistics.ts";
import { difference, digits, rowsText, table } from "./format.ts";
import { labelOf, methodsIn, of, type Setting } from "./settings.ts";

export function noiseSection(settings: readonly Setting[]): string[] {
  const markets = [...new Set(settings.filter(({ noise }) => noise > 0).map(({ world, rows }) => `${world} ${rows}`))];
  if (markets.length === 0) return [];
  return [
    "",
    "## Label noise",
    "",
    "In a share of the log's rows whether there was an order is turned round, and the basket, if there is one now, is three",
    "times what it was. The truth that policies are judged by stays. **lost**: share without less share with, paired by seed;",
    "**without**: on the seeds that were tried with noise. **ours less this**: with the noise.",
    ...markets.flatMap((market) => {
      const [world = "", rows] = market.split(" ");
      const own = settings.filter((each) => each.world === world && each.rows === Number(rows));
      return marketTable(world, Number(rows), own);
    }),
  ];
}

function marketTable(world: string, rows: number, settings: readonly Setting[]): string[] {
  const clean = settings.find(({ noise }) => noise === 0);
  const noisy = settings.filter(({ noise }) => noise > 0);
  if (clean === undefined) return [];
  const methods = methodsIn(noisy);
  const heads = noisy.flatMap(({ noise }) => [`${100 * noise} %`, "lost", "ours less this"]);
  const share = (result: Result): number => result.share;
  return [
    "",
    `World ${world}, ${rowsText(rows)} rows (${WORLDS[world] ?? ""}):`,
    ...table(
      ["method", "without", ...heads],
      methods.map((method) => [
        labelOf(method),
        digits(
          mean(
            of(clean, method)
              .filter(({ seed }) => isTried(noisy, method, seed))
              .map(share),
          ),
        ),
        ...noisy.flatMap((setting) => {
          const lost = pairedDifference(of(clean, method), of(setting, method), share, "less");
          if (lost === null) return ["", "", ""];
          const ahead = method === "ours" ? null : pairedDifference(of(setting, "ours"), of(setting, method), share);
          const left = digits(mean(of(setting, method).map(share)));
          return [left, difference(lost), ahead === null ? "" : difference(ahead)];
        }),
      ]),
    ),
  ];
}

function isTried(noisy: readonly Setting[], method: string, seed: number): boolean {
  return noisy.some((setting) => of(setting, method).some((each) => each.seed === seed));
}

/** Mean loss of each method at the largest noise of a market; for the aims. */
export function lostAt(clean: Setting, noisy: Setting): ReadonlyMap<string, number> {
  const lost = new Map<string, number>();
  for (const method of methodsIn([noisy])) {
    const pairs = of(noisy, method).flatMap(({ seed, share }) => {
      const before = of(clean, method).find((each) => each.seed === seed);
      return before === undefined ? [] : [before.share - share];
    });
    if (pairs.length > 0) lost.set(method, differenceOf(pairs).mean);
  }
  return lost;
}
