// Figures that can be read and may be meant otherwise are told, with where and what; those of an honest log are not.

import { expect, test } from "vitest";
import { logCsv, MAPPING, openCsv } from "../log-files.ts";

const LINES = logCsv(3000, 1).trimEnd().split("\n");
const COST = MAPPING.replace(/redeemed: .*\n/, "cost: { column: paid, amounts: major }\n");
const AMOUNT = MAPPING.replace("weight: 10 }", "weight: 1 }\n  basket: { kind: amount, weight: 1, negative: allowed }");

/** Of the log with another column. */
async function toldOf(
  mapping: string,
  column: string,
  value: (offer: string, ordered: boolean, row: number) => string,
) {
  const csv = LINES.map((line, row) => {
    const [, , , , offer = "", ordered] = line.split(",");
    return `${line},${row === 0 ? column : value(offer, ordered === "1", row)}`;
  });
  return (await openCsv(csv.join("\n"), mapping)).warnings;
}

const price = (offer: string): number => ({ small: 1, large: 2 })[offer] ?? 0;

test("costs in another unit than the mapping's prices, and a control that costs something", async () => {
  expect(await toldOf(COST, "paid", (offer, ordered) => String(ordered ? price(offer) : 0))).toEqual([]);
  const [small, large] = await toldOf(COST, "paid", (offer, ordered) => String(ordered ? 100 * price(offer) : 0));
  expect(small).toMatch(
    /^column paid: the \d+ rows of small that cost something cost 100\.00 EUR on average.* 1\.05 EUR/,
  );
  expect(large).toMatch(/rows of large .* say at cost\.amounts whether/);
  const minor = COST.replace("amounts: major }", "amounts: minor }");
  expect(await toldOf(minor, "paid", (offer, ordered) => String(ordered ? price(offer) : 0))).toHaveLength(2);
  const control = await toldOf(COST, "paid", (offer) => (offer === "none" ? "0.50" : "1.50"));
  expect(control).toEqual([expect.stringMatching(/rows of none .* 0\.50 EUR on average, and it is the control/)]);
});

test("an amount that dwarfs all others, with its line, also below nothing", async () => {
  const basket = (other: string) => (_: string, ordered: boolean, row: number) =>
    row === 500 ? other : ordered ? String(10 + (row % 90)) : "0";
  expect(await toldOf(AMOUNT, "basket", basket("900"))).toEqual([]);
  const told = await toldOf(AMOUNT, "basket", basket("999999999"));
  expect(told).toEqual([
    expect.stringMatching(/column basket: 1 of 3000 values .*: "999999999" in line 501; figures rest/),
  ]);
});

test("a reward that every row has", async () => {
  const told = await toldOf(MAPPING.replace("ordered: {", "ordered: { column: seen,"), "seen", () => "1");
  expect(told).toContain("column seen: the reward ordered happens in every row: no arm can add to it");
});
