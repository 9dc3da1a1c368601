// Gates
// What must hold of a release's evidence before anything is written. Each broken gate says which evidence it is and by
// how much it is off. Pure.

import type { Certificate, ClusterValues } from "../domain/release.ts";
import type { GateOptions } from "./train-options.ts";

export interface GateInput {
  readonly arms: readonly string[];
  /** Largest |difference| of a probability between the ONNX graph and the trained student, on `onnxRows` rows. */
  readonly onnxDifference: number;
  readonly onnxRows: number;
  /** Rows of the log in each cluster. */
  readonly rowsOfCluster: readonly number[];
  readonly certificate: Pick<Certificate, "maxGap" | "gapBound">;
  readonly values: ClusterValues;
  /** Share of the teacher's incremental reward that the student's classes keep, on `studentRows` test rows. */
  readonly studentValueRatio: number;
  readonly studentRows: number;
  readonly bounds: GateOptions;
}

/** The evidence of a release is broken: it is not published. */
export class GateFailed extends Error {
  override name = "GateFailed";
  readonly broken: readonly string[];

  constructor(broken: readonly string[]) {
    super(`the release's evidence is broken, so it is not published:\n${broken.map((each) => `  ${each}`).join("\n")}`);
    this.broken = broken;
  }
}

/** Throws `GateFailed` with every gate that is broken. */
export function holdGates(input: GateInput): void {
  const broken = brokenGates(input);
  if (broken.length > 0) throw new GateFailed(broken);
}

export function brokenGates(input: GateInput): string[] {
  return [...classifierGates(input), ...clusterGates(input), ...planGates(input), ...errorGates(input)];
}

function classifierGates({ onnxDifference, onnxRows, studentValueRatio, studentRows, bounds }: GateInput): string[] {
  const broken: string[] = [];
  // A NaN passes no comparison, so each gate asks whether it holds.
  if (!(onnxDifference <= bounds.onnxDifference))
    broken.push(
      `classifier: onnxruntime and the trained student differ by up to ${onnxDifference} in a probability on ` +
        `${onnxRows} rows; at most ${bounds.onnxDifference} is allowed`,
    );
  if (!(studentValueRatio >= bounds.studentValue))
    broken.push(
      `student: its classes keep ${(100 * studentValueRatio).toFixed(2)} % of the teacher's incremental reward on ` +
        `${studentRows} test rows; at least ${100 * bounds.studentValue} % is needed: give it more rows or fewer clusters`,
    );
  return broken;
}

function clusterGates({ rowsOfCluster }: GateInput): string[] {
  const empty = [...rowsOfCluster.keys()].filter((cluster) => !((rowsOfCluster[cluster] ?? 0) > 0));
  if (empty.length === 0) return [];
  return [
    `clusters: ${empty.length} of ${rowsOfCluster.length} have no row (${listed(empty)}); train with fewer clusters`,
  ];
}

function planGates({ certificate: { maxGap, gapBound } }: GateInput): string[] {
  if (maxGap <= gapBound) return [];
  return [`plan: the largest gap to the bound is ${percent(maxGap)}; at most ${percent(gapBound)} is allowed`];
}

function errorGates({ values, arms }: GateInput): string[] {
  return (["rewardSe", "costSe"] as const).flatMap((key) => {
    const missing: string[] = [];
    for (let cluster = 0; cluster < values.mix.length; cluster += 1)
      for (let arm = 0; arm < arms.length; arm += 1) {
        const error = values[key][cluster]?.[arm] ?? Number.NaN;
        if (!(error >= 0 && error < Infinity)) missing.push(`cluster ${cluster} × ${arms[arm]}: ${error}`);
      }
    return missing.length === 0
      ? []
      : [`${key}: ${missing.length} standard errors are no numbers (${listed(missing)})`];
  });
}

function listed(items: readonly (string | number)[]): string {
  const shown = items.slice(0, 5).join(", ");
  return items.length > 5 ? `${shown}, …` : shown;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(3)} %`;
}
