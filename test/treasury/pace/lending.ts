// Lending: a campaign whose treasurer lends all that it may at every look, and whose shards hold all that is lent. Each look
// is so a chance to pass the budget. Nothing else of the treasurer is here: only marks, the risk, and holds that end.

import type { Campaign } from "../../../src/domain/campaign/campaign.ts";
import type { AccountTotals } from "../../../src/domain/campaign/control.ts";
import type { Random } from "../../../src/domain/random.ts";
import { watchCohorts, type Cohorts } from "../../../src/treasury/forecast/cohorts.ts";
import { riskOf } from "../../../src/treasury/pace/risk.ts";

export interface LendingOptions {
  readonly campaign: Campaign;
  /** Of holds; the budget is so many of the largest. */
  readonly budgetHolds: number;
  readonly redemption: number;
  /** Of a hold's life, when it is redeemed. */
  readonly after: (unit: number) => number;
  /** Of those redeemed, the share that is declined instead; and of the face, what is redeemed of it. */
  readonly declined?: number;
  readonly part?: number;
  /** Holds asked for at a look, by the share of the period that has passed. */
  readonly demand: (share: number) => number;
  readonly random: Random;
  /** False: the reserve is lent as well, to show what it is for. */
  readonly keepsReserve?: boolean;
}

export interface Lent {
  /** Of the budget, when all has ended. */
  readonly spent: number;
  /** Of the budget, the most that was lent. */
  readonly lent: number;
}

interface Hold {
  readonly endMs: number;
  readonly faceMinor: number;
  readonly redeemedMinor: number;
}

const STEP_MS = 1_000;

export function playLending(options: LendingOptions): Lent {
  const { campaign, budgetHolds, demand } = options;
  const faces = campaign.arms.map(({ faceMinor }) => Number(faceMinor)).filter((face) => face > 0);
  const budget = budgetHolds * Math.max(...faces);
  const money = { reserved: 0, settled: 0, released: 0 };
  let [open, cohorts, lent]: [Hold[], Cohorts | null, number] = [[], null, 0];
  const end = (isOver: (hold: Hold) => boolean): void => {
    for (const { faceMinor, redeemedMinor } of open.filter(isOver)) {
      money.settled += redeemedMinor;
      money.released += faceMinor - redeemedMinor;
    }
    open = open.filter((hold) => !isOver(hold));
  };
  for (let nowMs = 0; nowMs < campaign.endMs; nowMs += STEP_MS) {
    end(({ endMs }) => endMs <= nowMs);
    cohorts = watchCohorts(cohorts, campaign, totalsOf(money), options.redemption, nowMs);
    const { overbookedMinor, reserveMinor } = riskOf(campaign, cohorts);
    const most = budget + Number(overbookedMinor) + (options.keepsReserve === false ? Number(reserveMinor) : 0);
    lent = Math.max(lent, most / budget - 1);
    for (let wanted = demand(nowMs / campaign.endMs); wanted > 0; wanted -= 1) {
      const hold = holdOf(options, faces, nowMs);
      if (money.reserved - money.released + hold.faceMinor > most) break;
      money.reserved += hold.faceMinor;
      open.push(hold);
    }
  }
  end(() => true);
  return { spent: money.settled / budget, lent };
}

function holdOf(options: LendingOptions, faces: readonly number[], nowMs: number): Hold {
  const { campaign, redemption, after, declined = 0, part = 1, random } = options;
  const faceMinor = faces[random.below(faces.length)] ?? 0;
  const isOut = random.unit() < redemption;
  const share = isOut ? after(random.unit()) : 1;
  const endMs = nowMs + Math.max(1, Math.ceil(share * campaign.reservation.ttlMs));
  const redeemedMinor = isOut && random.unit() >= declined ? Math.round(part * faceMinor) : 0;
  return { endMs, faceMinor, redeemedMinor };
}

function totalsOf(money: { reserved: number; settled: number; released: number }): AccountTotals {
  const [reserved, settled, released] = [BigInt(money.reserved), BigInt(money.settled), BigInt(money.released)];
  return { granted: 0n, returned: 0n, reserved, settled, released, sent: 0n };
}
