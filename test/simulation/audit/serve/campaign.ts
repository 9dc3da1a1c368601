// Campaign in a shard, as its grants say: what is in force in a cycle, and its money by the rows.

import type { Campaign } from "../../../../src/domain/campaign/campaign.ts";
import type { Grant } from "../../../../src/domain/campaign/control.ts";
import { newMoney } from "./money.ts";

export class ShardCampaign {
  /** The shard has nothing of it any more; its money is in the sums all the same. */
  left = false;
  grant: Grant;
  grantOffset: number;
  /** In force for this cycle, and the plan position that goes with it (T4: another release counts from the next cycle on). */
  release: string | null = null;
  planRow = -1;
  readonly money = newMoney();
  /** Sessions that the draw took, and all that it held out: reports count them. */
  eligible = 0;
  heldOut = 0;
  /** Of the last report. */
  reportedRevision = -1;
  /** Whether a user is held out: for the whole day, once seen. */
  readonly holdout = new Map<string, boolean>();

  constructor(grant: Grant, offset: number) {
    this.grant = grant;
    this.grantOffset = offset;
  }

  get campaign(): Campaign {
    return this.grant.campaign;
  }

  get largestHold(): number {
    return this.campaign.arms.reduce((most, arm) => Math.max(most, Number(arm.faceMinor + arm.sendMinor)), 0);
  }

  /** What the cycle before has read comes into force. */
  startCycle(): void {
    this.release = this.grant.release;
    this.planRow = this.grant.planRow;
  }

  take(grant: Grant, offset: number): void {
    this.grant = grant;
    this.grantOffset = offset;
    if (grant.release === this.release) this.planRow = grant.planRow;
  }

  isLive(nowMs: number): boolean {
    return this.grant.state === "live" && nowMs >= this.campaign.startMs && nowMs < this.campaign.endMs;
  }

  serves(surface: string | null): boolean {
    const { surfaces } = this.campaign;
    return surfaces.length === 0 || (surface !== null && surfaces.includes(surface));
  }
}
