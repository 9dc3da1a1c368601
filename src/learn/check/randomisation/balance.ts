// Balance
// How far an arm's users are from the control's, feature by feature and by a classifier of the arm: with chance at work, as
// far as chance takes them. Rows count with one over their propensity, and within the strata that they were drawn in. Pure.

import { itemAt } from "../../../domain/assert.ts";
import type { FeatureSpec } from "../../../domain/session/features.ts";
import { featureWidth } from "../../../domain/session/features.ts";
import type { Block } from "../../nouns.ts";
import { binRows } from "../../trees/bins.ts";
import { aucOf } from "./auc.ts";
import { BINS, boostedScores, type Question } from "./classifier.ts";
import type { ArmBalance, Auc, FeatureDifference } from "./figures.ts";

/** Rows that the classifier looks at, and the fewest of an arm. */
const CLASSIFIED_ROWS = 20_000;
const FEW = 50;

/** Each arm against the control. `strata`: names of features. */
export async function balanceOf(
  block: Block,
  spec: FeatureSpec,
  arms: number,
  strata: readonly string[],
): Promise<ArmBalance[]> {
  const stratumOf = stratumNames(block, spec, strata);
  const binned = binRows(spec, block.x, block.n, { arm: block.arm, arms, dose: null }, BINS);
  const balances: ArmBalance[] = [];
  for (let arm = 1; arm < arms; arm += 1) {
    const weight = weightsOf(block, arm, stratumOf);
    const rows = Uint32Array.from(block.arm.keys()).filter((row) => weight[row]! > 0);
    const own = rows.reduce((count, row) => count + (block.arm[row] === arm ? 1 : 0), 0);
    const y = Uint8Array.from(block.arm, (given) => (given === arm ? 1 : 0));
    balances.push({
      arm,
      rows: [own, rows.length - own],
      differences: own === 0 ? [] : differencesOf(block, spec, arm, weight, rows),
      auc: Math.min(own, rows.length - own) < FEW ? null : await classifierAuc({ rows: binned, y, weight }, rows),
    });
  }
  return balances;
}

/** A row's stratum, by the values of those features. */
export function stratumNames(block: Block, spec: FeatureSpec, names: readonly string[]): (row: number) => string {
  const width = block.x.length / block.n;
  const parts: (readonly [from: number, to: number])[] = [];
  let offset = 0;
  for (const feature of spec.features) {
    if (names.includes(feature.name)) parts.push([offset, offset + featureWidth(feature)]);
    offset += featureWidth(feature);
  }
  return (row) => parts.map(([from, to]) => block.x.subarray(row * width + from, row * width + to).join()).join(";");
}

/** 0 for rows that say nothing here: of other arms, and of strata in which only one of the two arms was given. */
function weightsOf(block: Block, arm: number, stratumOf: (row: number) => string): Float64Array {
  const sums = new Map<string, [control: number, arm: number]>();
  const sides = Int8Array.from(block.arm, (given) => (given === arm ? 1 : given === 0 ? 0 : -1));
  const strata = Array.from(sides, (side, row) => (side < 0 ? "" : stratumOf(row)));
  sides.forEach((side, row) => {
    if (side < 0) return;
    const sum = sums.get(strata[row]!) ?? [0, 0];
    sum[side as 0 | 1] += 1 / block.propensity[row]!;
    sums.set(strata[row]!, sum);
  });
  return Float64Array.from(sides, (side, row) => {
    const [control, own] = (side < 0 ? undefined : sums.get(strata[row]!)) ?? [0, 0];
    if (control === 0 || own === 0) return 0;
    return (control + own) / (side === 1 ? own : control) / block.propensity[row]!;
  });
}

function differencesOf(
  block: Block,
  spec: FeatureSpec,
  arm: number,
  weight: Float64Array,
  rows: Uint32Array,
): FeatureDifference[] {
  const width = block.x.length / block.n;
  const own = new Moments(width);
  const control = new Moments(width);
  for (const row of rows) (block.arm[row] === arm ? own : control).add(block.x, row * width, weight[row]!);
  const se = Math.sqrt(1 / own.effective() + 1 / control.effective());
  let offset = 0;
  return spec.features.map((feature) => {
    const smds = Array.from({ length: featureWidth(feature) }, (_, at) => smd(own, control, offset + at));
    offset += featureWidth(feature);
    const at = smds.reduce((best, value, index) => (Math.abs(value) > Math.abs(itemAt(smds, best)) ? index : best), 0);
    const category = feature.kind === "categorical" ? (feature.categories[at] ?? null) : null;
    return { feature: feature.name, category, smd: itemAt(smds, at), se };
  });
}

/** A column that is constant in both, at two values, tells them apart without end. */
function smd(own: Moments, control: Moments, column: number): number {
  const difference = own.mean(column) - control.mean(column);
  const spread = Math.sqrt((own.variance(column) + control.variance(column)) / 2);
  if (Math.abs(difference) <= 1e-6 * Math.max(1, Math.abs(own.mean(column)))) return 0;
  return spread > 0 ? difference / spread : Math.sign(difference) * 10;
}

class Moments {
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;
  #weight = 0;
  #weightSquares = 0;

  constructor(width: number) {
    this.#sum = new Float64Array(width);
    this.#squares = new Float64Array(width);
  }

  add(x: Float32Array, at: number, weight: number): void {
    this.#weight += weight;
    this.#weightSquares += weight ** 2;
    for (let column = 0; column < this.#sum.length; column += 1) {
      const value = x[at + column]!;
      this.#sum[column]! += weight * value;
      this.#squares[column]! += weight * value ** 2;
    }
  }

  mean(column: number): number {
    return this.#sum[column]! / this.#weight;
  }

  variance(column: number): number {
    return Math.max(0, this.#squares[column]! / this.#weight - this.mean(column) ** 2);
  }

  /** Rows of equal weight that would know as much. */
  effective(): number {
    return this.#weight ** 2 / this.#weightSquares;
  }
}

/** Of two halves of the rows each is judged by what was learned on the other. */
async function classifierAuc({ rows: binned, y, weight }: Question, rows: Uint32Array): Promise<Auc> {
  const step = Math.max(1, Math.ceil(rows.length / CLASSIFIED_ROWS));
  const some = rows.filter((_, index) => index % step === 0);
  const mean = some.reduce((sum, row) => sum + weight[row]!, 0) / some.length;
  const question = { rows: binned, y, weight: weight.map((value) => value / mean) };
  // Rows lie as the file has them: every other one would be every other user of a file in pairs.
  const half = (of: number): Uint32Array => some.filter((row) => ((Math.imul(row, 0x9e3779b1) >>> 17) & 1) === of);
  const [first, second] = [half(0), half(1)];
  const a = await judged(question, first, second);
  const b = await judged(question, second, first);
  // Both halves' figures come of one and the same likeness between them: they move together, and know no more than one.
  return { value: (a.value + b.value) / 2, se: (a.se + b.se) / 2 };
}

async function judged(question: Question, train: Uint32Array, judge: Uint32Array): Promise<Auc> {
  const scores = await boostedScores(question, train, judge);
  return aucOf(
    scores,
    Uint8Array.from(judge, (row) => question.y[row]!),
    Float64Array.from(judge, (row) => question.weight[row]!),
  );
}
