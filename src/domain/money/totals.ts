// Totals: the arithmetic of an account's cumulative totals, of one shard or of several.

import type { AccountTotals } from "../campaign/control.ts";
import type { Account } from "../decision/decision.ts";
import type { Minor } from "./money.ts";

export const ACCOUNTS: readonly Account[] = ["plan", "exploration"];
export type ByAccount<T> = Readonly<Record<Account, T>>;

export const NO_TOTALS: AccountTotals = {
  granted: 0n,
  returned: 0n,
  reserved: 0n,
  settled: 0n,
  released: 0n,
  sent: 0n,
};

/** Held: neither spend nor back yet. */
export function pendingOf(totals: AccountTotals): Minor {
  return totals.reserved - totals.settled - totals.released;
}

/** Spent: face values that were redeemed, and send costs. */
export function postedOf(totals: AccountTotals): Minor {
  return totals.settled + totals.sent;
}
