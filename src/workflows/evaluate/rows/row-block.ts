// Row block: some rows of a log, of a table as of topics, by what an evaluation asks of each.

export interface RowBlock {
  readonly n: number;
  readonly lot: ArrayLike<number>;
  readonly arm: ArrayLike<number>;
  readonly propensity: ArrayLike<number>;
  readonly reward: ArrayLike<number>;
  readonly cost: ArrayLike<number>;
}
