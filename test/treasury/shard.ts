// A shard with a ledger of its own, that shares no code with src/: it holds, redeems, gives back and reports.

import type { AccountTotals, Grant, ShardReport } from "../../src/domain/campaign/control.ts";
import type { Random } from "../../src/domain/random.ts";
import { ACCOUNTS, NO_TOTALS } from "../../src/domain/money/totals.ts";

type Mutable = { -readonly [K in keyof AccountTotals]: bigint };

export const ARMS = [
  { id: "none", faceMinor: 0n, sendMinor: 0n },
  { id: "small", faceMinor: 300n, sendMinor: 0n },
  { id: "large", faceMinor: 1_000n, sendMinor: 5n },
];

interface Hold {
  readonly account: "plan" | "exploration";
  readonly amount: bigint;
  readonly endMs: number;
  readonly redeemed: boolean;
}

export class Shard {
  readonly plan: Mutable = { ...NO_TOTALS };
  readonly exploration: Mutable = { ...NO_TOTALS };
  readonly index: number;
  grant: Grant | null = null;
  grantOffset = -1;
  refused = 0n;
  eligible = 0;
  cycle = 0;
  holds: Hold[] = [];

  constructor(index: number) {
    this.index = index;
  }

  free(account: "plan" | "exploration"): bigint {
    const totals = this[account];
    return totals.granted - totals.returned - totals.reserved + totals.released - totals.sent;
  }

  hear(grant: Grant, offset: number): void {
    this.grant = grant;
    this.grantOffset = offset;
    for (const account of ACCOUNTS) {
      const granted = grant.grantedMinor[account];
      if (granted > this[account].granted) this[account].granted = granted;
    }
  }

  giveBack(): void {
    for (const account of ACCOUNTS) {
      const isUnbidden = account === "plan" && this.grant?.campaign.reservation.policy === "expected";
      const target = (this.grant?.returnTargetMinor[account] ?? 0n) + (isUnbidden ? this[account].released : 0n);
      const wanted = target - this[account].returned;
      const free = this.free(account);
      const amount = wanted < free ? wanted : free;
      if (amount > 0n) this[account].returned += amount;
    }
  }

  settle(nowMs: number): void {
    const open: Hold[] = [];
    for (const hold of this.holds) {
      if (hold.endMs > nowMs) open.push(hold);
      else if (hold.redeemed) this[hold.account].settled += hold.amount;
      else this[hold.account].released += hold.amount;
    }
    this.holds = open;
  }

  /** Tries the arm, then the cheaper ones. */
  draw(arm: number, redeemed: boolean, endMs: number, account: "plan" | "exploration" = "plan"): boolean {
    this.eligible += 1;
    for (let index = arm; index > 0; index -= 1) {
      const { faceMinor, sendMinor } = ARMS[index] ?? { faceMinor: 0n, sendMinor: 0n };
      if (faceMinor + sendMinor <= this.free(account)) {
        this[account].reserved += faceMinor;
        this[account].sent += sendMinor;
        this.holds.push({ account, amount: faceMinor, endMs, redeemed });
        return true;
      }
      if (index === arm && account === "plan") this.refused += faceMinor + sendMinor;
    }
    return false;
  }

  report(campaignId: string, nowMs: number): ShardReport {
    this.cycle += 1;
    return {
      campaign: campaignId,
      shard: this.index,
      atMs: nowMs,
      cycle: this.cycle,
      revision: this.grant?.revision ?? 0,
      release: this.grant?.release ?? null,
      grantOffset: this.grantOffset,
      totals: { plan: { ...this.plan }, exploration: { ...this.exploration } },
      eligibleSessions: this.eligible,
      holdoutSessions: 0,
      refusedMinor: this.refused,
      sessionsByCluster: [this.eligible],
      cells: { planned: [], given: [], reservedMinor: [], settledMinor: [] },
      decisionRows: 0,
      decisionHead: new Uint8Array(32),
      settlementRows: 0,
      settlementHead: new Uint8Array(32),
    };
  }
}

/** Poisson by inversion; small means only. */
export function arrivals(random: Random, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  let count = 0;
  for (let product = random.unit(), least = Math.exp(-mean); product > least; product *= random.unit()) count += 1;
  return count;
}
