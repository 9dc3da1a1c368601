// Quantiles
// One rule for every figure of the benchmarks: between the two values beside its place, in proportion (Hyndman and Fan's
// type 7, as numpy and R have it). The median is the one at a half, the least at 0, the largest at 1.

/** Of the values in any order; NaN when there are none. */
export function quantiles(values: readonly number[]): (share: number) => number {
  const sorted = Float64Array.from(values).sort();
  return (share) => {
    const place = (sorted.length - 1) * share;
    const below = sorted[Math.floor(place)] ?? Number.NaN;
    const above = sorted[Math.ceil(place)] ?? Number.NaN;
    return below === above ? below : below + (above - below) * (place - Math.floor(place));
  };
}

export function median(values: readonly number[]): number {
  return quantiles(values)(0.5);
}

/** Median, least and largest, whole. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const at = quantiles(values);
  return { median: Math.round(at(0.5)), low: Math.round(at(0)), high: Math.round(at(1)) };
}
