// The table of the ledger's SPEC, walked cell by cell, and held against the page that people read.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Book } from "../../../src/serve/ledger/book.ts";
import { LEGALITY, type LedgerEvent, type ReservationState } from "../../../src/serve/ledger/legality.ts";
import type { Reservation } from "../../../src/serve/ledger/reservation.ts";

const STATES: readonly ReservationState[] = ["absent", "held", "posted", "voided", "expired"];
const EVENTS: readonly LedgerEvent[] = ["reserve", "post", "void", "expire"];

function inState(state: ReservationState): { book: Book; reservation: Reservation | null } {
  const book = new Book();
  book.grant("plan", 1_000n);
  if (state === "absent") return { book, reservation: null };
  const held = book.reserve(null, request()).reservation;
  switch (state) {
    case "held":
      return { book, reservation: held };
    case "posted":
      return { book, reservation: book.post(held, "end", 300n).reservation };
    case "voided":
      return { book, reservation: book.void(held, "end").reservation };
    case "expired":
      return { book, reservation: book.expire(held, 100).reservation };
  }
}

function request() {
  return { reservationId: "r-1", account: "plan", faceMinor: 500n, sendMinor: 7n, untilMs: 100 } as const;
}

function send(book: Book, reservation: Reservation | null, event: LedgerEvent) {
  switch (event) {
    case "reserve":
      return book.reserve(reservation, request());
    case "post":
      return book.post(reservation, "other", null);
    case "void":
      return book.void(reservation, "other");
    case "expire":
      return book.expire(reservation, 100);
  }
}

describe("the book does to each state what the table says", () => {
  for (const state of STATES)
    for (const event of EVENTS)
      test(`${state} × ${event} is ${LEGALITY[state][event]}`, () => {
        const { book, reservation } = inState(state);
        const before = book.totals();
        const { status } = send(book, reservation, event);
        const applied = { reserve: "reserved", post: "posted", void: "voided", expire: "expired" }[event];
        const expected = {
          apply: applied,
          compare: "exists",
          ended: "late",
          not_found: "not_found",
          none: "ended",
        }[LEGALITY[state][event]];
        expect(status).toBe(expected);
        if (LEGALITY[state][event] !== "apply") expect(book.totals()).toEqual(before);
        else expect(book.totals()).not.toEqual(before);
      });
});

test("nothing applies after the end", () => {
  for (const state of ["posted", "voided", "expired"] as const)
    expect(Object.values(LEGALITY[state])).not.toContain("apply");
});

test("SPEC.md names every state, event and invariant, and each invariant its enforcement", () => {
  const spec = readFileSync(new URL("../../../src/serve/ledger/SPEC.md", import.meta.url), "utf8");
  for (const state of STATES) expect(spec).toMatch(new RegExp(`^\\| ${state} +\\|`, "m"));
  for (const event of EVENTS) expect(spec).toContain(` ${event} `);
  for (const law of ["L1", "L3", "L4", "L5"])
    expect(spec).toMatch(new RegExp(`^\\*\\*${law}\\.\\*\\*[^]*?\\*\\*Enforcement:\\*\\*`, "m"));
});
