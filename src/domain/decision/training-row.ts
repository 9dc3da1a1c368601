// Training row: what became of one decision, complete for learning, written when its outcome window has ended.

import type { Attributes } from "../session/features.ts";
import type { Minor } from "../money/money.ts";

export interface TrainingRow {
  readonly decisionId: string;
  readonly userId: string;
  readonly campaign: string;
  readonly decidedAtMs: number;
  readonly endedAtMs: number;
  readonly release: string;
  readonly cluster: number;
  readonly arm: number;
  readonly armId: string;
  /** Of each arm, as in the decision. Rows whose arm was not drawn (downgraded, refused) are not written. */
  readonly propensities: readonly number[];
  readonly exploration: boolean;
  readonly holdout: boolean;
  /** As enriched when the decision was made: session, profile and aggregates, by feature name. */
  readonly attributes: Attributes;
  /** Sum per reward name over the outcomes in the window. */
  readonly rewards: Readonly<Record<string, number>>;
  readonly redeemed: boolean;
  /** Send cost plus what was posted. */
  readonly costMinor: Minor;
}
