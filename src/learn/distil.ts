// Being built: the signature that the other steps integrate against.
import type { Progress } from "./nouns.ts";

export interface DistilInput {
  /** [n, width], unscaled, as FeatureSpec lays it out */
  readonly x: Float32Array;
  readonly n: number;
  readonly width: number;
  /** Cluster of each row. */
  readonly labels: Int32Array | Uint8Array;
  readonly clusters: number;
  readonly seed: number;
  /** Weight of each row (for instance what a wrong cluster costs there); null: all alike. */
  readonly weights?: Float32Array | null;
  readonly options?: Partial<StudentOptions>;
  readonly progress?: Progress;
}

export interface StudentOptions {
  readonly widths: readonly [number, number];
  readonly batch: number;
  readonly learningRate: number;
  readonly maxEpochs: number;
  readonly patience: number;
  /** Share of the rows kept back for early stopping and for `agreement`. */
  readonly holdback: number;
  readonly maxRows: number;
}

export interface Student {
  readonly width: number;
  readonly clusters: number;
  /** Share of held-back rows whose likeliest class is the label. */
  readonly agreement: number;
  readonly epochs: number;
  /** [n, clusters] */
  probabilities(x: Float32Array, n: number): Float32Array;
  /** Likeliest class of each row. */
  classes(x: Float32Array, n: number): Int32Array;
  /** The same network as an ONNX graph with the scaling inside; the same weights give the same bytes. */
  toOnnx(): Uint8Array;
  dispose(): void;
}

export function distil(_input: DistilInput): Promise<Student> {
  throw new Error("not yet");
}
