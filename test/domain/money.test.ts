// Money as people read and type it: in the digits that ISO 4217 gives its currency.

import { expect, test } from "vitest";
import { parseCampaign } from "../../src/domain/campaign/campaign.ts";
import { currencyFault, minorDigits, minorPerMajor } from "../../src/domain/money/currency.ts";
import { formatMean, formatMinor, parseTypedAmount } from "../../src/domain/money/money.ts";

test.each([
  ["EUR", 1_234_567n, "12,345.67 EUR"],
  ["JPY", 1_000_000n, "1,000,000 JPY"],
  ["KWD", 1_000_000n, "1,000.000 KWD"],
  ["CLF", 1_000_000n, "100.0000 CLF"],
  // Where `Intl` has other digits than ISO 4217.
  ["HUF", 12_345n, "123.45 HUF"],
  ["IQD", 12_345n, "12.345 IQD"],
  ["KWD", -5n, "-0.005 KWD"],
  ["JPY", -5n, "-5 JPY"],
  ["EUR", 0n, "0.00 EUR"],
])("in %s, %d minor units are %s", (currency, minor, shown) => {
  expect(formatMinor(minor, currency)).toBe(shown);
});

test("a mean is rounded to the minor unit", () => {
  expect([formatMean(249.5, "EUR"), formatMean(249.5, "JPY")]).toEqual(["2.50 EUR", "250 JPY"]);
});

test("what is no currency is not scaled, and said so", () => {
  expect(formatMinor(1_000_000n, "ZZZ")).toBe("1,000,000 minor units of ZZZ");
  expect(minorPerMajor("ZZZ")).toBe(1);
});

/** Codes of ISO 4217 that ICU's tables hold for money of today and that are none: metals, units of account, tests, the past. */
const NO_MONEY = [
  "XAU",
  "XAG",
  "XPT",
  "XPD",
  "XDR",
  "XSU",
  "XUA",
  "XTS",
  "XXX",
  "XBA",
  "HRK",
  "DEM",
  "ZWL",
  "SLL",
  "ZZZ",
];

test("metals, units of account, codes for tests, money of the past and inventions are refused", () => {
  for (const code of [...NO_MONEY, "", "EURO", "€", "__proto__", "constructor"])
    expect([code, minorDigits(code), currencyFault(code)]).toEqual([
      code,
      null,
      `${JSON.stringify(code)} is no currency in use by ISO 4217: expected the code of a currency, such as EUR, JPY or KWD`,
    ]);
  expect(currencyFault("eur")).toBe('"eur" is no currency in use by ISO 4217: write EUR');
});

test("no currency that ICU knows as money of today is missing", () => {
  const gone = new Set([...NO_MONEY, "ANG", "BGN", "CUC"]);
  const missing = Intl.supportedValuesOf("currency").filter((code) => minorDigits(code) === null && !gone.has(code));
  expect(missing).toEqual([]);
});

test("a campaign's currency is one of ISO 4217's, or it is refused by the field", () => {
  expect(() => parseCampaign({ currency: "ZZZ" }, "c")).toThrow('c: currency: "ZZZ" is no currency in use by ISO 4217');
});

test.each<[string, bigint, string | null]>([
  ["750000", 750_000n, null],
  ["7500.00EUR", 750_000n, "EUR"],
  ["7500.5 EUR", 750_050n, "EUR"],
  ["750000JPY", 750_000n, "JPY"],
  ["1.234KWD", 1_234n, "KWD"],
])("%s is an amount", (typed, minor, currency) => {
  expect(parseTypedAmount(typed)).toEqual({ minor, currency });
});

test.each<[string, string]>([
  ["1,000", 'got "1,000": thousands are not parted'],
  ["12.345", "decimals need the currency that has them"],
  ["12.345JPY", '"12.345JPY" has 3 decimals, and JPY has none'],
  ["12.345EUR", '"12.345EUR" has 3 decimals, and EUR has 2 at most'],
  ["1,000JPY", "expected an integer of minor units such as 750000, or units with their currency such as 7500.00EUR"],
  ["100ZZZ", '"ZZZ" is no currency in use'],
  ["100eur", "write EUR"],
  ["-5", "expected an integer of minor units"],
  ["1e6", "expected an integer of minor units"],
  ["99999999999999999999", "is outside ±"],
  ["", 'got ""'],
])("%s is refused by what is wrong with it", (typed, reason) => {
  expect(() => parseTypedAmount(typed)).toThrow(reason);
});
