// Trend
// Whether something grows: the slope of a series by Theil and Sen (the median of the slopes between all pairs, which a
// few odd values do not move) with Sen's 95 % interval, and a picture of it in one line.
// The interval takes the values for independent: give it medians of stretches, not every sample.

import { median } from "./quantile.ts";

const Z_95 = 1.96;
const BARS = "▁▂▃▄▅▆▇█";

export interface Trend {
  /** Per unit of the times. */
  readonly slope: number;
  readonly low: number;
  readonly high: number;
}

/** Of at least two values; with very few, the interval is all slopes there are. */
export function trendOf(times: readonly number[], values: readonly number[]): Trend {
  const slopes: number[] = [];
  for (let i = 0; i < values.length; i += 1)
    for (let j = i + 1; j < values.length; j += 1)
      slopes.push(((values[j] ?? NaN) - (values[i] ?? NaN)) / ((times[j] ?? NaN) - (times[i] ?? NaN)));
  slopes.sort((a, b) => a - b);
  const n = values.length;
  const half = (Z_95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)) / 2;
  const at = (index: number): number => slopes[Math.min(slopes.length - 1, Math.max(0, index))] ?? NaN;
  return {
    slope: median(slopes),
    low: at(Math.floor(slopes.length / 2 - half) - 1),
    high: at(Math.ceil(slopes.length / 2 + half)),
  };
}

/** From the smallest value to the largest. */
export function sparkline(values: readonly number[]): string {
  const least = Math.min(...values);
  const range = Math.max(...values) - least;
  const bar = (value: number): string =>
    BARS[range === 0 ? 0 : Math.round(((value - least) / range) * (BARS.length - 1))] ?? "";
  return values.map(bar).join("");
}
