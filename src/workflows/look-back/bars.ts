// Bars: how long each bar of a chart over time is, so that there are enough of them to see something and few enough to tell apart.

import type { ReasonsOverTime } from "../../report/campaign/reasons-chart.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Each is a whole number of the one before. */
const LENGTHS = [
  [1_000, "a second"],
  [10_000, "10 seconds"],
  [MINUTE_MS, "a minute"],
  [5 * MINUTE_MS, "5 minutes"],
  [15 * MINUTE_MS, "a quarter of an hour"],
  [30 * MINUTE_MS, "half an hour"],
  [HOUR_MS, "an hour"],
  [3 * HOUR_MS, "3 hours"],
  [6 * HOUR_MS, "6 hours"],
  [12 * HOUR_MS, "half a day"],
  [DAY_MS, "a day"],
  [7 * DAY_MS, "a week"],
  [28 * DAY_MS, "4 weeks"],
  [364 * DAY_MS, "52 weeks"],
] as const;
const MOST_BARS = 120;

export function barsOf(rangeMs: number): ReasonsOverTime["bars"] {
  const found = LENGTHS.findIndex(([length]) => rangeMs / length <= MOST_BARS);
  const [length, words] = LENGTHS[found] ?? [364 * DAY_MS, "52 weeks"];
  const [next, nextWords] = LENGTHS[found + 1] ?? [length, words];
  return { length, words, narrow: { together: next / length, words: nextWords } };
}
