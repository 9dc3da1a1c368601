// `stipend evaluate --value`: what a policy earns when the reward has a worth, and which budget earns most.

import { expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { openOfferTable } from "./offer-table.ts";

const { shell, line, evaluated, pathOf } = openOfferTable();

test("profit is the worth of the added reward less the spend, of each policy", async () => {
  const asked = `--release ${pathOf("first")} --budgets 3`;
  const { valueMinor, arms, releases } = await evaluated(`${asked} --value 2.50EUR`);
  expect(valueMinor).toBe(250);
  const values = [...arms, ...must(releases[0], "release").budgets].map(({ value }) => must(value, "value"));
  for (const { profit, incremental, cost } of values) {
    expect(profit?.value).toBeCloseTo(250 * incremental.value - cost.value, 8);
    expect(must(profit, "profit").low).toBeLessThanOrEqual(must(profit, "profit").value);
  }
  expect((await evaluated(asked)).arms.map(({ value }) => value?.profit)).toEqual([null, null, null]);
});

test("for a person the best budget by profit is named; where none pays, that is said", async () => {
  const { out } = await shell.run(`${line} --release ${pathOf("first")} --value 2.50EUR`);
  expect(out).toContain("one 10 × ordered is worth 2.50 EUR, less the spend");
  expect(out).toMatch(/^Profit: Most at a budget of \S+ EUR for 1,000 sessions: \+\S+ EUR \(\S+ to \S+\)\.$/m);
  const little = await shell.run(`${line} --release ${pathOf("first")} --value 1`);
  expect(little.out).toMatch(/^Profit: No budget pays: all 5 budgets cost more than they bring; least is lost at /m);
});

test.each([
  ["0", /--value <amount>' .* Expected more than nothing, got "0"/],
  ["0.00EUR", /--value <amount>' .* Expected more than nothing, got "0\.00EUR"/],
  ["-5", /--value <amount>' .* such as 7500\.00EUR, got "-5"/],
  ["NaN", /--value <amount>' .* such as 7500\.00EUR, got "NaN"/],
  ["2.505EUR", /--value <amount>' .* "2\.505EUR" has 3 decimals, and EUR has 2 at most/],
  ["2.50", /--value <amount>' .*decimals need the currency/],
  ["2.50USD", /--value: it is in USD, and the money here is EUR/],
  ["2.50XXX", /--value <amount>' .*"XXX" is no currency/],
])("--value %s is refused with what is wrong", async (typed, message) => {
  const { code, err } = await shell.run(`${line} --value ${typed}`);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
