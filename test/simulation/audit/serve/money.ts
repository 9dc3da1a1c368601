// Money: one account of one campaign in one shard, by the auditor's own arithmetic, in plain numbers.

import type { AccountTotals } from "../../../../src/domain/campaign/control.ts";
import type { Account } from "../../../../src/domain/decision/decision.ts";

export const ACCOUNTS: readonly Account[] = ["plan", "exploration"];
export type ByAccount<T> = Record<Account, T>;

export const TOTALS = ["granted", "returned", "reserved", "settled", "released", "sent"] as const;

export class Money {
  granted = 0;
  returned = 0;
  reserved = 0;
  settled = 0;
  released = 0;
  sent = 0;

  /** Held and spent. */
  get inUse(): number {
    return this.reserved - this.released + this.sent;
  }

  get free(): number {
    return this.granted - this.returned - this.inUse;
  }

  /** Nothing is held, and nothing is left to be held. */
  get isOver(): boolean {
    return this.free === 0 && this.reserved === this.settled + this.released;
  }

  get posted(): number {
    return this.settled + this.sent;
  }

  /** What the told totals differ in; null when in nothing. */
  differenceFrom(told: AccountTotals): string | null {
    const different = TOTALS.filter((field) => Number(told[field]) !== this[field]);
    return different.length === 0
      ? null
      : different.map((field) => `${field} ${told[field]}, the rows come to ${this[field]}`).join("; ");
  }
}

export function newMoney(): ByAccount<Money> {
  return { plan: new Money(), exploration: new Money() };
}
