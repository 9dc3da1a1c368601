// Format: figures and tables as RESULTS.md has them.

import { mean } from "../scorer.ts";
import { deviation, type Difference } from "../statistics.ts";

export function digits(value: number, places = 3): string {
  return value
    .toFixed(places)
    .replace(/^(-?)0\./, "$1.")
    .replace("-", "−");
}

export function signed(value: number, places = 3): string {
  return `${value < 0 ? "−" : "+"}${digits(Math.abs(value), places)}`;
}

/** Mean ± the deviation of one seed. */
export function overSeeds(values: readonly number[]): string {
  if (values.length === 0) return "";
  return values.length > 1 ? `${digits(mean(values))} ± ${digits(deviation(values))}` : digits(values[0]!);
}

export function difference({ mean: middle, interval }: Difference): string {
  return interval === null ? signed(middle) : `${signed(middle)} (${signed(interval.low)} to ${signed(interval.high)})`;
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return ["", line(heads), line(heads.map((_, at) => (at === 0 ? "---" : "---:"))), ...rows.map(line)];
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

export function rowsText(rows: number): string {
  return rows.toLocaleString("en");
}
