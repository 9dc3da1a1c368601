// Feature health: how the feature service is doing, as the calls that serving makes of it show.

export interface FeatureHealth {
  /** Requests are not sent. */
  readonly breakerOpen: boolean;
  /** Requests since the start: with an answer, without one, and not sent because the breaker was open. */
  readonly answered: number;
  readonly failed: number;
  readonly unsent: number;
  /** Why the last one failed, or what was wrong with one user of it; null when nothing was. */
  readonly lastFailure: string | null;
}
