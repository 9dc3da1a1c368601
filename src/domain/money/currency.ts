// Currency
// Which codes are money, and how many digits of its minor unit each has, as ISO 4217 says. `Intl` is no substitute: its digits
// are those of shop windows (no decimals in HUF, IDR, COP; none of three in IQD), and it knows codes of the past.

import { z } from "zod";
import { shown } from "../reading/shown.ts";

/**
 * By digits: ISO 4217, list one as published on 25 June 2024 by its maintenance agency (SIX), and the amendments to it since:
 * 176 (XCG in place of ANG), 180 (Bulgaria pays in EUR: BGN has left). Funds codes are in it (CLF, UYW have four digits).
 * Left out, because no budget is in them: metals, bond units, units of account, XTS (tests) and XXX (no currency).
 */
const CODES: Readonly<Record<number, string>> = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
  2:
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP " +
    "COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR " +
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN " +
    "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL " +
    "THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
  3: "BHD IQD JOD KWD LYD OMR TND",
  4: "CLF UYW",
};

const DIGITS: ReadonlyMap<string, number> = new Map(
  Object.entries(CODES).flatMap(([digits, codes]) => codes.split(" ").map((code) => [code, Number(digits)])),
);

/** Digits of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD; null for a code that is no money. */
export function minorDigits(currency: string): number | null {
  return DIGITS.get(currency) ?? null;
}

/** Minor units in one of the currency: 100 for EUR, 1 for JPY; 1, so that nothing is scaled, for a code that is no money. */
export function minorPerMajor(currency: string): number {
  return 10 ** (minorDigits(currency) ?? 0);
}

/** What is wrong with a code; null when nothing is. */
export function currencyFault(code: string): string | null {
  if (DIGITS.has(code)) return null;
  const capitals = code.trim().toUpperCase();
  const advice = DIGITS.has(capitals)
    ? `write ${capitals}`
    : "expected the code of a currency, such as EUR, JPY or KWD";
  return `${shown(code)} is no currency in use by ISO 4217: ${advice}`;
}

/** A currency in a file or a message. */
export const currencyCode = z.string().superRefine((code, context) => {
  const fault = currencyFault(code);
  if (fault !== null) context.addIssue({ code: "custom", message: fault });
});
