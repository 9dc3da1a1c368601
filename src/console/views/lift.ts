// Lift: what a campaign brought beside its holdout, as the pages show it.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import type { HoldoutValue } from "../../evaluate/policy/holdout.ts";
import { rewardUnit } from "../../domain/campaign/reward-unit.ts";

export type Lift =
  /** Nobody is held out, or there are too few users to say anything. */
  | { readonly kind: "none" }
  | {
      readonly kind: "measured";
      /** Of the decisions since then; null: of all that the log keeps. */
      readonly sinceMs: number | null;
      readonly unit: string;
      /** Of a thousand users, with its 95 % interval. */
      readonly perThousand: LiftRange;
      /** Of all users that the campaign served. */
      readonly total: LiftRange;
      readonly users: number;
      readonly heldOut: number;
      /** Of how many users one was counted; the totals are of all. */
      readonly oneIn: number;
    };

export interface LiftRange {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const THOUSAND = 1_000;

/** `running` null: nothing of the campaign is known. */
export function liftOf(
  running: { readonly value: HoldoutValue | null; readonly oneIn: number } | null,
  campaign: Campaign,
  sinceMs: number | null,
): Lift {
  if (running === null || running.value === null) return { kind: "none" };
  const { value, oneIn } = running;
  const { unit, weight } = rewardUnit(campaign);
  const times = ({ value: mean, low, high }: LiftRange, factor: number): LiftRange => ({
    value: mean * factor,
    low: low * factor,
    high: high * factor,
  });
  return {
    kind: "measured",
    sinceMs,
    unit,
    perThousand: times(value.perUser, THOUSAND / weight),
    total: times(value.total, oneIn / weight),
    users: value.served.users * oneIn,
    heldOut: value.heldOut.users * oneIn,
    oneIn,
  };
}
