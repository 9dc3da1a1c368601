// Options of the representation network: every choice of it, with the default that the pilot measured (docs/METHOD.md).

import { InvalidInput } from "../../../domain/campaign/campaign.ts";

export interface NetworkOptions {
  /** Members over each fold's trunk; null: 2, and 4 where the log has fewer than 50,000 rows. */
  readonly members: number | null;
  /** Widths of the two shared layers. */
  readonly widths: readonly [number, number];
  readonly dropout: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Decoupled (AdamW), on the trunk's matrices. */
  readonly weightDecay: number;
  /** Decay of the exponential moving average of the weights, per step. */
  readonly average: number;
  readonly maxEpochs: number;
  /** Epochs without a better validation loss before it stops. */
  readonly patience: number;
  /** Penalty on what is an arm's own. */
  readonly pooling: number;
  /** Every other trunk also sees products of pairs of features. */
  readonly crosses: boolean;
  /** Ordered arms lend each other strength by their dose (rank one); `nominal`: each its own effect all the same. */
  readonly effects: "auto" | "nominal";
  /** Empirical-Bayes starting values of the arms' intercepts, and a penalty on leaving them; false: the plain means. */
  readonly shrinkIntercepts: boolean;
  /** Weight of the amounts' Gamma deviance beside the log-losses. */
  readonly amountWeight: number;
  /** Rows of the log at most, a seeded uniform sample; each fold's trunk learns from those of the other folds. */
  readonly maxRows: number;
}

export const NETWORK_DEFAULTS: NetworkOptions = {
  members: null,
  widths: [128, 32],
  dropout: 0.3,
  batch: 1024,
  learningRate: 1e-3,
  weightDecay: 1e-4,
  average: 0.99,
  maxEpochs: 40,
  patience: 6,
  pooling: 1e-3,
  crosses: false,
  effects: "auto",
  shrinkIntercepts: true,
  amountWeight: 0.3,
  maxRows: 250_000,
};

/** For tests and for a first look: seconds, at some loss. */
export const QUICK_NETWORK: Partial<NetworkOptions> = {
  members: 1,
  widths: [64, 32],
  maxEpochs: 12,
  patience: 3,
  learningRate: 2e-3,
  average: 0.95,
  batch: 512,
  maxRows: 60_000,
};

const SMALL_LOG = 50_000;

/** Defaults filled in and checked; `rows` is the size of the log. */
export function networkOptions(given: Partial<NetworkOptions>, rows: number): NetworkOptions & { members: number } {
  const options = { ...NETWORK_DEFAULTS, ...given };
  const members = options.members ?? (rows < SMALL_LOG ? 4 : 2);
  const positive = { members, batch: options.batch, maxEpochs: options.maxEpochs, patience: options.patience };
  for (const [name, value] of Object.entries({ ...positive, first: options.widths[0], second: options.widths[1] }))
    if (!Number.isInteger(value) || value < 1)
      throw new InvalidInput(`network option ${name}: a whole number of 1 or more, not ${value}`);
  for (const name of ["dropout", "average"] as const)
    if (!(options[name] >= 0 && options[name] < 1))
      throw new InvalidInput(`network option ${name}: at least 0 and less than 1, not ${options[name]}`);
  return { ...options, members };
}
