// Laws of the book and of what a session becomes (L1, L3 to L5, S1 to S6), each switched off.

import { Book } from "../../../src/serve/ledger/book.ts";
import { Journal } from "../../../src/serve/publish/journal.ts";
import { blind, patched, withBatch, withView, type LawOff } from "./tools.ts";

export const SERVING_OFF: readonly LawOff[] = [
  {
    law: "L1",
    fault: "a book that holds what it does not have",
    caughtAs: ["L1", "L3"],
    patch: () =>
      patched(Book.prototype, "reserve", (reserve) => (known, request) => {
        const result = reserve(known, request);
        if (result.status !== "insufficient") return result;
        const reservation = { ...request, state: "held", settledMinor: 0n, endedBy: null } as const;
        return { status: "reserved", reservation };
      }),
  },
  {
    law: "L3",
    fault: "a shard that counts what it gave back as free again",
    // Its totals are impossible before the money can be used: then the shard, and by its report the campaign, is paused.
    caughtAs: ["L1", "L3", "totals"],
    patch: () =>
      patched(Book.prototype, "giveBack", (giveBack, book) => (account, target) => {
        const amount = giveBack(account, target);
        if (amount > 0n) book.grant(account, book.totals()[account].granted + amount);
        return amount;
      }),
  },
  {
    law: "L4",
    fault: "a shard that adds grants up instead of taking them for totals",
    caughtAs: ["totals"],
    patch: () =>
      patched(
        Book.prototype,
        "grant",
        (grant, book) => (account, minor) =>
          grant(account, minor > 0n ? book.totals()[account].granted + minor : minor),
      ),
  },
  {
    law: "L5",
    fault: "a reservation that has ended is settled again",
    caughtAs: ["L5"],
    seams: () => ({
      serve: withView("user_record", (user) => ({
        ...user,
        open: user.open.map((open) =>
          open.reservation === "posted" ? { ...open, reservation: "held", settledMinor: 0n, endedBy: null } : open,
        ),
      })),
    }),
  },
  {
    law: "S1",
    fault: "an outcome after the end of its window posts money",
    caughtAs: ["L5", "S1"],
    seams: () => ({
      serve: withView("user_record", (user) => ({
        ...user,
        open: user.open.map((open) => ({
          ...open,
          untilMs: open.untilMs + Math.ceil((open.untilMs - open.decidedAtMs) / 4),
        })),
      })),
    }),
  },
  {
    law: "S1",
    fault: "a window ends only when its user comes again",
    caughtAs: ["S1"],
    seams: () => ({ serve: (processor) => ({ ...processor, process: blind(processor) }) }),
  },
  {
    law: "S2",
    fault: "sessions are taken before outcomes",
    caughtAs: ["S2", "decision"],
    seams: () => ({
      serve: withBatch((batch) =>
        [...batch].sort((a, b) => Number(a.topic === "outcomes") - Number(b.topic === "outcomes")),
      ),
    }),
  },
  {
    law: "S3",
    fault: "the newest of 32 decisions gives way, not the oldest",
    caughtAs: ["S3"],
    seams: () => ({ serve: withView("user_record", (user) => ({ ...user, open: user.open.toReversed() })) }),
  },
  {
    law: "S4",
    fault: "a late outcome is written down twice",
    caughtAs: ["S4"],
    patch: () =>
      patched(Journal.prototype, "settlement", (settlement) => (row, key) => {
        settlement(row, key);
        if (row.status === "late") settlement(row, key);
      }),
  },
  {
    law: "S5",
    fault: "what was not redeemed is not learned from",
    caughtAs: ["S5"],
    patch: () =>
      patched(Journal.prototype, "training", (training) => (row, key) => {
        if (row.redeemed || row.arm === 0) training(row, key);
      }),
  },
  {
    law: "S6",
    fault: "a late outcome leaves no row",
    caughtAs: ["S6"],
    patch: () =>
      patched(Journal.prototype, "settlement", (settlement) => (row, key) => {
        if (row.status !== "late") settlement(row, key);
      }),
  },
];
