// One slope
// A weighted regression of one number, with a standard error that noise of any shape allows (White 1980).

import type { SlopeWithError } from "../nouns.ts";

/** Of `y` on `x`, no intercept: the slope with the least squares, each row counting by `counts`; null where x says nothing. */
export function oneSlope(y: Float64Array, x: Float64Array, counts: Float64Array): SlopeWithError | null {
  let [across, along] = [0, 0];
  for (let row = 0; row < x.length; row += 1) {
    across += counts[row]! * x[row]! ** 2;
    along += counts[row]! * x[row]! * y[row]!;
  }
  if (!(across > 0) || !Number.isFinite(across)) return null;
  const slope = along / across;
  let noise = 0;
  for (let row = 0; row < x.length; row += 1) noise += (counts[row]! * x[row]! * (y[row]! - slope * x[row]!)) ** 2;
  return { slope, error: Math.sqrt(noise) / across };
}

/** Where both are known, each counts by how well. */
export function pooled(a: SlopeWithError, b: SlopeWithError): number {
  const ofB = a.error ** 2 / (a.error ** 2 + b.error ** 2);
  return a.slope + ofB * (b.slope - a.slope);
}

/** Users who bring much also vary much: a row counts by one over what is expected of it, of no less than this share of the mean. */
const LEAST = 0.05;

/** By row, from what is expected of it over all arms and the propensity of the arm that it got. */
export function countsOf(level: Float64Array, propensity: ArrayLike<number>): Float64Array {
  const least = (LEAST * level.reduce((sum, each) => sum + Math.abs(each), 0)) / level.length;
  return level.map((each, row) => 1 / (propensity[row]! * Math.max(least, each)));
}

/** Of each row, the mean over the arms of what is foretold: [n] of [n, arms]. */
export function levelsOf(foretold: Float32Array, arms: number): Float64Array {
  const found = new Float64Array(foretold.length / arms);
  for (let cell = 0; cell < foretold.length; cell += 1) found[Math.floor(cell / arms)]! += foretold[cell]! / arms;
  return found;
}
