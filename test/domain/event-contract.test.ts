import { expect, test } from "vitest";
import { eventBreach } from "../../src/domain/session/event-contract.ts";
import type { Outcome } from "../../src/domain/session/session.ts";

const NOW_MS = Date.UTC(2026, 4, 1);
const outcome = (more: Partial<Outcome>): Outcome => ({
  ...{ outcomeId: "o-1", decisionId: "d-1", userId: "u-1", atMs: NOW_MS, kind: "converted", rewards: {} },
  amountMinor: null,
  ...more,
});

test.each<[Partial<Outcome>, string | null]>([
  [{}, null],
  // A writer that has no null fills in 0.
  [{ amountMinor: 0n }, null],
  [{ kind: "refunded", amountMinor: 0n }, null],
  [{ amountMinor: 1n }, "amountMinor: 1 on an outcome converted"],
  [{ kind: "declined", amountMinor: -1n }, "amountMinor: -1 on an outcome declined"],
  [{ kind: "redeemed", amountMinor: 0n }, null],
  [{ kind: "redeemed", amountMinor: 60n }, null],
  [{ kind: "redeemed", amountMinor: -1n }, "amountMinor: -1 is negative"],
])("only what is redeemed has an amount: %o", (more, said) => {
  const breach = eventBreach(outcome(more), NOW_MS);
  if (said === null) expect(breach).toBeNull();
  else expect(breach).toEqual(["contract", expect.stringContaining(said)]);
});
