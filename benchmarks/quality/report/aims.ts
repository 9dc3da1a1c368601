// Aims: what the comparison has to show, market by market, and whether it does. The rules stand here before any figure:
//
//   the reference    ours user by user no less than the reference's share, on average
//   over the mark    ours less the mark at least two points of the best possible, and better by the verdict's rule
//   over the others  better than each other method
//   own level        as served at most one point below ours user by user
//   spread           deviation over seeds no wider than the mark's (three seeds or more of both)
//   in place         budget error no worse than the mark's (not `worse` by the verdict's rule)
//   shifted          budget error solved again at most half of the median of the other methods' solved again
//   noise            at the largest noise, the least share lost of all
//   classifier       the classifier's groups keep .998 of the share of the network's groups

import { METHODS, PEERS, SCORES_ONLY } from "../results.ts";
import { mean } from "../scorer.ts";
import { deviation, FEWEST, median, pairedDifference } from "../statistics.ts";
import { difference, digits, table } from "./format.ts";
import { lostAt } from "./noise.ts";
import { of, peersIn, titleOf, type Setting } from "./settings.ts";

/** What is seen, and whether it is enough; null where it was not measured, or not often enough. */
type Finding = { readonly text: string; readonly isMet: boolean | null } | null;

const AIMS: Readonly<Record<string, (setting: Setting, all: readonly Setting[]) => Finding>> = {
  "user by user at least the reference": overTheReference,
  "two points over the mark": overTheMark,
  "better than each other": overTheOthers,
  "within a point of user by user": ownLevel,
  "spread no wider than the mark's": spread,
  "error in place no worse than the mark's": inPlace,
  "shifted error half of the median's": shifted,
  "least lost to noise": noise,
  "classifier keeps .998": classifier,
};

export function aimsSection(settings: readonly Setting[]): string[] {
  const some = settings.filter((setting) => setting.noise === 0 && of(setting, "ours").length > 0);
  if (some.length === 0) return [];
  const told = (finding: Finding): string => {
    if (finding === null) return "";
    return `${finding.isMet === null ? "" : finding.isMet ? "**met** " : "**missed** "}${finding.text}`;
  };
  return [
    "",
    "## What it has to show",
    "",
    "The rules are in `report/aims.ts`. No word where there are fewer than three seeds of what is compared.",
    ...table(
      ["aim", ...some.map(titleOf)],
      Object.entries(AIMS).map(([aim, find]) => [aim, ...some.map((setting) => told(find(setting, settings)))]),
    ),
  ];
}

const TWO_POINTS = 0.02;
const ONE_POINT = 0.01;

function overTheReference(setting: Setting): Finding {
  const found = pairedDifference(of(setting, "individual"), of(setting, "reference"), ({ share }) => share);
  if (found === null) return null;
  return { text: difference(found), isMet: found.interval === null ? null : found.mean >= 0 };
}

function overTheMark(setting: Setting): Finding {
  const found = pairedDifference(of(setting, "ours"), of(setting, "mark"), ({ share }) => share);
  if (found === null) return null;
  const isEnough = found.verdict === "better" && found.mean >= TWO_POINTS;
  return { text: difference(found), isMet: found.interval === null ? null : isEnough };
}

function overTheOthers(setting: Setting): Finding {
  const others = peersIn(setting).filter((method) => method !== "mark");
  const found = others.flatMap((method) => {
    const each = pairedDifference(of(setting, "ours"), of(setting, method), ({ share }) => share);
    return each === null || each.interval === null ? [] : [{ method, each }];
  });
  if (found.length === 0) return null;
  const missing = found.filter(({ each }) => each.verdict !== "better");
  const names = missing.map(({ method }) => METHODS[method]!.replace(/ \(.*/, "")).join(", ");
  return {
    text: missing.length === 0 ? `${found.length} of ${found.length}` : `not ${names}`,
    isMet: missing.length === 0,
  };
}

function ownLevel(setting: Setting): Finding {
  const pairs = pairedDifference(of(setting, "ours"), of(setting, "individual"), ({ share }) => share);
  if (pairs === null) return null;
  return { text: difference(pairs), isMet: pairs.interval === null ? null : pairs.mean >= -ONE_POINT };
}

function spread(setting: Setting): Finding {
  const [ours, mark] = ["ours", "mark"].map((method) => of(setting, method).map(({ share }) => share));
  if (ours!.length < FEWEST || mark!.length < FEWEST) return null;
  const [own, theirs] = [deviation(ours!), deviation(mark!)];
  return { text: `${digits(own)} to ${digits(theirs)}`, isMet: own <= theirs };
}

function inPlace(setting: Setting): Finding {
  const found = pairedDifference(of(setting, "ours"), of(setting, "mark"), ({ error }) => error, "less");
  if (found === null) return null;
  return { text: difference(found), isMet: found.interval === null ? null : found.verdict !== "worse" };
}

function shifted(setting: Setting): Finding {
  const others = peersIn(setting).filter((method) => !SCORES_ONLY.has(method));
  if (others.length < FEWEST || of(setting, "ours").length < FEWEST) return null;
  const theirs = median(others.map((method) => mean(of(setting, method).map(({ resolved }) => resolved))));
  const own = mean(of(setting, "ours").map(({ resolved }) => resolved));
  return { text: `${digits(own)} to ${digits(theirs)}`, isMet: own <= theirs / 2 };
}

function noise(setting: Setting, all: readonly Setting[]): Finding {
  const noisy = all.filter(
    ({ world, rows, noise: share }) => share > 0 && world === setting.world && rows === setting.rows,
  );
  const worst = noisy.toSorted((a, b) => b.noise - a.noise)[0];
  if (worst === undefined) return null;
  const lost = lostAt(setting, worst);
  const own = lost.get("ours");
  const others = [...lost].filter(([method]) => PEERS.includes(method)).map(([, each]) => each);
  if (own === undefined || others.length === 0) return null;
  const isTold = of(worst, "ours").length >= FEWEST;
  return {
    text: `${digits(own)} to ${digits(Math.min(...others))}`,
    isMet: isTold ? own <= Math.min(...others) : null,
  };
}

const TEACHER = "the network's groups, without the classifier";
const KEPT = 0.998;

function classifier(setting: Setting): Finding {
  const pairs = of(setting, TEACHER).flatMap(({ seed, share }) => {
    const own = of(setting, "ours").find((each) => each.seed === seed);
    return own === undefined ? [] : [own.share / share];
  });
  if (pairs.length === 0) return null;
  return { text: digits(mean(pairs), 4), isMet: mean(pairs) >= KEPT };
}
