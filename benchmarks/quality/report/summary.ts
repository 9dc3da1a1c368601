// Summary: one table over all markets, the first that a reader sees.

import { METHODS } from "../results.ts";
import { FEWEST, pairedDifference } from "../statistics.ts";
import { difference, overSeeds, table } from "./format.ts";
import { labelOf, methodsIn, of, titleOf, type Setting } from "./settings.ts";

export const SUMMARY_PICTURE = "summary.svg";

export function summaryOf(settings: readonly Setting[]): string[] {
  const some = settings.filter(({ noise }) => noise === 0);
  if (some.length === 0) return [];
  const heads = some.map(titleOf);
  const methods = methodsIn(some);
  const others = methods.filter((method) => method !== "ours");
  const compared = (method: string, setting: Setting): string => {
    const found = pairedDifference(of(setting, "ours"), of(setting, method), ({ share }) => share);
    if (found === null) return "";
    return found.verdict === "too few seeds" ? difference(found) : `${difference(found)} **${found.verdict}**`;
  };
  return [
    "",
    "## In short",
    "",
    "Share of the best possible, by market (its own number of rows unless another is named); mean ± the deviation of one seed:",
    ...table(
      ["method", ...heads],
      methods.map((method) => [
        labelOf(method),
        ...some.map((setting) => overSeeds(of(setting, method).map(({ share }) => share))),
      ]),
    ),
    "",
    "Ours as served less this, paired by seed, with the 95 % interval and the verdict on ours:" + undecided(some),
    ...table(
      ["than", ...heads],
      others.map((method) => [METHODS[method]!, ...some.map((setting) => compared(method, setting))]),
    ),
    "",
    `![Ours less each method, by market](${SUMMARY_PICTURE})`,
  ];
}

/** Where nothing is decided yet, that is said first. */
function undecided(settings: readonly Setting[]): string {
  const isDecided = settings.some((setting) => of(setting, "ours").length >= FEWEST);
  return isDecided
    ? ""
    : " **fewer than three seeds of ours in every market, so nothing is decided by these figures.**";
}
