// One row is one event: what it is, what it must answer, and the balances after it.

import { describe, expect, test } from "vitest";
import { pendingOf, postedOf } from "../../../src/domain/money/totals.ts";
import { Book, freeMinor } from "../../../src/serve/ledger/book.ts";
import type { Reservation } from "../../../src/serve/ledger/reservation.ts";

type Event =
  | readonly ["grant", bigint]
  | readonly ["giveBack", bigint]
  | readonly ["reserve", string, bigint, bigint]
  | readonly ["reserveOn", "plan" | "exploration", string, bigint, bigint]
  | readonly ["reserveUntil", number, string, bigint, bigint]
  | readonly ["post", string, string, bigint | null]
  | readonly ["void", string, string]
  | readonly ["expire", string, number];

/** event, status, then of the plan account: free, pending, posted */
type Row = readonly [event: Event, status: string | bigint | boolean, free: bigint, pending: bigint, posted: bigint];

const UNTIL = 1_000;

function play(rows: readonly Row[]): void {
  const book = new Book();
  const kept = new Map<string, Reservation>();
  for (const [number, [event, status, free, pending, posted]] of rows.entries()) {
    const where = `row ${number + 1}: ${event.join(" ")}`;
    expect(apply(book, kept, event), where).toBe(status);
    const totals = book.totals().plan;
    expect([freeMinor(totals), pendingOf(totals), postedOf(totals)], where).toEqual([free, pending, posted]);
  }
}

function apply(book: Book, kept: Map<string, Reservation>, event: Event): string | bigint | boolean {
  const keep = <T extends { readonly reservation: Reservation | null; readonly status: string }>(result: T): string => {
    if (result.reservation !== null) kept.set(result.reservation.reservationId, result.reservation);
    return result.status;
  };
  const reserve = (account: "plan" | "exploration", id: string, face: bigint, send: bigint, untilMs = UNTIL) =>
    keep(book.reserve(kept.get(id) ?? null, { reservationId: id, account, faceMinor: face, sendMinor: send, untilMs }));
  switch (event[0]) {
    case "grant":
      return book.grant("plan", event[1]);
    case "giveBack":
      return book.giveBack("plan", event[1]);
    case "reserve":
      return reserve("plan", event[1], event[2], event[3]);
    case "reserveOn":
      return reserve(event[1], event[2], event[3], event[4]);
    case "reserveUntil":
      return reserve("plan", event[2], event[3], event[4], event[1]);
    case "post":
      return keep(book.post(kept.get(event[1]) ?? null, event[2], event[3]));
    case "void":
      return keep(book.void(kept.get(event[1]) ?? null, event[2]));
    case "expire":
      return keep(book.expire(kept.get(event[1]) ?? null, event[2]));
  }
}

describe("the book answers each event with its status and these balances", () => {
  test("reserve, post the whole", () =>
    play([
      [["grant", 1_000n], true, 1_000n, 0n, 0n],
      [["reserve", "a", 400n, 10n], "reserved", 590n, 400n, 10n],
      [["post", "a", "o1", null], "posted", 590n, 0n, 410n],
      [["post", "a", "o1", null], "exists", 590n, 0n, 410n],
      [["post", "a", "o1", 400n], "exists", 590n, 0n, 410n],
      [["post", "a", "o1", 399n], "exists_with_other_amount", 590n, 0n, 410n],
      [["void", "a", "o1"], "exists_with_other_end", 590n, 0n, 410n],
      [["post", "a", "o2", null], "late", 590n, 0n, 410n],
      [["void", "a", "o2"], "late", 590n, 0n, 410n],
      [["expire", "a", 5_000], "ended", 590n, 0n, 410n],
    ]));

  test("a partial post releases the rest, once", () =>
    play([
      [["grant", 500n], true, 500n, 0n, 0n],
      [["reserve", "a", 500n, 0n], "reserved", 0n, 500n, 0n],
      [["post", "a", "o1", 120n], "posted", 380n, 0n, 120n],
      [["post", "a", "o2", 100n], "late", 380n, 0n, 120n],
      [["reserve", "b", 380n, 0n], "reserved", 0n, 380n, 120n],
    ]));

  test("a post of nothing ends the reservation", () =>
    play([
      [["grant", 500n], true, 500n, 0n, 0n],
      [["reserve", "a", 500n, 0n], "reserved", 0n, 500n, 0n],
      [["post", "a", "o1", 0n], "posted", 500n, 0n, 0n],
      [["void", "a", "o2"], "late", 500n, 0n, 0n],
    ]));

  test("void and expire give all of it back, but never the send cost", () =>
    play([
      [["grant", 1_000n], true, 1_000n, 0n, 0n],
      [["reserve", "a", 300n, 5n], "reserved", 695n, 300n, 5n],
      [["reserve", "b", 300n, 5n], "reserved", 390n, 600n, 10n],
      [["void", "a", "o1"], "voided", 690n, 300n, 10n],
      [["void", "a", "o1"], "exists", 690n, 300n, 10n],
      [["post", "a", "o1", null], "exists_with_other_end", 690n, 300n, 10n],
      [["expire", "b", UNTIL - 1], "not_due", 690n, 300n, 10n],
      [["expire", "b", UNTIL], "expired", 990n, 0n, 10n],
      [["post", "b", "o2", null], "late", 990n, 0n, 10n],
    ]));

  test("money that is not there is refused, to the last unit", () =>
    play([
      [["reserve", "a", 1n, 0n], "insufficient", 0n, 0n, 0n],
      [["reserve", "free", 0n, 0n], "reserved", 0n, 0n, 0n],
      [["grant", 100n], true, 100n, 0n, 0n],
      [["reserve", "a", 100n, 1n], "insufficient", 100n, 0n, 0n],
      [["reserve", "a", 99n, 1n], "reserved", 0n, 99n, 1n],
      [["reserve", "b", 0n, 1n], "insufficient", 0n, 99n, 1n],
    ]));

  test("the same id again: the same body exists, another body is a named conflict", () =>
    play([
      [["grant", 1_000n], true, 1_000n, 0n, 0n],
      [["reserve", "a", 300n, 5n], "reserved", 695n, 300n, 5n],
      [["reserve", "a", 300n, 5n], "exists", 695n, 300n, 5n],
      [["reserve", "a", 301n, 5n], "exists_with_other_amount", 695n, 300n, 5n],
      [["reserve", "a", 300n, 4n], "exists_with_other_amount", 695n, 300n, 5n],
      [["reserveUntil", 2_000, "a", 300n, 5n], "exists_with_other_time", 695n, 300n, 5n],
      [["reserveOn", "exploration", "a", 300n, 5n], "exists_with_other_account", 695n, 300n, 5n],
      [["post", "a", "o1", null], "posted", 695n, 0n, 305n],
      [["reserve", "a", 300n, 5n], "exists", 695n, 0n, 305n],
    ]));

  test("amounts that cannot be change nothing, and the reservation stays held", () =>
    play([
      [["grant", 1_000n], true, 1_000n, 0n, 0n],
      [["reserve", "n", -1n, 0n], "invalid_amount", 1_000n, 0n, 0n],
      [["reserve", "n", 5n, -1n], "invalid_amount", 1_000n, 0n, 0n],
      [["reserve", "a", 300n, 0n], "reserved", 700n, 300n, 0n],
      [["post", "a", "o1", 301n], "exceeds_hold", 700n, 300n, 0n],
      [["post", "a", "o1", -1n], "invalid_amount", 700n, 300n, 0n],
      [["post", "a", "o1", 300n], "posted", 700n, 0n, 300n],
    ]));

  test("what was never reserved is not found", () =>
    play([
      [["post", "x", "o", null], "not_found", 0n, 0n, 0n],
      [["void", "x", "o"], "not_found", 0n, 0n, 0n],
      [["expire", "x", 9_999], "not_found", 0n, 0n, 0n],
    ]));

  test("grants are totals: repeated and older ones change nothing", () =>
    play([
      [["grant", 100n], true, 100n, 0n, 0n],
      [["grant", 100n], false, 100n, 0n, 0n],
      [["grant", 60n], false, 100n, 0n, 0n],
      [["grant", 250n], true, 250n, 0n, 0n],
    ]));

  test("only free money goes back, and no more than asked for in all", () =>
    play([
      [["grant", 1_000n], true, 1_000n, 0n, 0n],
      [["reserve", "a", 700n, 0n], "reserved", 300n, 700n, 0n],
      [["giveBack", 500n], 300n, 0n, 700n, 0n],
      [["giveBack", 500n], 0n, 0n, 700n, 0n],
      [["void", "a", "o1"], "voided", 700n, 0n, 0n],
      [["giveBack", 500n], 200n, 500n, 0n, 0n],
      [["giveBack", 400n], 0n, 500n, 0n, 0n],
      [["grant", 1_100n], true, 600n, 0n, 0n],
    ]));

  test("the accounts do not lend to each other", () => {
    const book = new Book();
    book.grant("exploration", 50n);
    const ask = { reservationId: "a", faceMinor: 50n, sendMinor: 0n, untilMs: UNTIL };
    expect(book.reserve(null, { ...ask, account: "plan" }).status).toBe("insufficient");
    expect(book.reserve(null, { ...ask, account: "exploration" }).status).toBe("reserved");
    expect(book.free("exploration")).toBe(0n);
    expect(book.free("plan")).toBe(0n);
  });

  test("a book that does not hold L1 is refused, with its totals", () => {
    const totals = { granted: 10n, returned: 0n, reserved: 11n, settled: 0n, released: 0n, sent: 0n };
    expect(() => new Book({ plan: totals, exploration: { ...totals, reserved: 0n } })).toThrow(
      /does not hold L1: granted 10, returned 0, reserved 11/,
    );
  });
});
