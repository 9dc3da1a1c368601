// Options of the representation network: every choice of it, with the default that learn.md's pilot measured.

export interface NetworkOptions {
  /** Members of the ensemble over the shared trunk; null: 8, and 16 below 50,000 training rows. */
  readonly members: number | null;
  /** Widths of the two shared layers. */
  readonly widths: readonly [number, number];
  readonly dropout: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Decay of the exponential moving average of the weights, per step. */
  readonly average: number;
  readonly maxEpochs: number;
  /** Epochs without a better validation loss before it stops. */
  readonly patience: number;
  /** Penalty on what is an arm's own. */
  readonly pooling: number;
  /** Arms lend each other strength by their dose (rank one) where they are ordered; `nominal` never. */
  readonly effects: "auto" | "nominal";
  /** Weight of the amounts' Gamma deviance beside the log-losses. */
  readonly amountWeight: number;
  /** Training and validation rows at most, a seeded uniform sample. */
  readonly maxTrainRows: number;
  readonly maxValidateRows: number;
}
