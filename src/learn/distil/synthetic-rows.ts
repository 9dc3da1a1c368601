// Synthetic rows
// More rows for the student to learn from than the log has: the teacher can label any row, so that nothing but invented
// features is needed. After MUNGE (Buciluǎ, Caruana & Niculescu-Mizil, "Model Compression", KDD 2006): a row takes each
// feature, with a stated probability, from a row that is near to it, which keeps what features have to do with each other.

import { featureWidth, type FeatureSpec } from "../../domain/session/features.ts";
import type { Random } from "../../domain/random.ts";
import { fitScaling, scaleRows } from "../represent/network/scaling.ts";

/** Of so many rows drawn by chance the nearest is the one to take from: a search of all would grow with the log's square. */
const NEAR_AMONG = 40;
const TAKEN = 0.5;

/** `x`: [n, width], unscaled, as `spec` lays it out. Returns [wanted, width]; no value in it that no row of `x` has. */
export function syntheticRows(
  spec: FeatureSpec,
  x: Float32Array,
  n: number,
  wanted: number,
  random: Random,
): Float32Array {
  const blocks = blocksOf(spec);
  const width = x.length / n;
  const scaled = new Float32Array(x.length);
  scaleRows(fitScaling(x, n, width), x, 0, n, scaled);
  const out = new Float32Array(wanted * width);
  const draw = (): number => random.below(n);
  for (let row = 0; row < wanted; row += 1) {
    const base = draw();
    let [near, least] = [base, Infinity];
    for (let turn = 0; turn < NEAR_AMONG; turn += 1) {
      const other = draw();
      const distance = other === base ? Infinity : distanceOf(scaled, width, base, other, least);
      if (distance < least) [near, least] = [other, distance];
    }
    for (const { from, columns } of blocks) {
      const source = (random.unit() < TAKEN ? near : base) * width + from;
      for (let column = 0; column < columns; column += 1) out[row * width + from + column] = x[source + column]!;
    }
  }
  return out;
}

function blocksOf(spec: FeatureSpec): { from: number; columns: number }[] {
  let from = 0;
  return spec.features.map((feature) => {
    const block = { from, columns: featureWidth(feature) };
    from += block.columns;
    return block;
  });
}

/** Squared; given up once it is `most`. */
function distanceOf(scaled: Float32Array, width: number, a: number, b: number, most: number): number {
  let sum = 0;
  for (let column = 0; column < width && sum < most; column += 1)
    sum += (scaled[a * width + column]! - scaled[b * width + column]!) ** 2;
  return sum;
}
