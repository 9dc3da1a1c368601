// Random lives of the book, against an auditor that shares no code with it. A failure prints its seed; FC_SEED replays it.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Book, type BookTotals } from "../../../src/serve/ledger/book.ts";
import type { Reservation } from "../../../src/serve/ledger/reservation.ts";
import { Auditor } from "./auditor.ts";

const seed = process.env["FC_SEED"];
const runs = (numRuns: number): fc.Parameters<unknown> => ({
  numRuns,
  ...(seed === undefined ? {} : { seed: Number(seed) }),
});

const account = fc.constantFrom("plan" as const, "exploration" as const);
const id = fc.integer({ min: 0, max: 12 }).map((number) => `r-${number}`);
const outcome = fc.integer({ min: 0, max: 6 }).map((number) => `o-${number}`);
const money = fc.bigInt({ min: -2n, max: 400n });

const event = fc.oneof(
  fc.record({ what: fc.constant("grant" as const), account, amount: fc.bigInt({ min: 0n, max: 2_000n }) }),
  fc.record({ what: fc.constant("giveBack" as const), account, amount: fc.bigInt({ min: 0n, max: 1_500n }) }),
  fc.record({
    what: fc.constant("reserve" as const),
    account,
    id,
    face: money,
    send: fc.bigInt({ min: -1n, max: 20n }),
    until: fc.integer({ min: 0, max: 50 }),
  }),
  fc.record({ what: fc.constant("post" as const), id, outcome, amount: fc.option(money) }),
  fc.record({ what: fc.constant("void" as const), id, outcome }),
  fc.record({ what: fc.constant("expire" as const), id, now: fc.integer({ min: 0, max: 60 }) }),
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** Tells the book and writes down for the auditor what the book said it did. */
function step(book: Book, kept: Map<string, Reservation>, auditor: Auditor, event: Event, prefix = ""): string {
  switch (event.what) {
    case "grant":
      book.grant(event.account, event.amount);
      auditor.add({ what: "granted", account: event.account, amount: Number(event.amount) });
      return "granted";
    case "giveBack": {
      const amount = Number(book.giveBack(event.account, event.amount));
      auditor.add({ what: "returned", account: event.account, amount });
      return "returned";
    }
    case "reserve": {
      const reservationId = prefix + event.id;
      const { status, reservation } = book.reserve(kept.get(event.id) ?? null, {
        reservationId,
        account: event.account,
        faceMinor: event.face,
        sendMinor: event.send,
        untilMs: event.until,
      });
      if (status === "reserved" && reservation !== null) {
        kept.set(event.id, reservation);
        const { face, send } = event;
        auditor.add({
          what: "reserved",
          account: event.account,
          reservation: reservationId,
          face: Number(face),
          send: Number(send),
        });
      }
      return status;
    }
    default: {
      const known = kept.get(event.id) ?? null;
      const result =
        event.what === "post"
          ? book.post(known, event.outcome, event.amount)
          : event.what === "void"
            ? book.void(known, event.outcome)
            : book.expire(known, event.now);
      const { status, reservation } = result;
      if (reservation !== null) kept.set(event.id, reservation);
      if (status === "posted" || status === "voided" || status === "expired")
        auditor.add({
          what: status,
          account: reservation?.account ?? "",
          reservation: reservation?.reservationId ?? "",
          amount: Number(result.settledMinor),
          released: Number(result.releasedMinor),
        });
      return status;
    }
  }
}

function expectAgrees(book: Book, auditor: Auditor): void {
  const audited = auditor.balances();
  for (const [name, totals] of Object.entries(book.totals())) {
    const balance = audited.get(name) ?? { granted: 0, returned: 0, held: 0, spent: 0 };
    expect({
      granted: Number(totals.granted),
      returned: Number(totals.returned),
      held: Number(totals.reserved - totals.settled - totals.released),
      spent: Number(totals.settled + totals.sent),
    }).toEqual(balance);
  }
}

function expectGrown(before: BookTotals, after: BookTotals): void {
  for (const account of ["plan", "exploration"] as const)
    for (const field of ["granted", "returned", "reserved", "settled", "released", "sent"] as const)
      if (after[account][field] < before[account][field]) throw new Error(`${account}.${field} fell`);
}

describe("random lives of the book", () => {
  test("the auditor finds the same balances, nothing over the grant, every reservation ended once, totals only growing", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120, size: "max" }), (events) => {
        const book = new Book();
        const kept = new Map<string, Reservation>();
        const auditor = new Auditor();
        for (const event of events) {
          const before = book.totals();
          step(book, kept, auditor, event);
          expectGrown(before, book.totals());
        }
        expectAgrees(book, auditor);
      }),
      runs(1_500),
    );
  });

  test("every event sent twice, at once, changes nothing the second time", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60, size: "max" }), (events) => {
        const book = new Book();
        const kept = new Map<string, Reservation>();
        const auditor = new Auditor();
        for (const event of events) {
          const first = step(book, kept, auditor, event);
          const after = book.totals();
          const second = step(book, kept, auditor, event);
          expect(book.totals()).toEqual(after);
          if (["reserved", "posted", "voided"].includes(first)) expect(second).toBe("exists");
        }
      }),
      runs(500),
    );
  });

  test("a book from stored totals goes on as the one that was never stored", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60, size: "max" }), fc.nat(60), (events, cut) => {
        const kept = new Map<string, Reservation>();
        const keptToo = new Map<string, Reservation>();
        const whole = new Book();
        let stored = new Book();
        for (const [index, event] of events.entries()) {
          if (index === cut) stored = new Book(stored.totals());
          expect(step(stored, keptToo, new Auditor(), event)).toBe(step(whole, kept, new Auditor(), event));
        }
        expect(stored.totals()).toEqual(whole.totals());
      }),
      runs(300),
    );
  });

  test("several shards of one budget: no order of events spends more than was granted in all", () => {
    const shardEvent = fc.tuple(fc.nat(3), event);
    fc.assert(
      fc.property(
        fc.array(shardEvent, { maxLength: 200, size: "max" }),
        fc.bigInt({ min: 0n, max: 3_000n }),
        (events, budget) => {
          const shards = Array.from({ length: 4 }, (_, index) => ({ index, book: new Book(), kept: new Map() }));
          const auditor = new Auditor();
          let out = 0n;
          for (const [number, event] of events) {
            const shard = shards[number];
            if (shard === undefined) continue;
            if (event.what === "grant") {
              const { granted, returned } = shard.book.totals().plan;
              const more = event.amount < budget - out ? event.amount : budget - out;
              shard.book.grant("plan", granted + more);
              out += more;
              expect(returned <= granted).toBe(true);
            } else {
              const before = shard.book.totals().plan.returned;
              step(shard.book, shard.kept, auditor, event, `${number}/`);
              out -= shard.book.totals().plan.returned - before;
            }
            const used = shards.reduce((sum, { book }) => {
              const { reserved, released, sent } = book.totals().plan;
              return sum + reserved - released + sent;
            }, 0n);
            if (used > budget) throw new Error(`${used} of ${budget} are held or spent`);
          }
        },
      ),
      runs(500),
    );
  });
});
