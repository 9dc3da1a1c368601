// Sums: what the rows of one shard come to, for one campaign and account. Its own arithmetic: nothing here is the ledger's.

import type { AccountTotals } from "../../domain/campaign/control.ts";
import type { Minor } from "../../domain/money/money.ts";

export class VerifiedSums {
  reserved = 0n;
  settled = 0n;
  released = 0n;
  sent = 0n;
  /** Largest held + spent at the end of any cycle since the last report. */
  highest = 0n;
  /** Of reservations from before the proof begins: what may still end. Null when that is not known yet. */
  beforeBeginning: bigint | null = 0n;
  /** As last reported. */
  granted = 0n;
  returned = 0n;

  /** Pending and posted: what is held, what became spend, and what was sent. */
  get inUse(): bigint {
    return this.reserved - this.released + this.sent;
  }

  endOfCycle(): void {
    if (this.inUse > this.highest) this.highest = this.inUse;
  }

  /** What differs from the report, in words; null when nothing does. */
  differenceFrom(totals: AccountTotals, money: (amount: Minor) => string): string | null {
    const fields = ["reserved", "settled", "released", "sent"] as const;
    const different = fields.filter((field) => this[field] !== totals[field]);
    if (different.length === 0) return null;
    return different
      .map((field) => `${field} ${money(totals[field])}, the rows come to ${money(this[field])}`)
      .join("; ");
  }

  /** The report's numbers count from here on. */
  rebase(totals: AccountTotals): void {
    this.reserved = totals.reserved;
    this.settled = totals.settled;
    this.released = totals.released;
    this.sent = totals.sent;
    this.granted = totals.granted;
    this.returned = totals.returned;
    this.highest = this.inUse;
  }
}
