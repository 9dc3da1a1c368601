// Book
// Decides what an event does to the money of one campaign in one shard. It reads no clock, waits for nothing and keeps only
// the totals: reservations come in as values and go out as values. test/serve/ledger tests it against SPEC.md.
//
// Invariants:
//   L1. pending + posted ≤ granted − returned, on each account, after every event.
//   L4. Granted, returned, reserved, settled, released and sent only grow.
//   L5. A reservation ends once.

import { assert } from "../../domain/assert.ts";
import type { AccountTotals } from "../../domain/campaign/control.ts";
import type { Account } from "../../domain/decision/decision.ts";
import { MAX_MINOR, type Minor } from "../../domain/money/money.ts";
import { NO_TOTALS, pendingOf, type ByAccount } from "../../domain/money/totals.ts";
import { LEGALITY, type LedgerEvent, type LedgerRule } from "./legality.ts";
import type {
  EndResult,
  ExpireStatus,
  PostStatus,
  Reservation,
  ReserveRequest,
  ReserveResult,
  ReserveStatus,
  VoidStatus,
} from "./reservation.ts";

export type BookTotals = ByAccount<AccountTotals>;

type Mutable = { -readonly [Field in keyof AccountTotals]: AccountTotals[Field] };

/** What could be reserved now. */
export function freeMinor(totals: AccountTotals): Minor {
  return totals.granted - totals.returned - (totals.reserved - totals.released) - totals.sent;
}

export class Book {
  readonly #plan: Mutable;
  readonly #exploration: Mutable;

  constructor(totals: BookTotals = { plan: NO_TOTALS, exploration: NO_TOTALS }) {
    this.#plan = { ...totals.plan };
    this.#exploration = { ...totals.exploration };
    checkAccount(this.#plan);
    checkAccount(this.#exploration);
  }

  totals(): BookTotals {
    return { plan: { ...this.#plan }, exploration: { ...this.#exploration } };
  }

  free(account: Account): Minor {
    return freeMinor(this.#of(account));
  }

  /** The treasurer's total for this shard. An older or repeated message carries no more than is known: nothing changes. */
  grant(account: Account, grantedMinor: Minor): boolean {
    const totals = this.#of(account);
    if (grantedMinor <= totals.granted) return false;
    totals.granted = grantedMinor;
    return true;
  }

  /** Gives back free money until `returned` reaches the target; answers how much went back now. */
  giveBack(account: Account, targetMinor: Minor): Minor {
    const totals = this.#of(account);
    const wanted = targetMinor - totals.returned;
    const free = freeMinor(totals);
    const amount = wanted < free ? wanted : free;
    if (amount <= 0n) return 0n;
    totals.returned += amount;
    checkAccount(totals);
    return amount;
  }

  /** Holds the face value and posts the send cost, or does nothing and says why. */
  reserve(known: Reservation | null, request: ReserveRequest): ReserveResult {
    if (verdict(known, "reserve") === "compare" && known !== null)
      return { status: compareReserve(known, request), reservation: known };
    if (request.faceMinor < 0n || request.sendMinor < 0n) return { status: "invalid_amount", reservation: null };
    const totals = this.#of(request.account);
    if (request.faceMinor + request.sendMinor > freeMinor(totals) || !canAdd(totals, request))
      return { status: "insufficient", reservation: null };
    totals.reserved += request.faceMinor;
    totals.sent += request.sendMinor;
    checkAccount(totals);
    const { reservationId, account, faceMinor, sendMinor, untilMs } = request;
    return {
      status: "reserved",
      reservation: {
        reservationId,
        account,
        faceMinor,
        sendMinor,
        untilMs,
        state: "held",
        settledMinor: 0n,
        endedBy: null,
      },
    };
  }

  /** Turns held money into spend: the whole face value when `amountMinor` is null, else that much, and the rest goes back. */
  post(known: Reservation | null, outcomeId: string, amountMinor: Minor | null): EndResult<PostStatus> {
    const verdictNow = verdict(known, "post");
    if (known === null) return ended("not_found", null);
    const amount = amountMinor ?? known.faceMinor;
    if (verdictNow === "ended") return ended(comparePost(known, outcomeId, amount), known);
    if (amount < 0n) return ended("invalid_amount", known);
    if (amount > known.faceMinor) return ended("exceeds_hold", known);
    return this.#end(known, "posted", outcomeId, amount);
  }

  /** Lets held money go. */
  void(known: Reservation | null, outcomeId: string): EndResult<VoidStatus> {
    const verdictNow = verdict(known, "void");
    if (known === null) return ended("not_found", null);
    if (verdictNow === "ended") return ended(compareVoid(known, outcomeId), known);
    return this.#end(known, "voided", outcomeId, 0n);
  }

  /** Lets held money go because its time is over. */
  expire(known: Reservation | null, nowMs: number): EndResult<ExpireStatus> {
    const verdictNow = verdict(known, "expire");
    if (known === null) return ended("not_found", null);
    if (verdictNow === "none") return ended("ended", known);
    if (nowMs < known.untilMs) return ended("not_due", known);
    return this.#end(known, "expired", null, 0n);
  }

  #end<State extends "posted" | "voided" | "expired">(
    known: Reservation,
    state: State,
    endedBy: string | null,
    settledMinor: Minor,
  ): EndResult<State> {
    const totals = this.#of(known.account);
    const releasedMinor = known.faceMinor - settledMinor;
    totals.settled += settledMinor;
    totals.released += releasedMinor;
    checkAccount(totals);
    return { status: state, reservation: { ...known, state, settledMinor, endedBy }, settledMinor, releasedMinor };
  }

  #of(account: Account): Mutable {
    return account === "plan" ? this.#plan : this.#exploration;
  }
}

function verdict(known: Reservation | null, event: LedgerEvent): LedgerRule {
  return LEGALITY[known === null ? "absent" : known.state][event];
}

function compareReserve(known: Reservation, request: ReserveRequest): ReserveStatus {
  assert(
    known.reservationId === request.reservationId,
    `${request.reservationId} compared with ${known.reservationId}`,
  );
  if (known.account !== request.account) return "exists_with_other_account";
  if (known.faceMinor !== request.faceMinor || known.sendMinor !== request.sendMinor) return "exists_with_other_amount";
  return known.untilMs === request.untilMs ? "exists" : "exists_with_other_time";
}

function comparePost(known: Reservation, outcomeId: string, amountMinor: Minor): PostStatus {
  if (known.endedBy !== outcomeId) return "late";
  if (known.state !== "posted") return "exists_with_other_end";
  return known.settledMinor === amountMinor ? "exists" : "exists_with_other_amount";
}

function compareVoid(known: Reservation, outcomeId: string): VoidStatus {
  if (known.endedBy !== outcomeId) return "late";
  return known.state === "voided" ? "exists" : "exists_with_other_end";
}

function ended<Status>(status: Status, reservation: Reservation | null): EndResult<Status> {
  return { status, reservation, settledMinor: 0n, releasedMinor: 0n };
}

/** Totals only grow, and never beyond what a record can carry: an account that has turned over so much is used up. */
function canAdd(totals: AccountTotals, { faceMinor, sendMinor }: ReserveRequest): boolean {
  return totals.reserved + faceMinor <= MAX_MINOR && totals.sent + sendMinor <= MAX_MINOR;
}

/** L1, and nothing below zero: wrong money stops the task. */
function checkAccount(totals: AccountTotals): void {
  if (freeMinor(totals) < 0n || pendingOf(totals) < 0n || totals.returned < 0n || totals.returned > totals.granted)
    throwBroken(totals);
}

function throwBroken(totals: AccountTotals): never {
  const text = Object.entries(totals)
    .map(([name, amount]) => `${name} ${amount}`)
    .join(", ");
  assert(false, `the book does not hold L1: ${text}`);
}
