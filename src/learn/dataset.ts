// Dataset (being built): the signature that the other steps integrate against.
import type { Mapping } from "./mapping.ts";
import type { Dataset, Progress } from "./nouns.ts";

/** Shares of the rows; they sum to 1. */
export interface Splits {
  readonly train: number;
  readonly validate: number;
  readonly test: number;
}

export interface DatasetOptions {
  readonly files: readonly string[];
  readonly mapping: Mapping;
  readonly seed: number;
  readonly splits?: Splits;
  readonly onProgress?: Progress;
  /** Folder for the staged copy of the log; the system's temporary folder by default. */
  readonly scratch?: string;
  /** DuckDB's own bound; row blocks come on top. */
  readonly memoryLimit?: string;
}

export function openDataset(_options: DatasetOptions): Promise<Dataset> {
  throw new Error("not yet");
}
