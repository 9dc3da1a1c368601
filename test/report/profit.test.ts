// What is said of profit: which budget has most, and what where none has any.

import { expect, test } from "vitest";
import { profitVerdict, type ProfitPoint } from "../../src/report/evaluation/profit.ts";

const ON = { label: "Profit", rows: 10_000, currency: "EUR", confidence: 0.95 };
/** Of one session, in cents. */
const at = (budget: number, low: number, value: number, high: number): ProfitPoint => ({
  ...{ offer: null, budget, profit: { low, value, high } },
});

test.each<[string, readonly ProfitPoint[], "good" | "note" | "bad", string]>([
  [
    "the budget with the highest is named, with its interval",
    [at(1, 1, 2, 3), at(2, 2, 4, 6), at(3, 1, 3, 5)],
    "good",
    "Most at a budget of 20 EUR for 1,000 sessions: +400 EUR (200 to 600)",
  ],
  [
    "one that may be nothing is not called a profit",
    [at(1, -3, -1, 1), at(2, -1, 2, 5)],
    "note",
    "Most at a budget of 20 EUR for 1,000 sessions: +200 EUR (-100 to 500), which these rows do not tell from nothing",
  ],
  [
    "where all lose money, it is a loss",
    [at(1, -3, -2, -1), at(2, -9, -8, -7)],
    "bad",
    "No budget pays: all 2 budgets cost more than they bring; least is lost at a budget of 10 EUR for 1,000 sessions: -200 EUR (-300 to -100)",
  ],
  [
    "where none is estimated to pay and the rows cannot rule it out, it is not called a loss",
    [at(1, -3, -1, 1), at(2, -9, -8, -7)],
    "note",
    "No budget pays by its estimate; least is lost at a budget of 10 EUR for 1,000 sessions: -100 EUR (-300 to 100)",
  ],
  ["without any figure nothing is said", [], "note", "Too few rows to tell"],
])("%s", (_, points, kind, value) => {
  const verdict = profitVerdict(points, ON);
  expect([verdict.kind, verdict.value]).toEqual([kind, value]);
});

test("of several estimates the highest is said to be flattered; of one it is not", () => {
  expect(profitVerdict([at(1, 1, 2, 3), at(2, 2, 4, 6)], ON).hint).toContain("the highest of 2 estimates");
  expect(profitVerdict([at(1, 1, 2, 3)], ON).hint).not.toContain("highest");
});

test("money is in the currency's own units", () => {
  const yen = profitVerdict([at(1, 1, 2, 3)], { ...ON, currency: "JPY" });
  expect(yen.value).toBe("Most at a budget of 1,000 JPY for 1,000 sessions: +20,000 JPY (10,000 to 30,000)");
});
