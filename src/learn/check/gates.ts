// Gates
// What must hold of a release's evidence before anything is written. Each broken gate says which evidence it is and by
// how much it is off; each is asked as soon as its evidence is there, so that nothing is worked out for a release that
// cannot be. Pure.

import { itemAt } from "../../domain/assert.ts";
import type { Certificate, ClusterValues } from "../../domain/release/release.ts";
import { percent } from "../../domain/figures.ts";
import type { StudentCheck } from "../distil/student-check.ts";
import type { GateOptions } from "../train-options.ts";

/** The evidence of a release is broken: it is not published. */
export class GateFailed extends Error {
  override name = "GateFailed";
  readonly broken: readonly string[];

  constructor(broken: readonly string[]) {
    super(`the release's evidence is broken, so it is not published:\n${broken.map((each) => `  ${each}`).join("\n")}`);
    this.broken = broken;
  }
}

/** Throws `GateFailed` when something is broken. */
export function holdGates(broken: readonly string[]): void {
  if (broken.length > 0) throw new GateFailed(broken);
}

/** What is served is what was trained, and it is worth nearly as much. */
export function brokenClassifier(
  { onnxDifference, onnxRows, valueRatio, rows }: StudentCheck,
  bounds: GateOptions,
): string[] {
  const broken: string[] = [];
  // A NaN passes no comparison, so each gate asks whether it holds.
  if (!(onnxDifference <= bounds.onnxDifference))
    broken.push(
      `classifier: onnxruntime and the trained student differ by up to ${onnxDifference} in a probability on ` +
        `${onnxRows} rows; at most ${bounds.onnxDifference} is allowed`,
    );
  if (!(valueRatio >= bounds.studentValue))
    broken.push(
      `classifier: it keeps ${(100 * valueRatio).toFixed(2)} % of the segments' added reward on ${rows} ` +
        `rows kept back; at least ${100 * bounds.studentValue} % is needed: give it more rows or fewer segments (--clusters)`,
    );
  return broken;
}

/** Every cluster has rows of the log. */
export function brokenClusters(rowsOfCluster: readonly number[]): string[] {
  const empty = [...rowsOfCluster.keys()].filter((cluster) => !(itemAt(rowsOfCluster, cluster) > 0));
  if (empty.length === 0) return [];
  return [
    `segments: ${empty.length} of ${rowsOfCluster.length} have no row (${listed(empty)}); train with fewer segments (--clusters)`,
  ];
}

/** Every value has a standard error. */
export function brokenErrors(values: ClusterValues, arms: readonly string[]): string[] {
  return (["rewardSe", "costSe"] as const).flatMap((key) => {
    const missing: string[] = [];
    for (let cluster = 0; cluster < values.mix.length; cluster += 1)
      for (let arm = 0; arm < arms.length; arm += 1) {
        const error = values[key][cluster]?.[arm];
        if (!(error !== undefined && error >= 0 && error < Infinity))
          missing.push(`cluster ${cluster} × ${arms[arm]}: ${error ?? "none"}`);
      }
    return missing.length === 0
      ? []
      : [`${key}: ${missing.length} standard errors are missing or no numbers (${listed(missing)})`];
  });
}

export function brokenPlan({ maxGap, gapBound }: Pick<Certificate, "maxGap" | "gapBound">): string[] {
  if (maxGap <= gapBound) return [];
  return [`plan: the largest gap to the bound is ${percent(maxGap, 3)}; at most ${percent(gapBound, 3)} is allowed`];
}

function listed(items: readonly (string | number)[]): string {
  const shown = items.slice(0, 5).join(", ");
  return items.length > 5 ? `${shown}, …` : shown;
}
