// Account sums: what each account has held, spent and got back, tick by tick, from decision and settlement rows alone: what a
// finance department would see, and the only source of the day's "never over".

import type { Account, Decision, Settlement } from "../../domain/decision/decision.ts";
import type { Minor } from "../../domain/money/money.ts";

export interface AccountSum {
  /** All that was ever held for face values. */
  reserved: Minor;
  /** Held money that became spend. */
  settled: Minor;
  /** All spend: settled, and send costs. */
  posted: Minor;
  /** Held money that came back unspent: expired, voided, or the rest of a partial post. */
  expired: Minor;
  voided: Minor;
  rest: Minor;
  /** Largest that held and spent were together. */
  peak: Minor;
  /** Outcomes that came after the end: rows, never money. */
  late: number;
}

export interface MoneyPoint {
  readonly atMs: number;
  readonly reserved: number;
  readonly posted: number;
  readonly pending: number;
}

export class AccountSums {
  readonly accounts: Record<Account, AccountSum> = { plan: noSum(), exploration: noSum() };
  /** Of the plan account, one a tick. */
  readonly points: MoneyPoint[] = [];

  decision(decision: Decision): void {
    if (decision.account === null || decision.reservedMinor === 0n) return;
    const now = this.accounts[decision.account];
    const sent = decision.sendMinor;
    now.reserved += decision.reservedMinor - sent;
    now.posted += sent;
    this.#peak(now);
  }

  settlement(settlement: Settlement): void {
    const now = this.accounts[settlement.account];
    const { status, amountMinor, releasedMinor } = settlement;
    if (status === "late") now.late += 1;
    if (status === "posted") {
      now.settled += amountMinor;
      now.posted += amountMinor;
      now.rest += releasedMinor;
    }
    if (status === "voided") now.voided += releasedMinor;
    if (status === "expired") now.expired += releasedMinor;
  }

  tick(atMs: number): void {
    const { reserved, posted } = this.accounts.plan;
    const pending = Number(heldOf(this.accounts.plan));
    this.points.push({ atMs, reserved: Number(reserved), posted: Number(posted), pending });
  }

  /** Of each tick the settlements are taken first, as each cycle does: what came back can be drawn again at once. */
  #peak(now: AccountSum): void {
    const out = heldOf(now) + now.posted;
    if (out > now.peak) now.peak = out;
  }
}

/** What is held now: of all that was held, less what became spend and what came back. */
export function heldOf(now: AccountSum): Minor {
  return now.reserved - now.settled - now.expired - now.voided - now.rest;
}

function noSum(): AccountSum {
  return { reserved: 0n, settled: 0n, posted: 0n, expired: 0n, voided: 0n, rest: 0n, peak: 0n, late: 0 };
}
