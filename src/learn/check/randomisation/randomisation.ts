// Randomisation
// Whether a log is what it is taken for: one in which chance gave the arms, by the stated propensities. Two tests: the arms'
// shares (sample ratio), and whether anything that was known before tells the arm (balance). What is more than chance is
// told; what is more than chance and large besides makes every figure of the log wrong, and the log is refused.

import { itemAt } from "../../../domain/assert.ts";
import { chiSquareTail, sampleRatio, SAMPLE_RATIO_ALPHA, type SampleRatio } from "../../../domain/sample-ratio.ts";
import type { FeatureSpec } from "../../../domain/session/features.ts";
import { percent } from "../../../domain/figures.ts";
import type { Mapping } from "../../data/mapping/mapping.ts";
import type { Block } from "../../nouns.ts";
import { balanceOf, stratumNames } from "./balance.ts";
import type { ArmBalance, FeatureDifference, Randomisation } from "./figures.ts";

export interface RandomisationInput {
  /** A sample of the rows. */
  readonly block: Block;
  readonly spec: FeatureSpec;
  readonly mapping: Mapping;
  /** Of all rows. */
  readonly rowsOfArm: readonly number[];
}

/** Chance of telling of a log in which nothing is wrong, for each of the two tests. */
const ALPHA = 1e-3;
/** A sample ratio is refused from here on: one log in a thousand is told by chance, and none of a million is refused by it. */
const SAMPLE_RATIO_REFUSED = 1e-6;
/** With so many rows rounded propensities would be refused: a share that is off by less of itself is only told. */
const SHARE_OFF = 0.01;
/** What an AUC, and a standardised mean difference, must surely be above to be refused. */
const AUC_REFUSED = 0.52;
const SMD_REFUSED = 0.1;
/** Of a figure that is exactly chance's, of features that are the same in all rows: its standard error is nothing, too. */
const ROUNDING = 1e-9;
/** A difference below is not worth a word, however sure. */
const SMD_TOLD = 0.05;

export async function judgeRandomisation({
  block,
  spec,
  mapping,
  rowsOfArm,
}: RandomisationInput): Promise<Randomisation> {
  if (mapping.overlap === "partial") return { tested: null, told: [], failed: [] };
  const told: string[] = [];
  const failed: string[] = [];
  const shares = sharesOf(mapping);
  const ratio = shares === null ? null : sampleRatio(rowsOfArm, shares);
  if (ratio !== null && shares !== null) judgeRatio(ratio, rowsOfArm, shares, mapping, told, failed);
  const strata = mapping.arm.strata;
  const arms = await balanceOf(block, spec, mapping.arm.arms.length, strata);
  const columns = block.x.length / block.n;
  for (const balance of arms) judgeArm(balance, arms.length, columns, mapping, told, failed);
  if (shares !== null && strata.length > 0) judgeStrata(block, spec, shares, mapping, told);
  return { tested: { sampleRatio: ratio, arms, strata, rows: block.n }, told, failed };
}

/** Null where a column tells them. */
function sharesOf({ arm: { arms } }: Mapping): number[] | null {
  const shares = arms.flatMap(({ propensity }) => (propensity === null ? [] : [propensity]));
  if (shares.length < arms.length) return null;
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

function judgeRatio(
  { statistic, p }: SampleRatio,
  counts: readonly number[],
  shares: readonly number[],
  { arm: { column, arms } }: Mapping,
  told: string[],
  failed: string[],
): void {
  if (p >= SAMPLE_RATIO_ALPHA) return;
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const off = counts.map((count, arm) => Math.abs(count / rows / itemAt(shares, arm) - 1));
  const list = arms.map(
    ({ id }, arm) => `${id} ${percent(itemAt(counts, arm) / rows, 2)} for ${percent(itemAt(shares, arm), 2)}`,
  );
  const text =
    `column ${column}: sample ratio mismatch: the arms' shares of ${rows} rows are not their propensities (chi-square ` +
    `${statistic.toFixed(1)}, p ${chance(p)}): ${list.join(", ")}: rows of some arms are missing, or the propensities are others`;
  (p < SAMPLE_RATIO_REFUSED && Math.max(...off) > SHARE_OFF ? failed : told).push(text);
}

function judgeArm(
  { arm, auc, differences }: ArmBalance,
  arms: number,
  columns: number,
  mapping: Mapping,
  told: string[],
  failed: string[],
): void {
  const { column, arms: named } = mapping.arm;
  const who = `column ${column}: the users of ${named[arm]?.id} are not like those of ${named[0]?.id}`;
  const against = (value: number, se: number, bound: number): number =>
    value > bound + ROUNDING ? chiSquareTail(1, ((value - bound) / se) ** 2) / 2 : 1;
  if (auc !== null && against(auc.value, auc.se, 0.5) < ALPHA / arms) {
    const [low, high] = [-1.96, 1.96].map((z) => (auc.value + z * auc.se).toFixed(3));
    const text = `${who}: a classifier tells the arm from the features (AUC ${auc.value.toFixed(3)}, 95 % ${low} to ${high}; chance has 0.5)`;
    (against(auc.value, auc.se, AUC_REFUSED) < ALPHA / arms ? failed : told).push(text);
  }
  const alpha = ALPHA / (2 * arms * columns);
  const sure = (bound: number) => (each: FeatureDifference) => against(Math.abs(each.smd), each.se, bound) < alpha;
  const notable = differences.filter((each) => Math.abs(each.smd) > SMD_TOLD && sure(0)(each));
  if (notable.length === 0) return;
  const list = notable
    .toSorted((a, b) => Math.abs(b.smd) - Math.abs(a.smd))
    .slice(0, 3)
    .map(differenceText);
  const text = `${who}: standardised mean differences ${list.join(", ")}`;
  (notable.some(sure(SMD_REFUSED)) ? failed : told).push(text);
}

/** Within strata other shares than overall are what strata are for; but then one propensity for all is an approximation. */
function judgeStrata(
  block: Block,
  spec: FeatureSpec,
  shares: readonly number[],
  { arm: { strata } }: Mapping,
  told: string[],
): void {
  const names = stratumNames(block, spec, strata);
  const counts = new Map<string, number[]>();
  block.arm.forEach((arm, row) => {
    const own = counts.get(names(row)) ?? shares.map(() => 0);
    own[arm]! += 1;
    counts.set(names(row), own);
  });
  const statistic = [...counts.values()].reduce((sum, own) => sum + sampleRatio(own, shares).statistic, 0);
  const p = chiSquareTail(counts.size * (shares.length - 1), statistic);
  if (p >= ALPHA) return;
  told.push(
    `strata ${strata.join(", ")}: within them the arms' shares are not the propensities that hold for all (p ${chance(p)}): ` +
      "figures that weigh rows by propensity are approximations; a propensity column makes them exact",
  );
}

function differenceText({ feature, category, smd }: FeatureDifference): string {
  return `${feature}${category === null ? "" : `=${category}`} ${smd > 0 ? "+" : ""}${smd.toFixed(2)}`;
}

function chance(p: number): string {
  return p < 1e-12 ? "below 1e-12" : p.toPrecision(2);
}
