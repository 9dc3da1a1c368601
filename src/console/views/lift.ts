// Lift: what a campaign brought beside its holdout, as the pages show it.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import type { HoldoutValue } from "../../evaluate/policy/holdout.ts";
import { rewardUnit } from "../../domain/campaign/reward-unit.ts";

export type Lift =
  /** Nobody is held out, or there are too few users to say anything. */
  | { readonly kind: "none"; readonly atMs: number }
  /** So many records would have to be read. */
  | { readonly kind: "too_much"; readonly records: number }
  | {
      readonly kind: "measured";
      readonly atMs: number;
      readonly unit: string;
      /** Of a thousand users, with its 95 % interval. */
      readonly perThousand: LiftRange;
      /** Of all users that the campaign served. */
      readonly total: LiftRange;
      readonly users: number;
      readonly heldOut: number;
    };

export interface LiftRange {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const THOUSAND = 1_000;

export function liftOf(value: HoldoutValue | null, campaign: Campaign, atMs: number): Lift {
  if (value === null) return { kind: "none", atMs };
  const { unit, weight } = rewardUnit(campaign);
  const times = ({ value: mean, low, high }: LiftRange, factor: number): LiftRange => ({
    value: mean * factor,
    low: low * factor,
    high: high * factor,
  });
  return {
    kind: "measured",
    atMs,
    unit,
    perThousand: times(value.perUser, THOUSAND / weight),
    total: times(value.total, 1 / weight),
    users: value.served.users,
    heldOut: value.heldOut.users,
  };
}
